"""What a note and a terminal both show above the full difference, in plain text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crosscloud.preview.model import CHANGING, Change, Op, Preview
from crosscloud.problems import counted

#: The cause where no property of a resource's own is one.
WITH_OTHERS = "what it depends on is replaced"


@dataclass(frozen=True)
class Grave:
    """Resources of one type that are deleted, or replaced for the same cause; ``cause`` is empty for deletions."""

    op: Op
    type: str
    names: tuple[str, ...]
    cause: str

    @property
    def shown(self) -> str:
        """The names, the first ones of many."""
        return _listed(self.names, 6)


def grave(preview: Preview) -> list[Grave]:
    """Return what is deleted and what is replaced, and what causes each replacement: what has its own cause first."""
    groups: dict[tuple[Op, str, str], list[str]] = {}
    for change in preview.changed:
        if change.op in (Op.DELETE, Op.REPLACE):
            groups.setdefault((change.op, change.type, cause(change)), []).append(change.name)
    found = [Grave(op, kind, tuple(sorted(names)), why) for (op, kind, why), names in groups.items()]
    return sorted(found, key=lambda one: (CHANGING.index(one.op), one.cause == WITH_OTHERS))


def cause(change: Change) -> str:
    """Return what replaces a resource: its properties, with their values where they are short."""
    if change.op is not Op.REPLACE:
        return ""
    if not change.causes:
        return WITH_OTHERS
    told = {one.path: one for one in change.differences}
    return ", ".join(_cause(path, told.get(path)) for path in change.causes)


def _cause(path: str, difference: object) -> str:
    old, new = getattr(difference, "old", None), getattr(difference, "new", None)
    short = [value for value in (old, new) if isinstance(value, str | int | float) and len(str(value)) <= 48]  # noqa: PLR2004
    if len(short) == 2 and old != new and not str(new).startswith("("):  # noqa: PLR2004
        return f"{path} {old} → {new}"
    return path


def policies(preview: Preview) -> str:
    """Return the result of the policies in a few words."""
    if not preview.policies:
        return "no policies were asked"
    mandatory, advisory = len(preview.mandatory), len(preview.advisory)
    if not mandatory and not advisory:
        return "policies passed" if not preview.failed else "policies: no finding so far"
    parts = [f"{number} {kind}" for number, kind in ((mandatory, "mandatory"), (advisory, "advisory")) if number]
    return f"policies: {', '.join(parts)} {'finding' if mandatory + advisory == 1 else 'findings'}"


def result(preview: Preview) -> str:
    """Return the headline's first words: the numbers, or that there are none."""
    if preview.errors or (preview.failed and not preview.mandatory):
        return "the preview failed"
    if preview.counts:
        return str(preview.counts)
    return "no changes"


def alarms(preview: Preview, lost: Sequence[str]) -> Iterator[str]:
    """Yield why the change can't be applied, and which clusters are lost if it is: what nobody may read over."""
    if preview.errors or (preview.failed and not preview.mandatory):
        yield f"{counted(max(1, len(preview.errors)), 'error')}: what would change is not known"
        return
    if preview.mandatory:
        yield f"{counted(len(preview.mandatory), 'mandatory finding')} of the policies: this can't be applied"
    yield from (f"All that runs in the cluster {name} is lost" for name in lost)


def _listed(names: Sequence[str], number: int) -> str:
    more = len(names) - number
    return ", ".join(names[:number]) + (f" and {more} more" if more > 0 else "")
