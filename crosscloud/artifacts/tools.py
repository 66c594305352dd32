"""The two commands that artifacts are made with, Go and crane: where they are and how they are run."""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from crosscloud import golang
from crosscloud.artifacts.errors import ArtifactError, BuildError
from crosscloud.paths import home

#: What every build is run with. Paths are trimmed and no VCS is asked, so that a build is the same in every folder (and
#: Go's own build cache serves them all); no other Go is downloaded, because the version is part of a build's key.
BUILD_ENVIRONMENT = {
    "GOFLAGS": "-mod=mod -trimpath -buildvcs=false",
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
    "GO111MODULE": "on",
    "GOOS": "linux",
    "GOARCH": "amd64",
    "GOEXPERIMENT": "",
}
#: For questions to the module proxy.
ASK_ENVIRONMENT = {"GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "GOWORK": "off"}
#: How many of a failed command's last lines are shown.
WORDS = 25

_running: set[subprocess.Popen[str]] = set()
_interrupted: set[subprocess.Popen[str]] = set()


def crane() -> Path:
    """Return the crane to use: the project's own, else the one on PATH. Raises ArtifactError when there is none."""
    return _find("crane", home() / "bin" / "crane", "`make setup` builds it from toolchain/")


def go() -> Path:
    """Return the go command to use. Raises ArtifactError with what was found, and what is needed, if none will do."""
    chosen = golang.usable()
    if chosen is not None:
        return chosen
    wanted = ".".join(str(number) for number in golang.MINIMUM)
    here = golang.found()
    seen = ", ".join(f"{path} is {version}" for path, version in here.items()) or f"none on PATH and no {golang.own()}"
    raise ArtifactError(f"Go {wanted} or newer is needed ({seen}); `make setup` installs it")


def _find(name: str, own: Path, hint: str) -> Path:
    if os.access(own, os.X_OK):
        return own
    found = shutil.which(name)
    if found is None:
        raise ArtifactError(f"{name} was found neither as {own} nor on PATH; {hint}")
    return Path(found)


def run(
    command: Sequence[str | Path],
    *,
    what: str = "",
    log: IO[str] | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run ``command`` and return its standard output.

    With ``log``, both outputs are written there instead, and what it said last is read back from there on failure.
    ``env`` is added to the environment. Raises BuildError with the command's last words when it fails; ``what`` says
    what was to be done.
    """
    start = log.tell() if log else 0
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=log or subprocess.PIPE,
        stderr=subprocess.STDOUT if log else subprocess.PIPE,
        text=True,
    )
    with process:
        _running.add(process)
        try:
            output, errors = process.communicate()
        finally:
            _running.discard(process)
            _interrupted.discard(process)
    if process.returncode == 0:
        return output or ""
    said = _since(Path(log.name), start) if log else errors or output
    lines = [line for line in said.strip().splitlines() if not line.startswith(("go: downloading ", "go: added "))]
    raise BuildError(what or f"{Path(command[0]).name} failed", "\n".join(lines[-WORDS:]), log.name if log else None)


def interrupt() -> None:
    """End the commands that run, as Ctrl-C would; for when this process is told to stop."""
    for process in list(_running):
        # Go ends its compilers on SIGINT; one that was started where SIGINT is ignored needs the other.
        process.send_signal(signal.SIGTERM if process in _interrupted else signal.SIGINT)
        _interrupted.add(process)


def _since(path: Path, start: int) -> str:
    with path.open("rb") as file:
        file.seek(start)
        return file.read().decode(errors="replace")


def go_version() -> str:
    """Return the version of the Go that builds (``go1.26.8``)."""
    return golang.version(go())
