"""The page as a table in a terminal: a cell a row, a project a column."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crosscloud.report import names
from crosscloud.report.attention import attention, headline
from crosscloud.report.cells import Row
from crosscloud.report.verdict import State
from crosscloud.report.words import clean

if TYPE_CHECKING:
    from rich.console import RenderableType

#: States in short, so that a table fits a terminal of 80 columns.
_SHORT = {
    State.PASSED: "passed",
    State.FAILED: "failed",
    State.INFRASTRUCTURE: "infra",
    State.RUNNING: "running",
    State.NOT_RUN: "not run",
}
_STYLE = {
    State.PASSED: "green",
    State.FAILED: "bold red",
    State.INFRASTRUCTURE: "yellow",
    State.RUNNING: "blue",
    State.NOT_RUN: "dim",
}


def table(rows: Sequence[Row]) -> "RenderableType":
    """Return the table; states are words, so that it reads in a log without colours too."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    made.add_column("cell", no_wrap=True)
    for name in names.PROJECTS.values():
        made.add_column(name, no_wrap=True)
    for row in rows:
        states = [Text(_SHORT[standing.state], style=_STYLE[standing.state]) for standing in row.standings]
        made.add_row(f"{row.cell.name}{' *' if row.newest.rehearsed else ''}", *states)
    if any(row.newest.rehearsed for row in rows):
        made.caption = "* rehearsed: the cloud's API was simulated"
        made.caption_justify = "left"
    return made


def lines(rows: Sequence[Row]) -> list[str]:
    """Return the headline, and what to look at, a line each."""
    found = [f"  {_SHORT[item.state]}: {item.title} {item.words}: {item.why}" for item in attention(rows)]
    return [clean(line) for line in (headline(rows), *found)]
