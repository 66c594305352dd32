"""The site's pages, rendered from what stands: text from elsewhere is escaped, and no page has a script or a style."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2

from crosscloud.problems import counted
from crosscloud.report import names, words
from crosscloud.report.attention import attention, headline
from crosscloud.report.badge import COLOURS, MARKS, Badge
from crosscloud.report.cells import DECIDED, Row, Standing, count, overall
from crosscloud.report.history import Entry
from crosscloud.report.judge import CLEANS, CUT_SHORT, DECIDES
from crosscloud.report.logs import Log
from crosscloud.report.read import Check
from crosscloud.report.verdict import State
from crosscloud.runs.record import Stage, StageStatus

TEMPLATES = Path(__file__).parent / "templates"
#: Runs that a cell's page lists; the history has them all.
LISTED = 150
STATES = {
    State.PASSED: "Passed",
    State.FAILED: "Failed",
    State.INFRASTRUCTURE: "Infrastructure",
    State.RUNNING: "Running",
    State.NOT_RUN: "Not run",
}
CHECK_STATES = {"passed": State.PASSED, "failed": State.FAILED, "error": State.INFRASTRUCTURE}
_ABOUT = {"stable": "the projects' releases", "head": "their main branches", "alpha": "their next versions"}


@dataclass(frozen=True)
class Details:
    """What only a run's folder tells of a cell's newest run: its checks, and the logs of stages that failed."""

    checks: Sequence[Check] = ()
    logs: Mapping[str, Log] | None = None


class Pages:
    """Renders the pages as of a moment."""

    def __init__(self, rows: Sequence[Row], problems: Sequence[str], now: datetime) -> None:
        self._rows, self._problems = rows, problems
        self._environment = _environment()
        self._now = now
        self._shared = {"now": now, "projects": names.PROJECTS, "states": STATES, "decided": DECIDED, "here": ""}

    def index(self) -> str:
        """Return the page of everything."""
        counts = count(standing for row in self._rows for standing in row.standings)
        by_channel = groupby(self._rows, key=lambda row: row.cell.channel)
        return self._render(
            "index.html.j2",
            root="",
            rows=self._rows,
            counts=counts,
            state=overall(counts),
            headline=headline(self._rows),
            attention=attention(self._rows),
            channels=[(channel, list(group)) for channel, group in by_channel],
            about=_ABOUT,
            problems=self._problems,
        )

    def cell(self, row: Row, details: Details) -> str:
        """Return a cell's page."""
        counts = count(row.standings)
        return self._render(
            "cell.html.j2",
            root="../",
            row=row,
            counts=counts,
            state=overall(counts),
            logs=details.logs or {},
            checks=details.checks,
            check_states=CHECK_STATES,
            look=lambda stage: stage_look(stage, self._now),
            runs=row.cell.runs[:LISTED],
            more_runs=max(0, len(row.cell.runs) - LISTED),
            reasons=_reasons,
        )

    def project(self, project: str, badges: Sequence[Badge]) -> str:
        """Return a project's page."""
        standings = {row.cell.name: _of(row, project) for row in self._rows}
        by_cloud: dict[str, dict[str, Row]] = {}
        for row in sorted(self._rows, key=lambda row: names.cloud_order(row.cell.cloud, row.cell.stack)):
            by_cloud.setdefault(row.title, {})[row.cell.channel] = row
        counts = count(standings.values())
        return self._render(
            "project.html.j2",
            root="../",
            here=project,
            name=names.PROJECTS[project],
            slug=names.project_slug(project),
            standings=standings,
            by_cloud=list(by_cloud.items()),
            channel_names=list(dict.fromkeys(row.cell.channel for row in self._rows)),
            counts=counts,
            state=overall(counts),
            badges=badges,
        )

    def badge(self, badge: Badge) -> str:
        """Return a badge."""
        return self._render(
            "badge.svg.j2",
            **{
                name: getattr(badge, name) for name in ("label", "message", "title", "colour", "left", "right", "width")
            },
        )

    def icon(self, state: State) -> str:
        """Return the site's icon, which shows the state of everything."""
        return self._render("icon.svg.j2", title=STATES[state], colour=COLOURS[state], mark=MARKS[state])

    def _render(self, template: str, **values: Any) -> str:
        return self._environment.get_template(template).render(self._shared | values)


def style() -> str:
    """Return the site's style sheet."""
    return (TEMPLATES / "style.css").read_text(encoding="utf-8")


def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # Whatever is shown is harmless to read, wherever it comes from; escaping comes after this.
        finalize=lambda value: words.clean(value) if type(value) is str else value,
    )
    filters: dict[str, Callable[..., Any]] = {
        "clock": words.clock,
        "short_clock": words.short_clock,
        "day": words.day,
        "iso": words.iso,
        "duration": words.duration,
        "one_line": words.one_line,
        "counted": counted,
        "slug": names.project_slug,
        "web": names.web_address,
    }
    made.filters.update(filters)
    return made


def _of(row: Row, project: str) -> Standing:
    return next(standing for standing in row.standings if standing.project == project)


def stage_look(stage: Stage, now: datetime) -> tuple[State, str]:
    """Return how a stage is shown, and in which word: red only if it blames a project, or holds the checks that do."""
    if stage.status is StageStatus.PASSED:
        return State.PASSED, "Passed"
    if stage.status is StageStatus.RUNNING:
        lost = now - stage.started >= CUT_SHORT
        return (State.INFRASTRUCTURE, "Never ended") if lost else (State.RUNNING, "Running")
    ours = stage.name == CLEANS or not (stage.blames or stage.name == DECIDES)
    return State.INFRASTRUCTURE if ours else State.FAILED, "Failed"


def _reasons(run: Entry) -> str:
    """Return what failed in a run in one line: each reason once, the failures first."""
    order = (State.FAILED, State.INFRASTRUCTURE, State.RUNNING, State.NOT_RUN)
    whys = [judged.why for state in order for judged in run.projects.values() if judged.state is state]
    return words.one_line("; ".join(dict.fromkeys(why for why in [*whys, run.trouble] if why)))
