"""Processes that have ended but are still listed: their parent is PID 1 by then, and some take seconds to notice."""

from pathlib import Path

from crosscloud.machines import processes

#: What runs on a host for a stack, as the kernel names it.
_NAMES = {"systemd-nspawn", "haproxy", "crane"}
#: PID 1 of a container often reaps only now and then; more than this is its own fault and harms nobody.
_PATIENCE = 10.0


def wait_for_init() -> bool:
    """Wait until PID 1 has taken note of every process of ours that ended; tell whether it did, in ten seconds."""
    return processes.wait_until(lambda: not _unreaped(), _PATIENCE, step=0.1)


def _unreaped() -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            name, _, rest = (entry / "stat").read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue  # it is gone by now
        state, parent = rest.split()[:2]
        if state == "Z" and parent == "1" and name in _NAMES:
            found.append(int(entry.name))
    return found
