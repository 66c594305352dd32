"""What a run says of each project: who is at fault, and who is not.

A project is red only when something says that it failed: a stage that blames it, or a check that speaks for it. A
cluster that never came up, a check that broke or could not look, and a run that was cut short are the
infrastructure's, and so is what a cloud's own Kubernetes does. Where one project's failure explains another's failed
check, the first alone is red.
"""

from datetime import datetime, timedelta

from crosscloud.report import names
from crosscloud.report.attribution import attributed, reason, strange
from crosscloud.report.read import Run
from crosscloud.report.verdict import State, Verdict, Verdicts
from crosscloud.report.words import ago, one_line
from crosscloud.runs.record import STAGES, Record, Stage, StageStatus

#: A run that has not got further for this long was cut short: its job is gone. Jobs end after an hour or two.
CUT_SHORT = timedelta(hours=3)
#: What the clocks of two machines that ran a run's stages may differ by: no attempt ends and is begun anew within it.
APART = timedelta(minutes=1)
#: The stage whose end decides, and the one that comes after the verdict.
DECIDES, CLEANS = "cncf-e2e", "destroy"


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
            return f"{STAGES[0]} of this run did not begin; the job before it in the pipeline tells why"
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
    for check in strange(run.checks or ()):
        ended = "broke" if check.status == "error" else "failed"
        found.append(f"the check {check.name} {ended}, which speaks for no project: {reason(check)}")
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
        from_checks = attributed(run.checks, managed=run.record.cloud in names.MANAGED)
        # The report's reason says more than the stage's, where both blame a project.
        agreed = {p: v for p, v in from_checks.items() if v.state is State.FAILED}
        return _all(State.PASSED) | from_checks | blamed | agreed
    if stage.status is StageStatus.PASSED:
        return _all(State.PASSED)
    if blamed:
        return _all(State.NOT_RUN, f"not told: {stage.name} left no report of its checks") | blamed
    return _all(State.INFRASTRUCTURE, f"{stage.name}: {_why(stage)}")


def _all(state: State, why: str = "") -> Verdicts:
    return dict.fromkeys(names.PROJECTS, Verdict(state, one_line(why)))


def _why(stage: Stage) -> str:
    return stage.why or "no reason is given; its log tells more"


def _after(record: Record) -> str:
    ended = [stage.name for stage in record.stages if stage.status is StageStatus.PASSED and stage.name in STAGES]
    return ended[-1] if ended else "its beginning"
