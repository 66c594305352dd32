"""The runner image, built and run by buildah: what docker does elsewhere, in folders of this checkout alone.

Everything is kept below ``.crosscloud/image`` (layers too, so that the next build is quick), containers are removed as
soon as they end, and the network is the host's, since chroot isolation has no other. The base of the image is made by
mmdebstrap: no registry of images is asked for anything.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosscloud import golang, paths
from crosscloud.machines.store import write_private

BASE = "localhost/crosscloud-base:bookworm"
IMAGE = "localhost/crosscloud:test"
#: What Debian's own slim images leave out too.
_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/man/*")
#: Where the host's certificate authorities are in a build, for networks whose registries have others than Debian's.
_AUTHORITIES = "/run/host-authorities.crt"
_PATIENCE = 900
#: How many images (a build leaves one for each stage) are kept for their layers.
_IMAGES = 20


class BuildahError(AssertionError):
    """Buildah failed; the message has its words."""


def home() -> Path:
    """Return the folder of all that buildah keeps for this checkout."""
    return paths.home() / "image"


def buildah(*arguments: str) -> str:
    """Run buildah on this checkout's own storage; return its output, or raise `BuildahError` with all its words."""
    done = _buildah(arguments)
    if done.returncode:
        raise BuildahError(f"`buildah {arguments[0]}` failed:\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def _buildah(arguments: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    scratch = home() / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        ["buildah", "--root", str(home() / "storage"), "--runroot", str(home() / "run"), *arguments],
        env={**os.environ, "TMPDIR": str(scratch), "BUILDAH_ISOLATION": "chroot"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )


def ensure_base() -> None:
    """Make the base image, once: a Debian of the release that the Dockerfile's own base is."""
    if BASE in buildah("images", "--noheading", "--format", "{{.Name}}:{{.Tag}}").split():
        return
    archive = home() / "base.tar"
    excludes = [f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT]
    subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=minbase", *excludes, "bookworm", str(archive)],
        env={**os.environ, "LC_ALL": "C", "TMPDIR": "/tmp"},  # noqa: S108 - mmdebstrap's own scratch folder
        stdin=subprocess.DEVNULL,
        check=True,
        timeout=_PATIENCE,
    )
    container = buildah("from", "scratch").strip()
    try:
        buildah("add", container, str(archive), "/")
        buildah("commit", "--quiet", container, BASE)
    finally:
        buildah("rm", container)
        archive.unlink()


def build(*, fresh: bool = True) -> str:
    """Build the image as its Dockerfile says, with this machine's settings and caches; return what buildah printed.

    Unless ``fresh``, it is built of the sources as they were the last time.
    """
    _share_caches()
    if fresh:
        _copy_sources()
        _drop_old_layers()
    secret = home() / "registries"
    write_private(secret, _registries())  # an index may be asked with a password
    authorities = os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
    return buildah(
        "bud",
        "--layers",
        "--pull-never",
        f"--secret=id=registries,src={secret}",
        f"--volume={authorities}:{_AUTHORITIES}:ro",
        f"--build-arg=BASE={BASE}",
        "--build-arg=DEBIAN_SNAPSHOT=",  # where only registries can be reached, no snapshot can
        "--build-arg=PLUGINS=",  # nor Pulumi's plugins
        f"--tag={IMAGE}",
        f"--file={context() / 'Dockerfile'}",
        str(context()),
    )


def _drop_old_layers() -> None:
    """Begin anew when the layers of builds that no tag names have piled up; a build takes a minute or two then."""
    if len(buildah("images", "--quiet").split()) > _IMAGES:
        buildah("rmi", "--prune")


def context() -> Path:
    """Return the folder of the sources that the image is built of."""
    return home() / "context"


def _copy_sources() -> None:
    """Have the build see the sources alone, as a checkout has them.

    In place Python writes its compiled files beside them all the time; to buildah a folder that was written to is
    another one, whatever of it `.dockerignore` leaves out.
    """
    filters = ["--delete", "--exclude=/.git", "--filter=:- .gitignore"]
    command = ["rsync", "-rlptO", *filters, f"{paths.ROOT}/", f"{context()}/"]
    subprocess.run(command, check=True, timeout=_PATIENCE)


