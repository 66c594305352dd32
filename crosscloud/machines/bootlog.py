"""Read a machine's boot log."""

import re
from pathlib import Path

#: Colours, cursor movements and character sets, which systemd writes to a console.
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\x1b[()][A-Z0-9]|\r")
_TAIL_BYTES = 64 * 1024


def plain(text: str) -> str:
    """Return what a console shows, without the terminal's control sequences."""
    return _CONTROL.sub("", text)


def tail(log: Path, lines: int = 40) -> str:
    """Return the last ``lines`` lines of the log as plain text."""
    try:
        with log.open("rb") as handle:
            handle.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            text = handle.read().decode(errors="replace")
    except OSError:
        return "(there is no boot log)"
    return "\n".join(plain(text).splitlines()[-lines:])
