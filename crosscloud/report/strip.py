"""Ninety days as a strip of bars, small in the page and with words for those who don't see it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from crosscloud.problems import counted
from crosscloud.report.verdict import State
from crosscloud.report.words import day, listed
from crosscloud.runs.record import KEPT

DAYS = KEPT.days
#: Units of a day's bar with its gap, and of the strip's height.
STEP, HEIGHT = 3, 16
#: Days that are named in words; more of them are counted.
NAMED = 4
#: Of a day's runs the first of these counts; an infrastructure's failure hides no pass of the same day.
WEIGHT = (State.FAILED, State.PASSED, State.INFRASTRUCTURE, State.RUNNING)
#: Where a bar ends, counted from the top: bad days stand out by height too, not by colour alone.
TOPS = {State.FAILED: 0, State.PASSED: 7, State.INFRASTRUCTURE: 3, State.RUNNING: 10, State.NOT_RUN: 14}
WORDS = {
    State.FAILED: "failed",
    State.PASSED: "passed",
    State.INFRASTRUCTURE: "infrastructure failure",
    State.RUNNING: "running",
    State.NOT_RUN: "not run",
}


@dataclass(frozen=True)
class Path:
    """Bars of one state: an SVG path along their middle, drawn with dashes as wide as a bar and lines as high."""

    state: State
    data: str
    height: int


@dataclass(frozen=True)
class Strip:
    """A state a day, oldest first; ``end`` is the last day, ``passed`` and ``failed`` count the runs that said so."""

    days: tuple[State, ...]
    end: datetime
    passed: int = 0
    failed: int = 0

    @classmethod
    def of(cls, runs: Iterable[tuple[datetime, State]], now: datetime) -> "Strip":
        """Make the strip of runs, each with its beginning and state."""
        found: dict[int, list[State]] = {}
        for began, state in runs:
            # A clock that is some minutes ahead of ours may have begun tomorrow.
            past = max(0, (now.date() - began.astimezone(now.tzinfo).date()).days)
            found.setdefault(past, []).append(state)
        kept = [found.get(past, []) for past in range(DAYS - 1, -1, -1)]
        days = tuple(next((each for each in WEIGHT if each in states), State.NOT_RUN) for states in kept)
        every = [state for states in kept for state in states]
        return cls(days, now, every.count(State.PASSED), every.count(State.FAILED))

    @property
    def paths(self) -> list[Path]:
        """The bars, a path for each state that there is."""
        lines: dict[State, str] = {}
        place = 0
        for state, group in groupby(self.days):
            count = len(list(group))
            middle = (TOPS[state] + HEIGHT) / 2
            # A line over several days; its dashes make the bars, and begin anew with each line.
            lines[state] = f"{lines.get(state, '')}M{place * STEP} {middle:g}h{count * STEP}"
            place += count
        return [Path(state, lines[state], HEIGHT - TOPS[state]) for state in TOPS if state in lines]

    @property
    def words(self) -> str:
        """The strip in words: how many days had which state, and the days of the last failures."""
        parts = []
        for state in WEIGHT:
            when = [self.end - timedelta(days=DAYS - 1 - n) for n, each in enumerate(self.days) if each is state]
            if not when:
                continue
            text = f"{WORDS[state]} on {counted(len(when), 'day')}"
            if state in (State.FAILED, State.INFRASTRUCTURE):
                shown = listed(day(each) for each in when[-NAMED:])
                text += f" ({'last ' if len(when) > NAMED else ''}{shown})"
            parts.append(text)
        return f"{DAYS} days: {', '.join(parts) or 'no run'}"

    @property
    def share(self) -> str:
        """The share of passes among the runs that passed or failed, as ``97 %``; empty without any."""
        if not self.passed + self.failed:
            return ""
        share = 100 * self.passed / (self.passed + self.failed)
        return "100 %" if not self.failed else f"{min(share, 99):.0f} %"
