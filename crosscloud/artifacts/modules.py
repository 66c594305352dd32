"""What the Go module proxy says of a module's version: its checksum, its time, its commit, and where it lies."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from crosscloud.artifacts.tools import ASK_ENVIRONMENT, go, run
from crosscloud.files import read_json, write_json
from crosscloud.locking import locked
from crosscloud.paths import home


@dataclass(frozen=True)
class Module:
    """A module's version. ``sum`` is the go.sum hash; ``time`` RFC 3339; ``revision`` the commit, empty if not told."""

    path: str
    version: str
    sum: str
    time: str
    revision: str
    go_mod: str
    folder: str


def lookup(path: str, version: str) -> Module:
    """Return what is known of ``path`` at ``version``, downloading it into Go's module cache when it isn't there.

    A version never changes (the checksum database holds it), so the answer is kept, as long as the files are there.
    Raises BuildError with the go command's words when the version is not served.
    """
    store = home() / "artifacts" / "modules.json"
    known = read_json(store).get(f"{path}@{version}")
    if isinstance(known, dict) and Path(known["go_mod"]).exists() and Path(known["folder"]).exists():
        return Module(**known)
    module = _download(path, version)
    # Only the answers to exact versions are kept: a branch moves on.
    with locked(store.with_suffix(".lock")):
        write_json(store, read_json(store) | {f"{path}@{module.version}": asdict(module)})
    return module


def _download(path: str, version: str) -> Module:
    said = json.loads(
        run(
            [go(), "mod", "download", "-json", f"{path}@{version}"],
            what=f"{path}@{version} can't be downloaded",
            env=ASK_ENVIRONMENT,
        )
    )
    info = json.loads(Path(said["Info"]).read_text())
    return Module(
        path=path,
        version=said["Version"],
        sum=said["Sum"],
        time=info.get("Time", ""),
        revision=info.get("Origin", {}).get("Hash", ""),
        go_mod=said["GoMod"],
        folder=said["Dir"],
    )


def versions(path: str) -> list[str]:
    """Return the versions that the proxy lists for ``path``, oldest first; raises BuildError when it refuses to."""
    said = run(
        [go(), "list", "-m", "-versions", "-json", path],
        what=f"the versions of {path} can't be listed",
        env=ASK_ENVIRONMENT,
    )
    listed: list[str] = json.loads(said).get("Versions", [])
    return listed
