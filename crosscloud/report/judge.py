"""What a run says of each project: who is at fault, and who is not.

A project is red only when something says that it failed: a stage that blames it, or a check that speaks for it. A
cluster that never came up, a check that broke or could not look, and a run that was cut short are the
infrastructure's, and so is what a cloud's own Kubernetes does. Where one project's failure explains another's failed
check, the first alone is red.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from crosscloud.e2e.model import NO_PROBE, UNREACHED
from crosscloud.report import names
from crosscloud.report.read import Check, Run
from crosscloud.report.words import ago, one_line
from crosscloud.runs.record import STAGES, Record, Stage, StageStatus

#: A run that has not got further for this long was cut short: its job is gone. Jobs end after an hour or two.
CUT_SHORT = timedelta(hours=3)
#: What the clocks of two machines that ran a run's stages may differ by: no attempt ends and is begun anew within it.
APART = timedelta(minutes=1)
#: The stage whose end decides, and the one that comes after the verdict.
DECIDES, CLEANS = "cncf-e2e", "destroy"


class State(StrEnum):
    """How a project stands in a run."""

    PASSED = "passed"
    FAILED = "failed"
    INFRASTRUCTURE = "infrastructure"
    RUNNING = "running"
    NOT_RUN = "not-run"


@dataclass(frozen=True)
class Verdict:
    """A project's state, and why in one line; a pass needs no reason."""

    state: State
    why: str = ""


@dataclass(frozen=True)
class Meaning:
    """Whom a check speaks for, and the projects whose failure would make it fail, too.

    Without a project each line of its reason names one: ``coredns: the release names …``.
    """

    check: str
    project: str | None
    needs: frozenset[str] = frozenset()


_CLUSTER, _MONITORED = frozenset({"kubernetes"}), frozenset({"kubernetes", "prometheus"})
#: The checks; each comes after those whose failure can explain its own. Adding a project is adding a line.
MEANINGS: tuple[Meaning, ...] = (
    Meaning("nodes", "kubernetes"),
    # Where nodes are missing, so are the pods that would run on them.
    Meaning("images", None, _CLUSTER),
    Meaning("network", "kubernetes"),
    Meaning("dns", "coredns", _CLUSTER),
    Meaning("prometheus-queries", "prometheus", _CLUSTER),
    Meaning("node-exporter", "node_exporter", _MONITORED),
    Meaning("alerts", "alertmanager", _MONITORED),
    # Its targets are the other projects: one that is down is no fault of Prometheus.
    Meaning("prometheus-targets", "prometheus", frozenset(names.PROJECTS) - {"prometheus"}),
)
#: What the checks say where they could not look: the API server was not reached, or the probes' own image not had.
_UNSEEN = re.compile(rf"{UNREACHED}|^{NO_PROBE}.*(?:ErrImagePull|ImagePullBackOff)")

Verdicts = dict[str, Verdict]


def judge(run: Run, now: datetime) -> Verdicts:
    """Return what the run says of every project, as of ``now``."""
    record = newest_attempt(run.record)
    before = [stage for stage in record.stages if stage.name not in (DECIDES, CLEANS)]
    if failed := next((stage for stage in before if stage.status is StageStatus.FAILED), None):
        return _stopped(failed)
    decided = next((s for s in record.stages if s.name == DECIDES and s.status is not StageStatus.RUNNING), None)
    if decided:
        return _checked(decided, run)
    if why := cut_short(record, now):
        return _all(State.INFRASTRUCTURE, why)
    return _all(State.RUNNING, where(record))


def newest_attempt(record: Record) -> Record:
    """Return the record without stages of an earlier attempt: those that began before one that has to precede them.

    A stage that is run again takes its own place in the record; what came after it the last time is still there. The
    stages are returned in their order, not in that of the clocks of the machines that they ran on.
    """
    order = {name: place for place, name in enumerate(STAGES)}
    kept = [
        stage
        for stage in record.stages
        if not any(
            order.get(other.name, 0) < order.get(stage.name, 0) and other.started - stage.started > APART
            for other in record.stages
        )
    ]
    return record.model_copy(update={"stages": tuple(sorted(kept, key=lambda stage: order.get(stage.name, 0)))})


def cut_short(record: Record, now: datetime) -> str:
    """Return why a run without an end will have none, or nothing: it was stopped, or nothing was heard of it."""
    if any(s.name == CLEANS for s in record.stages):
        if all(s.name == CLEANS for s in record.stages):
            return f"nothing was made: {STAGES[0]} did not begin; the job before it in the pipeline tells why"
        return f"the run was stopped before {DECIDES} ended"
    at = next((s for s in record.stages if s.status is StageStatus.RUNNING), None)
    silent = now - (at.started if at else record.ended)
    if silent < CUT_SHORT:
        return ""
    if at is None:
        return f"the run was cut short: nothing was heard of it since {_after(record)}, {ago(silent)} ago"
    return f"the run was cut short: {at.name} began {ago(silent)} ago and never ended"


def where(record: Record) -> str:
    """Return where a run is."""
    at = next((s.name for s in record.stages if s.status is StageStatus.RUNNING), None)
    return f"{at} is running" if at else f"waiting after {_after(record)}"


