"""Drift in words, one line a resource, for a terminal and an issue."""

from collections.abc import Iterator

from crosscloud.drift.model import Drift
from crosscloud.preview.model import Change, Difference, Op
from crosscloud.problems import counted

#: How many properties of a resource are told, and how long a value may be.
_PROPERTIES, _VALUE = 4, 60


def title(drift: Drift) -> str:
    """Return a headline: ``stack aws drifted: 2 resources``."""
    place = " (rehearsal: the cloud is simulated)" if drift.preview.rehearsed else ""
    return f"stack {drift.stack} drifted: {counted(len(drift.preview.changed), 'resource')}{place}"


def behind(drift: Drift) -> Iterator[tuple[Change, str]]:
    """Yield each resource that was changed behind the stack's back, and how."""
    for change in drift.behind:
        if change.op is Op.DELETE:
            yield change, "is gone"
        else:
            yield change, _properties(change)


def unapplied(drift: Drift) -> Iterator[tuple[Change, str]]:
    """Yield each resource that is not as the file and the program say, though nobody touched it in the cloud."""
    verbs = {Op.CREATE: "is not there", Op.DELETE: "is there, and should not be", Op.IMPORT: "is not in the state"}
    for change in drift.unapplied:
        yield change, verbs.get(change.op) or _properties(change) or "would be replaced"


def _properties(change: Change) -> str:
    told = [_difference(one) for one in change.differences[:_PROPERTIES]]
    if left := len(change.differences) - len(told):
        told.append(f"and {left} more {'property' if left == 1 else 'properties'}")
    return "; ".join(told)


def _difference(one: Difference) -> str:
    if one.old is None:
        return f"{one.path} {_value(one.new)} was added"
    if one.new is None:
        return f"{one.path} {_value(one.old)} was taken away"
    return f"{one.path} {_value(one.old)} → {_value(one.new)}"


def _value(value: object) -> str:
    text = " ".join(str(value).split())
    return f"{text[:_VALUE]}…" if len(text) > _VALUE else text