def _share_caches() -> None:
    """Have the Dockerfile's cache mounts be what this checkout has built or fetched already, which saves minutes.

    Pulumi and helm are then those that `make setup` has built from the same modules by the same code, and stamped;
    crane is built in the image's own build. Buildah keeps cache mounts in a folder whose name depends on its version:
    where neither is right, the build is slower and no different.
    """
    kept = home() / "kept"
    for part in ("bin/pulumi", "bin/helm", "setup/pulumi.key", "setup/helm.key"):
        target = kept / part
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(paths.tools() / part, target)
    shared = {"crosscloud-tools": kept, "crosscloud-uv": paths.home() / "cache" / "uv"}
    if go := golang.usable():
        asked = subprocess.run([go, "env", "GOPATH", "GOCACHE"], capture_output=True, text=True, check=True, cwd="/")
        shared |= dict(zip(("crosscloud-go", "crosscloud-go-build"), map(Path, asked.stdout.split()), strict=True))
    for folder in (home() / "tmp" / "buildah-cache", home() / "tmp" / f"buildah-cache-{os.getuid()}"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, place in shared.items():
            if not (folder / name).exists():
                (folder / name).symlink_to(place)


def _registries() -> str:
    """Return the shell lines that the build gets as its secret."""
    asked = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    index = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    settings = dict.fromkeys(("SSL_CERT_FILE", "PIP_CERT"), _AUTHORITIES)
    if index:
        settings |= {"PIP_INDEX_URL": index, "UV_DEFAULT_INDEX": index}
    settings |= {name: os.environ[name] for name in ("GOPROXY", "GOSUMDB", "GONOSUMDB") if name in os.environ}
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in settings.items())


@dataclass(frozen=True)
class Ended:
    """How a container ended: its exit status, and all that it printed."""

    status: int
    said: str


@contextmanager
def container() -> Iterator[str]:
    """Have a container of the image for the length of the block; it is known by its name."""
    name = buildah("from", "--pull-never", IMAGE).strip()
    try:
        yield name
    finally:
        buildah("rm", name)


def run(*arguments: str, mounts: Mapping[Path, str] | None = None, user: str = "", **variables: str) -> Ended:
    """Do what ``docker run --rm -v MOUNTS -e VARIABLES --user USER IMAGE ARGUMENTS`` does."""
    entrypoint: list[str] = config()["Entrypoint"]
    return execute([*entrypoint, *arguments], mounts=mounts, user=user, **variables)


def execute(
    command: Sequence[str], *, mounts: Mapping[Path, str] | None = None, user: str = "", **variables: str
) -> Ended:
    """Run a command in a container that is gone afterwards, without the image's entrypoint."""
    options = [f"--volume={source}:{target}" for source, target in (mounts or {}).items()]
    options += [f"--env={key}={value}" for key, value in variables.items()]
    options += [f"--user={user}"] if user else []
    with container() as name:
        done = _buildah(["run", *options, name, "--", *command])
    return Ended(done.returncode, done.stdout + done.stderr)


def config() -> dict[str, Any]:
    """Return the image's configuration: user, entrypoint, environment, labels."""
    found: dict[str, Any] = json.loads(buildah("inspect", "--type=image", IMAGE))["OCIv1"]["config"]
    return found


def size() -> int:
    """Return the size of the image's layers, unpacked, in bytes."""
    listed: list[dict[str, Any]] = json.loads(buildah("images", "--json", IMAGE))
    return parse_size(listed[0]["size"])


def parse_size(text: str) -> int:
    """Return the bytes that buildah means by ``741 MB``: powers of ten."""
    number, unit = text.split()
    return int(float(number) * {"KB": 1e3, "MB": 1e6, "GB": 1e9}[unit])
