"""Processes that outlive the command: known again by their start time, because a number alone is soon another's."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path


def started(pid: int) -> str | None:
    """Return when process ``pid`` was started, as the kernel counts; None when there is no such process.

    Where there is no /proc it is ``"unknown"``, so that the number alone counts.
    """
    try:
        # The command's name, in brackets, may hold anything: what follows the last bracket is regular.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None if Path("/proc/self").exists() or not _alive(pid) else "unknown"
    return None if fields[0] == "Z" else fields[19]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def launch(command: list[str], log: Path, environment: Mapping[str, str] | None = None) -> int:
    """Start ``command`` in a session of its own, its output in ``log``, and return its process number.

    Without ``environment`` it has this process's own.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",
            env=environment,
        )
    # It is meant to live on: no warning when this object goes.
    process.returncode = 0
    return process.pid


def stop(pid: int, start: str, patience: float = 5) -> None:
    """End process ``pid`` if it is still the one started at ``start``: politely, and by force after ``patience`` s."""
    for number in (signal.SIGINT, signal.SIGKILL):
        if started(pid) != start:
            return
        os.kill(pid, number)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and started(pid) == start:
            _reap(pid)
            time.sleep(0.02)


def _reap(pid: int) -> None:
    """Take note of the end of a child of ours; another's child is its parent's business."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except OSError:
        return
