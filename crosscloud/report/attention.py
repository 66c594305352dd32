"""What to look at first: the failures of projects, then those of the infrastructure, each with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass

from crosscloud.report import names
from crosscloud.report.cells import STALE, Row, Standing
from crosscloud.report.verdict import State
from crosscloud.report.words import REASON, ago, day, listed, one_line


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
    if all(row.stale for row in rows):
        return f"Nothing has run for {ago(STALE)}"
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
    return [*(_failure(found) for _, found in by_project), *_cells(rows)]


def _failure(found: list[tuple[Row, Standing]]) -> Item:
    """Return the item for a project that fails at a channel, on one cloud or on several."""
    row, standing = found[0]
    versions = {each.version for _, each in found}
    clouds = listed(each.title for each, _ in found)
    since = day(min(each.since for _, each in found))
    several = len(found) > 1
    return Item(
        State.FAILED,
        f"project/{standing.slug}.html" if several else f"cell/{row.cell.name}.html#{standing.slug}",
        f"{standing.name} {row.cell.channel}",
        f"{standing.version if len(versions) == 1 else ''} fails on {clouds} since {since}".strip(),
        f"{row.title}: {standing.why}" if several else standing.why,
    )


def _cells(rows: Sequence[Row]) -> list[Item]:
    """Return the items for cells whose own trouble it is; what befell several clouds of a channel is said once."""
    alike: dict[tuple[State, str, str, str], list[Row]] = {}
    for row in rows:
        if told := _trouble(row):
            alike.setdefault((*told, row.cell.channel), []).append(row)
    items = [
        Item(
            state,
            f"cell/{found[0].cell.name}.html" if len(found) == 1 else f"#{channel}",
            f"{listed(row.title for row in found)} {channel}",
            words,
            why,
        )
        for (state, words, why, channel), found in alike.items()
    ]
    return sorted(items, key=lambda item: item.state is State.NOT_RUN)


def _trouble(row: Row) -> tuple[State, str, str] | None:
    """Return the state, the words and the reason of a cell's own trouble, if it has any."""
    hit = [standing for standing in row.standings if standing.state is State.INFRASTRUCTURE]
    if row.stale:
        return State.NOT_RUN, "stale", f"{row.standings[0].why}; the last results say nothing of today"
    if hit:
        who = "no project" if len(hit) == len(row.standings) else listed(each.name for each in hit)
        could = "could" if who == "no project" else "could not"
        since = day(max(standing.since for standing in hit))
        return State.INFRASTRUCTURE, f"{who} {could} be tested since {since}, no project is at fault", _why(row, hit)
    if row.newest.trouble:
        return State.INFRASTRUCTURE, "the run itself had trouble", row.newest.trouble
    return None


def _why(row: Row, hit: Sequence[Standing]) -> str:
    """Return the reasons in one line, each once: one that ends with another one only quotes it."""
    whys = list(dict.fromkeys(each.why for each in hit))
    own = [why for why in whys if not any(other != why and why.endswith(other) for other in whys)]
    return one_line("; ".join(filter(None, [*own, row.newest.trouble])), limit=2 * REASON)


def _place(row: Row) -> str:
    return f"{row.title} {row.cell.channel}"
