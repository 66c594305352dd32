"""Find and end the processes of a machine: by control group and by start time, never by name."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from crosscloud.machines import host

_START_TIME = 19  # field 22 of /proc/PID/stat, counted after the command's closing bracket


def start_time(pid: int) -> int | None:
    """Return when ``pid`` started, in clock ticks since boot, or None if it is gone or waits to be reaped."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[_START_TIME])


def identify(pid: int) -> list[int]:
    """Return what a record keeps of a process: its number and its start time (empty if it is gone)."""
    started = start_time(pid)
    return [] if started is None else [pid, started]


def alive(identity: list[int]) -> bool:
    """Tell whether the very process that `identify` saw still runs."""
    return len(identity) == 2 and start_time(identity[0]) == identity[1]  # noqa: PLR2004 - a number and a start time


def end(identity: list[int], grace: float = 0.0) -> None:
    """Ask a process to end, kill it after ``grace`` seconds, and wait until it is gone."""
    if alive(identity) and grace > 0:
        _signal(identity[0], signal.SIGTERM)
        wait_until(lambda: not alive(identity), grace)
    if alive(identity):
        _signal(identity[0], signal.SIGKILL)
        wait_until(lambda: not alive(identity), 5)


def cgroup_folders(name: str) -> list[Path]:
    """Return the control groups called ``name``: of ours at the top, or of the service that systemd made for us."""
    below = ("", "system.slice/")
    names = (name, f"{name}.service")
    return [
        place / middle / last
        for place in host.cgroup_mounts()
        for middle in below
        for last in names
        if (place / middle / last).is_dir()
    ]


def cgroup_members(name: str) -> set[int]:
    """Return every process in the control group ``name`` or in one below it."""
    members: set[int] = set()
    for group in _groups(name):
        try:
            members.update(int(pid) for pid in (group / "cgroup.procs").read_text().split())
        except OSError:  # the group went meanwhile, or is a threaded one whose processes its parent lists
            continue
    return members


def kill_cgroup(name: str, timeout: float = 10.0) -> bool:
    """Kill everything in the control group until nothing is left, and remove it; tell whether that succeeded."""

    def nothing_left() -> bool:
        members = [pid for pid in cgroup_members(name) if start_time(pid) is not None]
        for pid in members:
            _signal(pid, signal.SIGKILL)
        return not members

    return wait_until(nothing_left, timeout) and wait_until(lambda: _remove_cgroup(name), timeout)


def make_cgroup(name: str) -> list[Path]:
    """Make the control group in every hierarchy and return the files that a process joins it by."""
    joining = []
    for place in host.cgroup_mounts():
        group = place / name
        group.mkdir(exist_ok=True)
        if host.cgroup_version() == 2:  # noqa: PLR2004
            _hand_down_controllers(place)
        for setting in ("cpuset.cpus", "cpuset.mems"):  # version 1 accepts no process before these are set
            if (place / setting).exists() and (group / setting).exists() and host.cgroup_version() == 1:
                (group / setting).write_text((place / setting).read_text())
        joining.append(group / "cgroup.procs")
    return joining


def container_init(name: str) -> int | None:
    """Return the host's number of the process that is PID 1 of the machine in control group ``name``."""
    for pid in sorted(cgroup_members(name)):
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        inner = next((line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")), [])
        # One level below ours: the pods of the machine have PID 1 processes too, two levels below.
        if len(inner) == _own_levels() + 1 and inner[-1] == "1":
            return pid
    return None


def wait_until(condition: Callable[[], bool], timeout: float, step: float = 0.02) -> bool:
    """Poll ``condition`` until it holds or ``timeout`` seconds are over; return whether it held."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(step)
    return True


def _hand_down_controllers(place: Path) -> None:
    """Let the control groups below ``place`` have its controllers: with version 2 each level has to be told to."""
    for controller in (place / "cgroup.controllers").read_text().split():
        try:
            (place / "cgroup.subtree_control").write_text(f"+{controller}")
        except OSError:  # not ours to hand down here: what needs it in the machine says so
            continue


def _own_levels() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return len(next((line.split()[1:] for line in lines if line.startswith("NSpid:")), ["1"]))


def _remove_cgroup(name: str) -> bool:
    gone = True
    for group in reversed(_groups(name)):
        try:
            group.rmdir()
        except FileNotFoundError:
            continue
        except OSError:  # a killed process counts as a member until it is reaped
            gone = False
    return gone


def _groups(name: str) -> list[Path]:
    """Return the control group and all below it, outer ones first; they may vanish while they are listed."""
    tops = cgroup_folders(name)
    return [Path(folder) for top in tops for folder, _, _ in os.walk(top)]


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
