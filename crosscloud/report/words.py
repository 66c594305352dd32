"""Text for people: times, durations, and words from elsewhere made harmless to read."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from crosscloud.machines.bootlog import plain
from crosscloud.problems import counted

#: Characters of a reason that a page shows; the log has the rest.
REASON = 300
_MINUTE = _HOUR = 60  # seconds and minutes
_FEW = 9.95  # seconds that are shown with their tenths
#: Control characters, changes of direction (which make text look like another), and halves of characters.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_DIGEST = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}")


def clean(text: str) -> str:
    """Return text without a terminal's control sequences, control characters and changes of direction."""
    return _UNPRINTABLE.sub("", plain(text))


def lines_of(text: str) -> list[str]:
    """Return the lines of a text that say something, cleaned."""
    return [line.strip() for line in clean(text).splitlines() if line.strip()]


def one_line(text: str, limit: int = REASON) -> str:
    """Return a reason as one line of at most ``limit`` characters, digests short."""
    line = _DIGEST.sub(r"\1", "; ".join(lines_of(text)))
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def duration(seconds: float) -> str:
    """Return how long something took: ``8.1 s``, ``4 min 10 s``, ``2 h 5 min``."""
    if round(seconds) < _MINUTE:
        return f"{seconds:.1f} s" if seconds < _FEW else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    if minutes < _HOUR:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, _HOUR)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def day(moment: datetime) -> str:
    """Return a day of UTC as ``22 Nov``; which year it was is clear within 90 days."""
    moment = moment.astimezone(UTC)
    return f"{moment.day} {moment:%b}"


def clock(moment: datetime) -> str:
    """Return a moment as ``22 Nov 2026, 06:10 UTC``."""
    return f"{day(moment)} {moment.astimezone(UTC):%Y, %H:%M} UTC"


def short_clock(moment: datetime) -> str:
    """Return a moment of the last days as ``22 Nov, 06:10``, in UTC."""
    return f"{day(moment)}, {moment.astimezone(UTC):%H:%M}"


def iso(moment: datetime) -> str:
    """Return a moment as machines read it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def ago(span: timedelta) -> str:
    """Return a span in its largest unit: ``3 days``, ``5 hours``, ``20 minutes``."""
    for unit, seconds in (("day", 86400), ("hour", 3600), ("minute", 60)):
        count = int(span.total_seconds() // seconds)
        if count:
            return counted(count, unit)
    return "less than a minute"


def listed(words: Iterable[str]) -> str:
    """Return words as a sentence lists them: ``a``, ``a and b``, ``a, b and c``."""
    *rest, last = list(words) or [""]
    return f"{', '.join(rest)} and {last}" if rest else last
