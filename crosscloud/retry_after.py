"""How long a server asks to be left alone: ``Retry-After``, RFC 9110 (10.2.3)."""

import time
from collections.abc import Mapping
from email.message import Message
from email.utils import parsedate_to_datetime


def seconds(headers: Mapping[str, str] | Message) -> float | None:
    """Return how many seconds from now the headers say, be it by a number or a date; ``None`` if they say nothing."""
    told = str(headers.get("Retry-After", "")).strip()
    if told.isdecimal():
        return float(told)
    try:
        return parsedate_to_datetime(told).timestamp() - time.time()
    except ValueError:
        return None
