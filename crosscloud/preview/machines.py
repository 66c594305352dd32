"""Which of a preview's changes are machines, and what happens to them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crosscloud.preview.data import words
from crosscloud.preview.model import Change, Op, Preview
from crosscloud.problems import counted

_NODE = "crosscloud:index:Node"
_CONTROL_PLANE = re.compile(r"-control-plane-\d+$")


@dataclass(frozen=True)
class Machines:
    """How many machines are replaced: control planes, single workers, and workers that the cloud renews in turn."""

    control_planes: int = 0
    workers: int = 0
    renewed: int = 0
    #: Whether the only control plane is among them, so that it is another cluster.
    whole_cluster: bool = False
    #: The property that replaces them, of the first resource for which one is told: ``userData of Machine``.
    cause: str = ""

    def __str__(self) -> str:
        """Say what happens; empty if nothing does."""
        number = self.control_planes + self.workers + self.renewed
        if self.whole_cluster:
            others = self.workers + self.renewed
            who = (
                f"the only control plane and {counted(others, 'worker')} are" if others else "the only control plane is"
            )
            return f"{who} replaced: it is another cluster, and what is in this one is lost"
        if not number:
            return ""
        said = f"{counted(number, 'machine')} {'is' if number == 1 else 'are'} replaced"
        if number > 1 and (self.control_planes > 1 or self.renewed):
            said += " one after the other"
        if self.control_planes > 1 and self.workers:
            said += " (the workers beside the control planes)"
        return said


def replaced(preview: Preview, old: Mapping[str, Any], new: Mapping[str, Any]) -> Machines:
    """Return what a preview replaces; the stack's configuration, before and after, knows the size of a group."""
    known = words()
    single = [one for one in preview.changes if one.type in known.machines and one.op is not Op.CREATE]
    planes = [one for one in single if _CONTROL_PLANE.search(one.name)]
    gone = [one for one in planes if one.op is Op.REPLACE]
    workers = [one for one in single if one.op is Op.REPLACE and one not in planes]
    groups = [(one, _renews(one, known.groups)) for one in preview.changes]
    renewed = [(one, path) for one, path in groups if path is not None]
    # of a group that grows or shrinks at once, those that come are new, and those that go are gone
    size = min(int(_count(one, "workers") or 0) for one in (old or new, new or old)) if renewed and not workers else 0
    causes = [*((one, path) for one in gone + workers for path in one.causes), *renewed]
    told = next((f"{path} of {one.type.rpartition(':')[2]} {one.name}" for one, path in causes if path), "")
    return Machines(len(gone), len(workers), size, whole_cluster=bool(gone) and len(planes) == 1, cause=told)


def _renews(change: Change, groups: Mapping[str, list[str]]) -> str | None:
    """Return the property with which a change has the cloud renew the workers of a group, ``None`` if it does not.

    It is empty if the group itself is replaced.
    """
    paths = [path for path in groups.get(change.type, ()) if change.touches(path)]
    if paths and change.op is Op.UPDATE:
        return paths[0]
    return "" if change.type in groups and change.op is Op.REPLACE else None


def renewed_alone(preview: Preview, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Yield what happens to machines and nodes that no change of the configuration is behind: they were gone."""
    machines = [one for one in preview.changed if one.type in words().machines]
    as_many = all(_count(old, pool) == _count(new, pool) for pool in ("controlPlanes", "workers"))
    if as_many:
        yield from (f"machine {one.name} is made anew" for one in machines if one.op is Op.CREATE)
    moved = {one.name for one in machines}
    for one in preview.changed:
        if one.type == _NODE and one.op is Op.REPLACE and one.name not in moved:
            yield f"node {one.name} is replaced"


def _count(config: Mapping[str, Any], pool: str) -> Any:
    return (config.get(pool) or {}).get("count")
