"""Reading the boot logs of machines: what they say of a bootstrap, and their last lines for an error message."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

#: What the bootstrap's scripts write when they give up (``crosscloud/bootstrap/templates/lib.sh``).
FAILURE = "BOOTSTRAP FAILED"
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\r")
_LAST_LINES = 40


def text(path: Path) -> str:
    """Return a log without terminal escapes; empty when there is none."""
    try:
        return _ESCAPES.sub("", path.read_text(errors="replace"))
    except OSError:
        return ""


def failures(logs: Mapping[str, str]) -> list[str]:
    """Return the names of the machines (``logs``: name → path) whose bootstrap said that it failed."""
    return [name for name, path in logs.items() if path and FAILURE in text(Path(path))]


def progress(path: str) -> str:
    """Return the last thing that a machine's bootstrap said it was doing, or nothing."""
    said = re.findall(r"crosscloud\[\d+s\] (.*)", text(Path(path))) if path else []
    return said[-1].strip() if said else ""


def excerpt(logs: Mapping[str, str], names: Iterable[str] = ()) -> str:
    """Return the last lines of the named machines' logs (all, where none is named), ready to stand in an error."""
    parts = []
    for name in names or logs:
        path = logs.get(name, "")
        lines = [line for line in text(Path(path)).splitlines() if line.strip()] if path else []
        if lines:
            shown = "\n".join(f"    {line}" for line in lines[-_LAST_LINES:])
            parts.append(f"the last lines of the boot log of {name} ({path}):\n{shown}")
        else:
            parts.append(f"{name} has no boot log that can be read here{f' ({path})' if path else ''}")
    return "\n".join(parts)
