"""Reading a resource's values, of which a preview does not know all."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy.proxy import UnknownValueError

#: Stands for a secret among the values that everybody may see.
SECRET = "[secret]"  # noqa: S105 - it is none
#: Stands for a text that is not known before ``up``.
UNKNOWN = "(not known before up)"


def texts(values: Sequence[Any]) -> Iterator[str]:
    """Yield each of a list's values as text, `UNKNOWN` for those that are not known yet."""
    for index in range(len(values)):
        try:
            yield str(values[index])
        except UnknownValueError:
            yield UNKNOWN


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text inside of a value with its path (``metadata.user-data``).

    If one of them is unknown, this is told by its ``UnknownValueError`` after all the known ones.
    """
    unknown: list[UnknownValueError] = []
    yield from _strings(value, path, unknown)
    if unknown:
        raise unknown[0]


def _strings(value: Any, path: str, unknown: list[UnknownValueError]) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
        return
    keys: Any = value if isinstance(value, Mapping) else range(len(value)) if isinstance(value, Sequence) else ()
    for key in keys:
        try:
            inner = value[key]
        except UnknownValueError as error:
            unknown.append(error)
        else:
            yield from _strings(inner, f"{path}.{key}" if path else str(key), unknown)


def mappings(value: Any, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every mapping inside of a value, itself the first, with its path."""
    if isinstance(value, Mapping):
        yield path, value
    elif isinstance(value, str) or not isinstance(value, Sequence):
        return
    for key in value if isinstance(value, Mapping) else range(len(value)):
        yield from mappings(value[key], f"{path}.{key}" if path else str(key))


def at(values: Mapping[str, Any], path: str, default: Any = None) -> Any:
    """Return the value at a path (``nodeConfig.workloadMetadataConfig.mode``), or ``default`` where there is none."""
    found: Any = values
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
        if found is None:
            return default
    return found
