"""What changed between two property bags, in the engine's terms."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from crosscloud.plugins.base_values import UNKNOWN

#: How a property changed.
Kind = Literal["add", "delete", "update"]


@dataclass(frozen=True)
class Diff:
    """The answer to "what would an update change?".

    ``detailed`` maps property paths (``spec.ports[0].port``) to how they change; ``replaces`` names those of
    them that can't be changed in place. ``changes`` follows from ``detailed`` unless it is given.
    """

    detailed: Mapping[str, Kind] = field(default_factory=dict)
    replaces: Collection[str] = ()
    delete_before_replace: bool = False
    changes: bool | None = None
    #: Whether the paths are those of inputs (the usual) rather than of outputs.
    inputs: bool = True

    @property
    def any(self) -> bool:
        """Whether there is something to do."""
        return bool(self.detailed or self.replaces) if self.changes is None else self.changes


def diff_values(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    replace_on: Collection[str] = (),
    delete_before_replace: bool = False,
    ignore: Collection[str] = (),
) -> Diff:
    """Compare two bags; a change at or below a path in ``replace_on`` (``"*"``: anywhere) asks for a replacement."""
    detailed: dict[str, Kind] = {}
    for key in sorted({*old, *new} - set(ignore)):
        _compare(old.get(key, _ABSENT), new.get(key, _ABSENT), _join("", key), detailed)
    replaces = [path for path in detailed if "*" in replace_on or any(_below(path, top) for top in replace_on)]
    return Diff(detailed, replaces, delete_before_replace and bool(replaces))


_ABSENT = object()


def _compare(old: Any, new: Any, path: str, found: dict[str, Kind]) -> None:
    if old is _ABSENT or new is _ABSENT:
        found[path] = "add" if old is _ABSENT else "delete"
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}, key=str):
            _compare(old.get(key, _ABSENT), new.get(key, _ABSENT), _join(path, str(key)), found)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else _ABSENT
            after = new[index] if index < len(new) else _ABSENT
            _compare(before, after, f"{path}[{index}]", found)
    elif not _same(old, new):
        found[path] = "update"


def _same(old: Any, new: Any) -> bool:
    if old is UNKNOWN or new is UNKNOWN:
        return False
    return bool(old == new) and isinstance(old, bool) == isinstance(new, bool)  # True == 1 in Python, not here


def _join(path: str, key: str) -> str:
    if key and all(c.isalnum() or c in "_-$" for c in key):
        return f"{path}.{key}" if path else key
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'{path}["{escaped}"]'


def _below(path: str, top: str) -> bool:
    return path == top or (path.startswith(top) and path[len(top)] in ".[")
