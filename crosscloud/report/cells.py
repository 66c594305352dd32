"""What the page shows of each cell and project now: the state, since when, what was known before, and 90 days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crosscloud.release import version_of
from crosscloud.report import names
from crosscloud.report.history import Cell, Entry, History, Judged
from crosscloud.report.strip import Strip
from crosscloud.report.verdict import State
from crosscloud.report.words import ago, day

#: A cell runs at least every night; after two nights without a run its last state says nothing any more.
STALE = timedelta(hours=48)
#: A state that is as old as what is kept, but for a night or two, may be older.
LONG = timedelta(days=87)
#: States that say something of the project itself.
DECIDED = frozenset({State.PASSED, State.FAILED})


@dataclass(frozen=True)
class Known:
    """What a run said of a project."""

    run: Entry
    judged: Judged


@dataclass(frozen=True)
class Standing:
    """How a project stands in a cell.

    ``newest`` is the run that says so, ``since`` the beginning of the first run of those that say the same; ``last`` is
    what was last known of the project itself, where the state does not tell.
    """

    project: str
    state: State
    why: str
    newest: Known
    since: datetime
    strip: Strip
    last: Known | None = None
    #: Whether nothing else is known in all the days that are kept.
    always: bool = False

    @property
    def name(self) -> str:
        """The project's name."""
        return names.PROJECTS.get(self.project, self.project)

    @property
    def slug(self) -> str:
        """The project's part of addresses."""
        return names.project_slug(self.project)

    @property
    def version(self) -> str:
        """The version that the image's tag tells, or the tag; empty if no image is known."""
        image = self.newest.judged.image
        return (version_of(image.tag) or image.tag) if image else ""


@dataclass(frozen=True)
class Row:
    """A cell as a row of the page: its newest run, and how each project stands."""

    cell: Cell
    standings: tuple[Standing, ...]
    stale: bool

    @property
    def newest(self) -> Entry:
        """The newest run."""
        return self.cell.runs[0]

    @property
    def title(self) -> str:
        """What the row is called: the cloud, and the stack where that has another name."""
        return names.cloud_name(self.cell.cloud, self.cell.stack)

    @property
    def common_why(self) -> str:
        """The reason that all projects share, which is the cell's own: said once."""
        whys = {standing.why for standing in self.standings}
        return whys.pop() if len(whys) == 1 else ""

    @property
    def managed(self) -> bool:
        """Whether the cloud brings its own Kubernetes."""
        return self.cell.cloud in names.MANAGED


def rows(history: History, now: datetime) -> list[Row]:
    """Return all cells in the order of the page: by channel, then by cloud."""
    made = [_row(cell, now) for cell in history.cells.values()]
    return sorted(
        made, key=lambda r: (names.channel_order(r.cell.channel), names.cloud_order(r.cell.cloud, r.cell.stack))
    )


def _row(cell: Cell, now: datetime) -> Row:
    stale = now - cell.runs[0].ended >= STALE
    return Row(cell, tuple(standing(cell.runs, project, now, stale=stale) for project in names.PROJECTS), stale)


def standing(runs: tuple[Entry, ...], project: str, now: datetime, *, stale: bool) -> Standing:
    """Return how a project stands after these runs, newest first."""
    known = [Known(run, run.projects.get(project, Judged(state=State.NOT_RUN))) for run in runs]
    newest = known[0]
    state, why = newest.judged.state, newest.judged.why
    since = _since(known)
    if stale:
        last_run = newest.run.ended
        state, why, since = State.NOT_RUN, f"not run since {day(last_run)}, {ago(now - last_run)} ago", last_run
    last = next((each for each in known if each.judged.state in DECIDED), None)
    strip = Strip.of(((each.run.started, each.judged.state) for each in known), now)
    always = state in DECIDED and since == known[-1].run.started and now - since >= LONG
    return Standing(project, state, why, newest, since, strip, None if state in DECIDED else last, always)


def _since(known: list[Known]) -> datetime:
    """Return when the newest state began: runs that say nothing of the project don't end a pass or a failure."""
    state, since = known[0].judged.state, known[0].run.started
    for each in known[1:]:
        if each.judged.state is state:
            since = each.run.started
        elif state not in DECIDED or each.judged.state in DECIDED:
            break
    return since


def count(standings: Iterable[Standing]) -> dict[State, int]:
    """Return how many stand how, every state with its number."""
    found = dict.fromkeys(State, 0)
    for each in standings:
        found[each.state] += 1
    return found


def overall(counts: dict[State, int]) -> State:
    """Return the state of several together: red if one is, and green even if some could not be tested."""
    order = (State.FAILED, State.PASSED, State.RUNNING, State.INFRASTRUCTURE)
    return next((state for state in order if counts[state]), State.NOT_RUN)
