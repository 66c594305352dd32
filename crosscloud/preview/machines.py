"""Which of a preview's changes are machines, and what happens to them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crosscloud.preview.data import words
from crosscloud.preview.model import Change, Op, Preview
from crosscloud.problems import counted

_CONTROL_PLANE = re.compile(r"-control-plane-\d+$")


@dataclass(frozen=True)
class Machines:
    """How many machines are replaced: control planes, single workers, and workers that the cloud renews in turn."""

    control_planes: int = 0
    workers: int = 0
    renewed: int = 0
    #: Whether the only control plane is among them, so that it is another cluster.
    whole_cluster: bool = False

    def __str__(self) -> str:
        """Say what happens; empty if nothing does."""
        number = self.control_planes + self.workers + self.renewed
        if self.whole_cluster:
            others = self.workers + self.renewed
            with_it = f" and {counted(others, 'worker')}" if others else ""
            return f"the only control plane{with_it} are replaced: it is another cluster, what is in it is lost"
        if not number:
            return ""
        said = f"{counted(number, 'machine')} {'is' if number == 1 else 'are'} replaced"
        if number > 1 and (self.control_planes > 1 or self.renewed):
            said += " one after the other"
        if self.control_planes > 1 and self.workers:
            said += " (the workers beside the control planes)"
        return said


def replaced(preview: Preview, config: Mapping[str, Any]) -> Machines:
    """Return what a preview replaces; ``config`` is the stack's, which knows the size of a group."""
    known = words()
    single = [one for one in preview.changes if one.type in known.machines and one.op is not Op.CREATE]
    planes = [one for one in single if _CONTROL_PLANE.search(one.name)]
    gone = [one for one in planes if one.op is Op.REPLACE]
    workers = [one for one in single if one.op is Op.REPLACE and one not in planes]
    renewed = any(_renewed(one, known.groups) for one in preview.changes)
    size = int((config.get("workers") or {}).get("count") or 0) if renewed and not workers else 0
    return Machines(len(gone), len(workers), size, whole_cluster=bool(gone) and len(planes) == 1)


def _renewed(change: Change, groups: Mapping[str, list[str]]) -> bool:
    """Tell whether a change has the cloud renew the workers of a group."""
    if change.type not in groups:
        return False
    return change.op is Op.REPLACE or any(change.touches(path) for path in groups[change.type])
