"""What is kept of runs once their folders are gone: what they said of each project, for 90 days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from crosscloud.report import names
from crosscloud.report.judge import CUT_SHORT, judge, newest_attempt, trouble
from crosscloud.report.read import Run
from crosscloud.report.verdict import State, Verdict
from crosscloud.report.words import ago, one_line
from crosscloud.runs.record import KEPT, Stage, TestedImage

#: What clocks may differ by without a word.
SKEW = timedelta(hours=1)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Judged(_Part):
    """What a run said of a project: the state, why, and the image."""

    state: State
    why: str = ""
    image: TestedImage | None = None


class Entry(_Part):
    """One run of a cell, judged. ``trouble`` is what was wrong with the run itself and no project's fault."""

    id: str
    url: str | None = None
    commit: str | None = None
    rehearsed: bool = False
    started: AwareDatetime
    ended: AwareDatetime
    kubernetes: str | None = None
    trouble: str = ""
    stages: tuple[Stage, ...] = ()
    projects: dict[str, Judged] = Field(default_factory=dict)


class Cell(_Part):
    """A stack at a channel, with its runs, newest first."""

    stack: str
    cloud: str
    channel: str
    runs: tuple[Entry, ...] = ()

    @property
    def name(self) -> str:
        """The cell's stable name: ``aws-head``."""
        return f"{self.stack}-{self.channel}"


@dataclass
class History:
    """All cells by name."""

    cells: dict[str, Cell] = field(default_factory=dict)


def entry(run: Run, now: datetime) -> Entry:
    """Judge a run, and keep of it what a page needs once its folder is gone."""
    record = run.record
    images = record.release
    verdicts: Mapping[str, Verdict] = judge(run, now)
    return Entry(
        id=record.id,
        url=record.url,
        commit=record.commit,
        rehearsed=record.rehearsed,
        started=record.started,
        ended=max(record.ended, record.started),
        # The record has the release's version, which is not what a managed cloud runs.
        kubernetes=run.kubernetes or (None if record.cloud in names.MANAGED else record.kubernetes),
        trouble=trouble(run, now),
        stages=tuple(stage.model_copy(update={"why": one_line(stage.why)}) for stage in newest_attempt(record).stages),
        projects={p: Judged(state=v.state, why=v.why, image=images.get(p)) for p, v in verdicts.items()},
    )


def of_runs(runs: Iterable[Run], now: datetime) -> History:
    """Return the history that the folders alone tell; of two with the same id the one that got further counts."""
    history = History()
    for run in sorted(runs, key=lambda run: (run.record.ended, str(run.folder))):
        record = run.record
        cell = Cell(stack=record.stack, cloud=record.cloud, channel=record.channel, runs=(entry(run, now),))
        history = merged(history, History({cell.name: cell}))
    return history


def merged(earlier: History, later: History) -> History:
    """Return both; of a run that both know, the one that got further, and else what ``later`` says."""
    cells = dict(earlier.cells)
    for name, cell in later.cells.items():
        known = {run.id: run for run in cells[name].runs} if name in cells else {}
        for run in cell.runs:
            if run.id not in known or run.ended >= known[run.id].ended:
                known[run.id] = run
        cells[name] = cell.model_copy(update={"runs": tuple(known.values())})
    return History(cells)


def settled(history: History, now: datetime) -> History:
    """Return the history in order: cells by name, runs newest first and of the last 90 days.

    None is running for ever, and none is of a day to come: it would hide all others until then.
    """
    cells = {}
    for name, cell in sorted(history.cells.items()):
        kept = [_settled(_on_time(run, now), now) for run in cell.runs if now - run.ended < KEPT]
        if kept:
            newest_first = sorted(kept, key=lambda run: (run.started, run.id), reverse=True)
            newest, *older = newest_first
            cells[name] = cell.model_copy(update={"runs": (newest, *map(_short, older))})
    return History(cells)


def _on_time(run: Entry, now: datetime) -> Entry:
    """Return the run; one of a machine whose clock is far ahead of ours as if it had ended now, and with that told."""
    ahead = run.ended - now
    if ahead < SKEW:
        return run
    said = f"the clock of its machine is {ago(ahead)} ahead: when it ran is not known"
    stages = tuple(stage.model_copy(update={"started": stage.started - ahead}) for stage in run.stages)
    told = "; ".join(filter(None, (run.trouble, said)))
    update = {"started": run.started - ahead, "ended": now, "stages": stages, "trouble": told}
    return run.model_copy(update=update)


def _short(run: Entry) -> Entry:
    """Return an earlier run without its stages, which no page shows: its verdicts tell what failed."""
    return run.model_copy(update={"stages": ()})


def _settled(run: Entry, now: datetime) -> Entry:
    """Return the run, as cut short if it was running when it was last heard of and that is long ago."""
    running = [p for p, judged in run.projects.items() if judged.state is State.RUNNING]
    last = max([run.ended, *(stage.started for stage in run.stages)])
    if not running or now - last < CUT_SHORT:
        return run
    why = f"the run was cut short: nothing was heard of it for {ago(now - last)}"
    lost = {p: run.projects[p].model_copy(update={"state": State.INFRASTRUCTURE, "why": why}) for p in running}
    return run.model_copy(update={"projects": run.projects | lost})
