"""How Google names things: the rules for names and labels, and the forms in which one resource refers to another."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from crosscloud.plugins.base import UNKNOWN, CheckFailure

#: https://cloud.google.com/compute/docs/naming-resources
_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_LONGEST_NAME = 63
#: https://cloud.google.com/resource-manager/docs/labels-overview: 64 labels; letters may be any that have no capitals,
#: of which this takes the ASCII ones, as the configuration does.
_LABEL_KEY, _LABEL_VALUE, _MOST_LABELS = re.compile(r"[a-z][a-z0-9_-]{0,62}"), re.compile(r"[a-z0-9_-]{0,63}"), 64
API = "https://www.googleapis.com/compute/v1/"
_PREFIX = re.compile(r"^https://(www|compute)\.googleapis\.com/compute/(v1|beta)/")


def name(place: str, value: Any, longest: int = _LONGEST_NAME) -> Iterator[CheckFailure]:
    """Yield what is wrong with a resource's name (RFC 1035); one that is unknown or missing passes."""
    if value is None or value is UNKNOWN or (_NAME.fullmatch(value) and len(value) <= longest):
        return
    rule = "lower-case letters, digits and hyphens, beginning with a letter and ending with no hyphen"
    yield CheckFailure(place, f"{value!r} has to be 1 to {longest} {rule}")


def labels(place: str, value: Any) -> Iterator[CheckFailure]:
    """Yield what is wrong with a map of labels."""
    if not isinstance(value, Mapping):
        return
    if len(value) > _MOST_LABELS:
        yield CheckFailure(place, f"has {len(value)} labels; Google takes {_MOST_LABELS}")
    for key, text in value.items():
        if not _LABEL_KEY.fullmatch(key):
            yield CheckFailure(
                f"{place}.{key}", "is no label's key: a lower-case letter, then at most 62 of a-z, 0-9, _, -"
            )
        if text is not UNKNOWN and not _LABEL_VALUE.fullmatch(text):
            yield CheckFailure(f"{place}.{key}", f"{text!r} is no label's value: at most 63 of a-z, 0-9, _ and -")


def identifier(reference: str) -> str:
    """Return the id within a self link, "projects/…/NAME"; an id or a bare name comes back as it is."""
    return _PREFIX.sub("", reference).partition("?")[0]


def last(reference: str) -> str:
    """Return the name at the end of a self link or an id; a bare name comes back as it is."""
    return identifier(reference).rpartition("/")[2]
