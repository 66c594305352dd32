"""Run the host's tools (ip, nft, mmdebstrap …): one way to call them, one way for them to fail."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from crosscloud.machines.errors import MachineError

#: Where administrators' tools lie; a user's PATH often lacks the sbin folders.
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LAST_WORDS = 15


def find(tool: str) -> str | None:
    """Return the path of ``tool``, from PATH or the system's own folders, or None."""
    return shutil.which(tool) or shutil.which(tool, path=SEARCH_PATH)


def run(  # noqa: PLR0913 - what a process takes
    command: Sequence[str],
    *,
    purpose: str,
    text: str | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    timeout: float = 60,
) -> str:
    """Run ``command`` and return its standard output.

    ``purpose`` completes "cannot …" in the error, which ends with the tool's last lines; ``text`` is its input.
    """
    program = find(command[0])
    if program is None:
        raise MachineError(
            f"cannot {purpose}: `{command[0]}` is not installed (`crosscloud doctor` tells how to get it)"
        )
    try:
        done = subprocess.run(
            [program, *command[1:]],
            input=text,
            env=environment,
            cwd=folder,
            timeout=timeout,
            capture_output=True,
            text=True,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise MachineError(f"cannot {purpose}: `{command[0]}` did not end within {timeout:.0f} s") from error
    if done.returncode != 0:
        words = (done.stderr.strip() or done.stdout.strip()).splitlines()[-_LAST_WORDS:]
        raise MachineError(f"cannot {purpose}: `{command[0]}` failed ({done.returncode}): " + "\n".join(words))
    return done.stdout
