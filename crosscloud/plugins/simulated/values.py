"""Places in a resource's inputs, written as ``subnetId`` or ``ipConfigurations[].subnet.id``."""

from collections.abc import Iterator, Mapping
from typing import Any

from crosscloud.plugins.base import UNKNOWN


def at(values: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    """Yield each place that ``path`` leads to with its value; ``[]`` stands for every item of a list.

    What is missing, or not known yet, is left out.
    """
    yield from _walk(values, path.replace("[]", ".[]").split("."), "")


def _walk(value: Any, steps: list[str], place: str) -> Iterator[tuple[str, Any]]:
    if value is None or value is UNKNOWN:
        return
    if not steps:
        yield place, value
    elif steps[0] == "[]":
        for index, item in enumerate(value if isinstance(value, list) else []):
            yield from _walk(item, steps[1:], f"{place}[{index}]")
    elif isinstance(value, Mapping):
        yield from _walk(value.get(steps[0]), steps[1:], f"{place}.{steps[0]}" if place else steps[0])
