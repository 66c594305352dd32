"""Holds inputs against the SDK's types: everything that is unknown, missing or of the wrong type, each by its path."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from crosscloud.plugins.base import UNKNOWN, CheckFailure
from crosscloud.plugins.simulated.schema import Description, Shape

#: The engine's mark of assets and archives, which are objects on the wire, and of references to other resources.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_ASSETS = ("c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7")
_NAMES = {
    "string": "a text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "asset": "a file",
}


def failures(description: Description, inputs: Mapping[str, Any]) -> list[CheckFailure]:
    """Return all that is wrong with a resource's inputs; what is not known yet passes."""
    return list(_Checker(description).object(inputs, description.inputs, ""))


class _Checker:
    def __init__(self, description: Description) -> None:
        self._objects = description.objects

    def object(self, value: Mapping[str, Any], kind: Mapping[str, Any], path: str) -> Iterator[CheckFailure]:
        """``kind`` says which properties there are, and which have to be."""
        known = kind["properties"]
        for key, item in value.items():
            place = f"{path}.{key}" if path else key
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                yield CheckFailure(place, "is not known" + (f"; did you mean {near[0]}?" if near else ""))
            elif item is not None:
                yield from self.value(item, known[key], place)
        for key in kind["required"]:
            if value.get(key) is None:
                yield CheckFailure(f"{path}.{key}" if path else key, "is missing: it is required")

    def value(self, value: Any, shape: Shape, path: str) -> Iterator[CheckFailure]:
        if value is UNKNOWN or shape == "any":
            return
        if isinstance(shape, str):
            if not _is_scalar(value, shape):
                yield CheckFailure(path, f"is {_name(value)}; it has to be {_NAMES[shape]}")
        elif shape[0] == "union":
            yield from self._union(value, shape[1], path)
        elif shape[0] == "enum":
            if value not in shape[1]:
                yield CheckFailure(path, f"is {value!r}; it has to be one of {', '.join(map(str, shape[1]))}")
        else:
            yield from self._collection(value, shape, path)

    def _collection(self, value: Any, shape: list[Any], path: str) -> Iterator[CheckFailure]:
        kind, inner = shape
        if kind == "list":
            if not isinstance(value, list):
                yield CheckFailure(path, f"is {_name(value)}; it has to be a list")
                return
            for index, item in enumerate(value):
                yield from self.value(item, inner, f"{path}[{index}]")
        elif not isinstance(value, Mapping):
            yield CheckFailure(path, f"is {_name(value)}; it has to be {'a map' if kind == 'map' else 'an object'}")
        elif kind == "object":
            yield from self.object(value, self._objects[inner], path)
        else:
            for key, item in value.items():
                yield from self.value(item, inner, f"{path}.{key}")

    def _union(self, value: Any, shapes: list[Shape], path: str) -> Iterator[CheckFailure]:
        found = [list(self.value(value, shape, path)) for shape in shapes]
        if all(found):
            # What is wrong within the nearest of them says more than that it is none of them.
            deep = [one for one in found if one[0].property != path]
            if deep:
                yield from min(deep, key=len)
            else:
                yield CheckFailure(path, "; ".join(sorted({one.reason for some in found for one in some})))


def _is_scalar(value: Any, shape: str) -> bool:
    if shape == "asset":
        return isinstance(value, Mapping) and value.get(_SIGNATURE) in _ASSETS
    if shape == "boolean":
        return isinstance(value, bool)
    if shape == "string":
        return isinstance(value, str)
    return isinstance(value, int if shape == "integer" else int | float) and not isinstance(value, bool)


def _name(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else "an object"
