"""What to look at first: the failures of projects, then those of the infrastructure, each with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass

from crosscloud.report import names
from crosscloud.report.cells import Row, Standing
from crosscloud.report.judge import State
from crosscloud.report.words import day, listed, plural


@dataclass(frozen=True)
class Item:
    """One thing to look at: where it is told in full, what it is, since when, and why."""

    state: State
    href: str
    title: str
    words: str
    why: str


def headline(rows: Sequence[Row]) -> str:
    """Return the state of everything in one line."""
    failed = [(row, standing) for row in rows for standing in row.standings if standing.state is State.FAILED]
    if not rows:
        return "No runs yet"
    if failed:
        projects = list(dict.fromkeys(standing.name for _, standing in failed))
        cells = {row.cell.name for row, _ in failed}
        verb = "fails" if len(projects) == 1 else "fail"
        where = f"on {_place(failed[0][0])}" if len(cells) == 1 else f"in {len(cells)} of {len(rows)} cells"
        return f"{listed(projects)} {verb} {where}"
    states = {standing.state for row in rows for standing in row.standings}
    if states <= {State.PASSED, State.RUNNING}:
        return "Everything passes" if State.PASSED in states else "The first runs are on their way"
    return "No project fails" if State.PASSED in states else "Nothing could be tested"


def attention(rows: Sequence[Row]) -> list[Item]:
    """Return what to look at: failures by project and channel, then cells with trouble of their own."""
    failures: dict[tuple[str, str], list[tuple[Row, Standing]]] = {}
    for row in rows:
        for standing in row.standings:
            if standing.state is State.FAILED:
                failures.setdefault((standing.project, row.cell.channel), []).append((row, standing))
    order = list(names.PROJECTS)
    by_project = sorted(failures.items(), key=lambda each: order.index(each[0][0]))
    cells = [item for row in rows if (item := _cell(row))]
    return [*(_failure(found) for _, found in by_project), *sorted(cells, key=lambda item: item.state is State.NOT_RUN)]


def _failure(found: list[tuple[Row, Standing]]) -> Item:
    """Return the item for a project that fails at a channel, on one cloud or on several."""
    row, standing = found[0]
    clouds = listed(each.title for each, _ in found)
    since = day(min(each.since for _, each in found))
    several = len(found) > 1
    return Item(
        State.FAILED,
        f"project/{standing.slug}.html" if several else f"cell/{row.cell.name}.html#{standing.slug}",
        f"{standing.name} {row.cell.channel}",
        f"{standing.version} fails on {clouds} since {since}".strip(),
        f"{row.title}: {standing.why}" if several else standing.why,
    )


def _cell(row: Row) -> Item | None:
    """Return the item for a cell whose own trouble it is, if it has any."""
    hit = [standing for standing in row.standings if standing.state is State.INFRASTRUCTURE]
    href = f"cell/{row.cell.name}.html"
    if row.stale:
        why = f"{row.standings[0].why}; its last results say nothing of today"
        return Item(State.NOT_RUN, href, _place(row), "stale", why)
    if hit:
        whole = len(hit) == len(row.standings)
        what = "no project could be tested" if whole else f"{plural(len(hit), 'project')} could not be tested"
        since = day(max(standing.since for standing in hit))
        why = "; ".join(dict.fromkeys(filter(None, [*(each.why for each in hit), row.newest.trouble])))
        return Item(State.INFRASTRUCTURE, href, _place(row), f"{what} since {since}, no project is at fault", why)
    if row.newest.trouble:
        return Item(State.INFRASTRUCTURE, href, _place(row), "the run itself had trouble", row.newest.trouble)
    return None


def _place(row: Row) -> str:
    return f"{row.title} {row.cell.channel}"
