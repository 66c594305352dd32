"""What changed between two property bags, in the engine's terms."""

from collections.abc import Callable, Collection, Mapping
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


def diff_values(  # noqa: PLR0913 - all but two are optional
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    replace_on: Collection[str] = (),
    delete_before_replace: bool = False,
    ignore: Collection[str] = (),
    same: Callable[[Any, Any], bool] | None = None,
) -> Diff:
    """Compare two bags; a change at or below a path in ``replace_on`` (``"*"``: anywhere) asks for a replacement.

    ``ignore`` names properties of the top; ``same`` says whether two scalars mean the same (``None``
    stands for one that is absent); by default those that are equal do.
    """
    detailed: dict[str, Kind] = {}
    differ = _Differ(_same if same is None else lambda a, b: same(*(None if v is _ABSENT else v for v in (a, b))))
    for key in sorted({*old, *new} - set(ignore)):
        differ.compare(old.get(key, _ABSENT), new.get(key, _ABSENT), _join("", key), detailed)
    replaces = [path for path in detailed if "*" in replace_on or any(_below(path, top) for top in replace_on)]
    return Diff(detailed, replaces, delete_before_replace and bool(replaces))


_ABSENT = object()


@dataclass(frozen=True)
class _Differ:
    same: Callable[[Any, Any], bool]

    def compare(self, old: Any, new: Any, path: str, found: dict[str, Kind]) -> None:
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            for key in sorted({*old, *new}, key=str):
                self.compare(old.get(key, _ABSENT), new.get(key, _ABSENT), _join(path, str(key)), found)
        elif isinstance(old, list) and isinstance(new, list):
            for index in range(max(len(old), len(new))):
                before = old[index] if index < len(old) else _ABSENT
                after = new[index] if index < len(new) else _ABSENT
                self.compare(before, after, f"{path}[{index}]", found)
        elif not self.same(old, new):
            found[path] = "add" if old is _ABSENT else "delete" if new is _ABSENT else "update"


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
