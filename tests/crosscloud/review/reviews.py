"""Reviews made up for tests."""

from typing import Any

from crosscloud.review import Part, Review

SALT = "00112233445566778899aabbccddeeff"


def review(**parts: dict[str, Any]) -> Review:
    """Return a review of the stack ``aws`` whose parts hold these things; the others are empty."""
    made = {name: Part.of(parts.pop(name, {}), bytes.fromhex(SALT)) for name in Review.PARTS}
    rest: dict[str, Any] = {"commit": "c0ffee00", **parts}
    return Review(project="crosscloud", stack="aws", salt=SALT, **made, **rest)
