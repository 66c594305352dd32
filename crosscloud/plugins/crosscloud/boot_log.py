"""Reading the boot logs of machines: what they say of a bootstrap, and their last lines for an error message.

A log is named by its file or, for a cloud's machine, by the machine's address: clouds keep the logs themselves, and
only a rehearsal has that machine on this host.
"""

import os
import re
from collections.abc import Collection, Iterable, Mapping
from ipaddress import IPv4Address
from pathlib import Path

from crosscloud.machines import bootlog

#: What the bootstrap's scripts write when they give up (``crosscloud/bootstrap/templates/lib.sh``).
FAILURE = "BOOTSTRAP FAILED"
#: Set to a rehearsal's folder while a cloud is simulated and its machines run on this host.
REHEARSAL = "CROSSCLOUD_REHEARSAL"
_LAST_LINES = 40


def text(path: Path | None) -> str:
    """Return a log without terminal escapes; empty when there is none."""
    if path is None:
        return ""
    try:
        return bootlog.plain(path.read_text(errors="replace"))
    except OSError:
        return ""


def file_of(place: str) -> Path | None:
    """Return the file of a log that is named by its path or by its machine's address; nothing if there is none here."""
    if not place or not _is_address(place):
        return Path(place) if place else None
    return _rehearsed().get(place)


def failed_elsewhere(known: Collection[str]) -> dict[str, str]:
    """Return the addresses of a rehearsal's machines whose bootstrap failed, but for those ``known``; by themselves."""
    logs = _rehearsed()
    return {place: place for place in logs if place not in known and FAILURE in text(logs[place])}


def failures(logs: Mapping[str, str]) -> list[str]:
    """Return the names of the machines (``logs``: name → path or address) whose bootstrap said that it failed."""
    return [name for name, place in logs.items() if FAILURE in text(file_of(place))]


def progress(place: str) -> str:
    """Return the last thing that a machine's bootstrap said it was doing, or nothing."""
    said = re.findall(r"crosscloud\[\d+s\] (.*)", text(file_of(place)))
    return said[-1].strip() if said else ""


def excerpt(logs: Mapping[str, str], names: Iterable[str] = (), consoles: Mapping[str, str] | None = None) -> str:
    """Return the last lines of the named machines' logs (all, where none is named), ready to stand in an error.

    ``consoles`` are the commands by which a cloud shows those that can't be read here.
    """
    parts = []
    for name in names or logs:
        path, console = file_of(logs.get(name, "")), (consoles or {}).get(name)
        lines = [line for line in text(path).splitlines() if line.strip()]
        if lines:
            shown = "\n".join(f"    {line}" for line in lines[-_LAST_LINES:])
            parts.append(f"the last lines of the boot log of {name} ({path}):\n{shown}")
        elif console:
            parts.append(f"the boot log of {name} says why: {console}")
        else:
            parts.append(f"{name} has no boot log that can be read here{f' ({path})' if path else ''}")
    return "\n".join(parts)


def _rehearsed() -> dict[str, Path]:
    """Return the boot logs of the rehearsal's machines on this host by their addresses; none outside a rehearsal."""
    if not (folder := os.environ.get(REHEARSAL)):
        return {}
    from crosscloud.machines import instances, store

    # Two rehearsals may use the same addresses; machines carry the name of theirs.
    mark = f"rehearsal:{Path(folder).resolve().name}:"
    machines = [machine for machine in store.everything(store.Machine) if machine.urn.startswith(mark)]
    return {machine.address: instances.boot_log(machine) for machine in machines}


def _is_address(place: str) -> bool:
    try:
        IPv4Address(place)
    except ValueError:
        return False
    return True
