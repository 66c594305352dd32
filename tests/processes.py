"""Running a command of the project as its user does."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def start(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    """Start a command in a process group of its own; what it prints, errors among it, is to be read."""
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )


def finished(
    process: "subprocess.Popen[str]",
    *,
    timeout: float,
    check: bool = True,
    ended_by: signal.Signals = signal.SIGKILL,
) -> str:
    """Wait for a command and return all that it printed; fail if it takes longer, or fails and ``check`` is set."""
    try:
        output, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, ended_by)
        output, _ = process.communicate()
        raise AssertionError(f"{process.args!r} did not end within {timeout} s:\n{output}") from None
    assert not check or process.returncode == 0, f"{process.args!r} failed:\n{output}"
    return output
