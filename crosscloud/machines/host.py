"""What kind of host this is: its control groups, its PID 1, and its host-wide lock."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
_CGROUP_TYPES = ("cgroup", "cgroup2")


@contextmanager
def host_lock() -> Iterator[None]:
    """Hold what is one for the whole host (address ranges, ip_forward) against other checkouts on it.

    It is a lock on /run itself: nothing has to be written outside the checkout, and it goes when its holder dies.
    """
    handle = os.open("/run", os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@cache
def systemd_is_pid1() -> bool:
    """Tell whether systemd runs this host (then it has to be the one who hands out control groups)."""
    return Path("/run/systemd/system").is_dir()


def cgroup_mounts() -> list[Path]:
    """Return where control groups are mounted: one place with version 2, one for each hierarchy with version 1."""
    found = []
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if kind in _CGROUP_TYPES and Path(place).is_relative_to(CGROUPS):
            found.append(Path(place))
    return found


def cgroup_version() -> int:
    """Return 2 for the one unified hierarchy, 1 if controllers are in hierarchies of version 1, 0 if there are none."""
    places = cgroup_mounts()
    if not places:
        return 0
    return 2 if places == [CGROUPS] else 1
