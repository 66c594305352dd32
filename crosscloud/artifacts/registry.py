"""The local registry: ``crane registry serve`` on the loopback address, in the background.

It keeps blobs on disk but manifests in memory, so what was published is written down and given back to it at its start.
"""

import http.client
import time
from dataclasses import dataclass
from pathlib import Path

from crosscloud.artifacts import image, process
from crosscloud.artifacts.errors import RegistryError
from crosscloud.artifacts.tools import crane, run
from crosscloud.files import read_json, write_json
from crosscloud.locking import locked
from crosscloud.paths import home

HOST = "127.0.0.1"
DEFAULT_PORT = 5001
#: Seconds that a registry has to answer after its start.
PATIENCE = 10.0
_ACCEPT = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True)
class Status:
    """What is known of the registry: its process (None: not running), its port and where it listens."""

    pid: int | None
    port: int

    @property
    def address(self) -> str:
        """Return host and port, as references start with it."""
        return f"{HOST}:{self.port}"


def folder() -> Path:
    """Return where the registry keeps its blobs, its log and its process number."""
    return home() / "registry"


def status() -> Status:
    """Return the state of this home's registry. A process number that is another process's by now does not count."""
    record = read_json(folder() / "pid.json")
    pid, start, port = record.get("pid"), record.get("started"), int(record.get("port", DEFAULT_PORT))
    alive = isinstance(pid, int) and start is not None and process.started(pid) == start
    return Status(pid if alive else None, port)


def start(port: int = DEFAULT_PORT) -> Status:
    """Start the registry unless it runs, and return its state; what was published before is there again.

    Raises RegistryError when the port is another program's, or this home's registry runs on another port.
    """
    with locked(folder() / "lock"):
        now = status()
        if now.pid is not None and now.port != port:
            raise RegistryError(
                f"the registry runs on port {now.port} (process {now.pid}), not {port}; "
                "`crosscloud artifacts registry stop` ends it"
            )
        if now.pid is not None and answers(port):
            return now
        if now.pid is not None:
            _end(now)
        _launch(port)
        _restore(port)
        return status()


def stop() -> bool:
    """Stop this home's registry; return False when it wasn't running. Its images stay on disk."""
    with locked(folder() / "lock"):
        now = status()
        if now.pid is not None:
            _end(now)
        return now.pid is not None


def answers(port: int) -> bool:
    """Tell whether a registry answers on ``port``."""
    return _request("GET", port, "/v2/")[0] == http.client.OK


def digest(port: int, repository: str, tag: str) -> str | None:
    """Return the digest that the registry has for a tag; None when it has none."""
    code, found = _request("HEAD", port, f"/v2/{repository}/manifests/{tag}")
    return found if code == http.client.OK else None


def publish(port: int, repository: str, tag: str, layout: Path) -> str:
    """Publish the image in an OCI layout as ``repository:tag``, unless it is there, and return its digest."""
    wanted = image.digest(layout)
    if digest(port, repository, tag) != wanted:
        run([crane(), "push", layout, f"{HOST}:{port}/{repository}:{tag}"], what=f"{repository}:{tag} can't be pushed")
    store = folder() / "published.json"
    place = str(layout.relative_to(home())) if layout.is_relative_to(home()) else str(layout)
    if read_json(store).get(f"{repository}:{tag}") != place:
        with locked(store.with_suffix(".lock")):
            write_json(store, read_json(store) | {f"{repository}:{tag}": place})
    return wanted


def _launch(port: int) -> None:
    if _request("GET", port, "/")[0]:
        raise RegistryError(f"port {port} of {HOST} is in use by another program; choose another with --port")
    blobs = folder() / "blobs"
    blobs.mkdir(parents=True, exist_ok=True)
    command = [str(crane()), "registry", "serve", "--address", f"{HOST}:{port}", "--disk", str(blobs)]
    log = folder() / "log"
    pid = process.launch(command, log)
    write_json(folder() / "pid.json", {"pid": pid, "started": process.started(pid), "port": port})
    deadline = time.monotonic() + PATIENCE
    while not answers(port):
        if status().pid is None or time.monotonic() > deadline:
            _end(status())
            raise RegistryError(f"the registry does not answer on {HOST}:{port}; it said:\n{log.read_text().strip()}")
        time.sleep(0.01)
    if status().pid is None:
        raise RegistryError(f"another program took port {port} of {HOST}; it said:\n{log.read_text().strip()}")


def _restore(port: int) -> None:
    """Give the manifests back; the blobs are on disk, so that little is sent. What was removed is forgotten."""
    store = folder() / "published.json"
    published = read_json(store)
    kept = {name: place for name, place in published.items() if (home() / place / "index.json").exists()}
    for name, place in kept.items():
        repository, _, tag = name.rpartition(":")
        publish(port, repository, tag, home() / place)
    if kept != published:
        write_json(store, kept)


def _end(now: Status) -> None:
    record = read_json(folder() / "pid.json")
    if now.pid is not None:
        process.stop(now.pid, str(record["started"]))
    (folder() / "pid.json").unlink(missing_ok=True)


def _request(method: str, port: int, path: str) -> tuple[int, str | None]:
    """Return the status code and digest of an answer; 0 when nothing answers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request(method, path, headers={"Accept": _ACCEPT})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.getheader("Docker-Content-Digest")
    except ConnectionRefusedError:
        return 0, None
    except (OSError, http.client.HTTPException):
        # Something listens there, but it isn't a registry.
        return -1, None
    finally:
        connection.close()
