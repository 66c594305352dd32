"""What can be made to go wrong in a cell on request, to see that a pipeline tells of it and cleans up."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crosscloud.cells.cell import Cell, CellError

#: Faults by cell, ``aws-head=no-boot local-head=chart``: what ``--fault`` says of one.
FAULTS = "CROSSCLOUD_CELL_FAULTS"
#: The chart that breaks; its project is the one to blame.
_BROKEN = "coredns"


@dataclass(frozen=True)
class Fault:
    """A fault: its name, what it is in words, and whether it needs a simulated cloud."""

    name: str
    says: str
    rehearsed: bool = False


KNOWN = {
    each.name: each
    for each in (
        Fault("no-boot", "the first machine is made and never boots", rehearsed=True),
        Fault("no-capacity", "the cloud has no machine of the asked size left", rehearsed=True),
        Fault("api-error", "the cloud's API answers one request with an error of its own", rehearsed=True),
        Fault("chart", f"the chart of {_BROKEN} can't be rendered"),
    )
}


def asked(cell: Cell, text: str | None) -> Fault | None:
    """Return the fault that a cell is to have, by ``--fault`` or by `FAULTS`; None for none.

    Raises `CellError` if there is no such fault, or none for this cell.
    """
    listed = dict(each.partition("=")[::2] for each in os.environ.get(FAULTS, "").split())
    if unclear := [of for of, fault in listed.items() if not fault]:
        raise CellError(f"{FAULTS} names no fault for {', '.join(unclear)}; it is a list of CELL=FAULT")
    name = text or listed.get(cell.name)
    if not name:
        return None
    if name not in KNOWN:
        lines = "\n".join(f"  {each.name:<14}{each.says}" for each in KNOWN.values())
        raise CellError(f"there is no fault {name!r}; there are\n{lines}")
    if KNOWN[name].rehearsed and not cell.rehearsed:
        raise CellError(f"{name} is a simulated cloud's; cell {cell.name} is not rehearsed (--rehearse)")
    return KNOWN[name]


def variables(fault: Fault | None) -> dict[str, str]:
    """Return the variables that tell the simulated cloud of it."""
    from crosscloud.rehearsal import isolation

    return {isolation.FAULT: fault.name} if fault and fault.rehearsed else {}


def settings(fault: Fault | None, cell: Cell) -> Mapping[str, Any]:
    """Return the settings of the stack that make it go wrong."""
    from crosscloud.rehearsal.faults import BOOT_MINUTES

    if fault and fault.name in BOOT_MINUTES:
        return {"crosscloud:bootTimeoutMinutes": BOOT_MINUTES[fault.name]}
    return {"crosscloud:chartSource": _broken_charts(cell)} if fault and fault.name == "chart" else {}


def _broken_charts(cell: Cell) -> dict[str, str]:
    """Return a source of charts: the bundled ones, and in one a template that refuses."""
    from crosscloud.helm_values.charts import BUNDLED

    charts = cell.place.folder / "charts"
    shutil.rmtree(charts, ignore_errors=True)
    shutil.copytree(BUNDLED, charts)
    refusal = '{{ fail "this chart is broken on purpose: the fault `chart` was asked for" }}\n'
    (charts / _BROKEN / "templates" / "broken.yaml").write_text(refusal)
    return {"kind": "path", "path": str(charts)}
