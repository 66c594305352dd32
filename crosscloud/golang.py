"""Which Go builds: the one on PATH if it is new enough, else the project's own."""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from crosscloud.paths import home

#: What Kubernetes 1.37 and ``toolchain/*/go.mod`` ask for; Debian 12's own is 1.19.
MINIMUM = (1, 26)


def own() -> Path:
    """Return where the project's own Go is, or would be."""
    return home() / "go" / "bin" / "go"


def found() -> dict[Path, str]:
    """Return the go commands that are here, the preferred one first, each with its version (``go1.26.8``)."""
    on_path = shutil.which("go")
    candidates = [Path(on_path)] if on_path else []
    candidates += [own()] if os.access(own(), os.X_OK) else []
    return {candidate: version(candidate) for candidate in candidates}


def usable() -> Path | None:
    """Return the go command to build with, or ``None`` when none that is here is new enough."""
    return next((command for command, says in found().items() if _numbers(says) >= MINIMUM), None)


@cache
def version(command: Path) -> str:
    """Return what a go command says of its version; empty when it does not run."""
    try:
        done = subprocess.run(
            [str(command), "env", "GOVERSION"],
            env={**os.environ, "GOTOOLCHAIN": "local"},
            cwd="/",  # a go.mod of the current folder might ask for another Go
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def _numbers(says: str) -> tuple[int, ...]:
    """Return ``go1.26.8`` as (1, 26, 8), what isn't a release (``devel …``) as a very new one, and nothing as (0,)."""
    match = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", says)
    if match:
        return tuple(int(number or 0) for number in match.groups())
    return (999,) if says else (0,)