def trouble(run: Run, now: datetime) -> str:
    """Return what is wrong with the run itself and no project's fault: an unclean end, or things left behind."""
    found = []
    for stage in newest_attempt(run.record).stages:
        if stage.name == CLEANS and stage.status is StageStatus.FAILED:
            found.append(f"{CLEANS} failed, so look whether something is left: {_why(stage)}")
        elif stage.name == CLEANS and stage.status is StageStatus.RUNNING and now - stage.started >= CUT_SHORT:
            found.append(f"{CLEANS} began {ago(now - stage.started)} ago and never ended: something may be left")
    if run.leftovers:
        found.append(f"the checks left something behind: {run.leftovers}")
    for check in _strange(run.checks or ()):
        ended = "broke" if check.status == "error" else "failed"
        found.append(f"the check {check.name} {ended}, which speaks for no project: {_reason(check)}")
    return one_line("; ".join(found), limit=600)


def _stopped(stage: Stage) -> Verdicts:
    """Return the verdicts of a run that did not come to its checks."""
    why = f"{stage.name}: {_why(stage)}"
    if not stage.blames:
        return _all(State.INFRASTRUCTURE, why)
    culprits = ", ".join(names.PROJECTS.get(each, each) for each in stage.blames)
    held = Verdict(State.NOT_RUN, one_line(f"not tested: {culprits} failed in {stage.name}"))
    blamed = dict.fromkeys(stage.blames, Verdict(State.FAILED, one_line(why)))
    return dict.fromkeys(names.PROJECTS, held) | blamed


def _checked(stage: Stage, run: Run) -> Verdicts:
    """Return the verdicts of a run whose checks ended: the report's, and the stage's own where there is no report."""
    blamed = {each: Verdict(State.FAILED, one_line(f"{stage.name}: {_why(stage)}")) for each in stage.blames}
    if run.checks:
        from_checks = _attributed(run.checks, managed=run.record.cloud in names.MANAGED)
        # The report's reason says more than the stage's, where both blame a project.
        agreed = {p: v for p, v in from_checks.items() if v.state is State.FAILED}
        return _all(State.PASSED) | from_checks | blamed | agreed
    if stage.status is StageStatus.PASSED:
        return _all(State.PASSED)
    if blamed:
        return _all(State.NOT_RUN, f"not told: {stage.name} left no report of its checks") | blamed
    return _all(State.INFRASTRUCTURE, f"{stage.name}: {_why(stage)}")


def _attributed(checks: Sequence[Check], *, managed: bool) -> Verdicts:
    """Return the projects that the checks do not let pass."""
    by_name = {check.name: check for check in checks}
    unseen = {meaning: why for meaning in MEANINGS if (why := _unseen(meaning, by_name.get(meaning.check)))}
    found: Verdicts = {}
    for meaning in MEANINGS:
        check = by_name.get(meaning.check)
        if check and check.status == "failed" and meaning not in unseen:
            before = dict(found)
            for project, reason in _accused(meaning, check).items():
                # A cloud's own Kubernetes is no build of the project.
                state = State.INFRASTRUCTURE if managed and project == "kubernetes" else State.FAILED
                verdict = _explained(project, meaning, before) or Verdict(state, one_line(f"{check.name}: {reason}"))
                if project not in found or (verdict.state is State.FAILED and found[project].state is not State.FAILED):
                    found[project] = verdict
    return _unknown(unseen) | found


def _accused(meaning: Meaning, check: Check) -> dict[str, str]:
    """Return the projects that a failed check speaks of, each with the reason."""
    if meaning.project:
        return {meaning.project: _reason(check)}
    found: dict[str, str] = {}
    for line in check.lines:
        project, _, rest = line.partition(": ")
        if project in names.PROJECTS and rest:
            found.setdefault(project, rest)
    return found


def _explained(accused: str, meaning: Meaning, found: Mapping[str, Verdict]) -> Verdict | None:
    """Return what holds the project up, if the failure of another one explains that its check failed."""
    for project, name in names.PROJECTS.items():
        if project == accused or project not in meaning.needs or project not in found:
            continue
        other = found[project]
        if other.state is not State.NOT_RUN:
            state = State.NOT_RUN if other.state is State.FAILED else other.state
            return Verdict(state, one_line(f"not tested: {meaning.check} needs {name}; {other.why}"))
    return None


def _unseen(meaning: Meaning, check: Check | None) -> str:
    """Return why a check says nothing of any project, though one looks to it; nothing if it does."""
    if check is None:
        return f"the check {meaning.check} is not in the report"
    if check.status == "error":
        return f"the check {check.name} broke: {_last(check)}"
    says_nothing = check.status == "failed" and (not _accused(meaning, check) or _UNSEEN.search(_reason(check)))
    return f"{check.name}: {_reason(check)}" if says_nothing else ""


def _unknown(unseen: dict[Meaning, str]) -> Verdicts:
    """Return the projects of which nobody knows, since a check that would speak for them did not."""
    return {
        project: Verdict(State.INFRASTRUCTURE, one_line(why))
        for meaning, why in reversed(unseen.items())
        for project in ([meaning.project] if meaning.project else names.PROJECTS)
    }


def _strange(checks: Sequence[Check]) -> list[Check]:
    """Return the checks that did not pass and that no project is known to look to."""
    known = {meaning.check for meaning in MEANINGS}
    return [check for check in checks if check.status != "passed" and check.name not in known]


def _all(state: State, why: str = "") -> Verdicts:
    return dict.fromkeys(names.PROJECTS, Verdict(state, one_line(why)))


def _why(stage: Stage) -> str:
    return stage.why or "no reason is given; its log tells more"


def _reason(check: Check) -> str:
    return one_line(check.lines[0]) if check.lines else "no reason is given"


def _last(check: Check) -> str:
    return check.lines[-1] if check.lines else "no reason is given"


def _after(record: Record) -> str:
    ended = [stage.name for stage in record.stages if stage.status is StageStatus.PASSED and stage.name in STAGES]
    return ended[-1] if ended else "its beginning"
