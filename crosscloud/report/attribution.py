"""What the checks of a run say of each project: for whom each of them speaks, and which say nothing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crosscloud.e2e.model import NO_PROBE, UNREACHED
from crosscloud.report import names
from crosscloud.report.read import Check
from crosscloud.report.verdict import State, Verdict, Verdicts
from crosscloud.report.words import one_line


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


def attributed(checks: Sequence[Check], *, managed: bool) -> Verdicts:
    """Return the projects that the checks do not let pass."""
    by_name = {check.name: check for check in checks}
    unseen = {meaning: why for meaning in MEANINGS if (why := _unseen(meaning, by_name.get(meaning.check)))}
    found: Verdicts = {}
    for meaning in MEANINGS:
        check = by_name.get(meaning.check)
        if check and check.status == "failed" and meaning not in unseen:
            before = dict(found)
            for project, why in _accused(meaning, check).items():
                # A cloud's own Kubernetes is no build of the project.
                state = State.INFRASTRUCTURE if managed and project == "kubernetes" else State.FAILED
                verdict = _explained(project, meaning, before) or Verdict(state, one_line(f"{check.name}: {why}"))
                if project not in found or (verdict.state is State.FAILED and found[project].state is not State.FAILED):
                    found[project] = verdict
    return _unknown(unseen) | found


def _accused(meaning: Meaning, check: Check) -> dict[str, str]:
    """Return the projects that a failed check speaks of, each with the reason."""
    if meaning.project:
        return {meaning.project: reason(check)}
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
    says_nothing = check.status == "failed" and (not _accused(meaning, check) or _UNSEEN.search(reason(check)))
    return f"{check.name}: {reason(check)}" if says_nothing else ""


def _unknown(unseen: dict[Meaning, str]) -> Verdicts:
    """Return the projects of which nobody knows, since a check that would speak for them did not."""
    return {
        project: Verdict(State.INFRASTRUCTURE, one_line(why))
        for meaning, why in reversed(unseen.items())
        for project in ([meaning.project] if meaning.project else names.PROJECTS)
    }


def strange(checks: Sequence[Check]) -> list[Check]:
    """Return the checks that did not pass and that no project is known to look to."""
    known = {meaning.check for meaning in MEANINGS}
    return [check for check in checks if check.status != "passed" and check.name not in known]


def reason(check: Check) -> str:
    """Return what a check says of why it failed, in one line."""
    return one_line(check.lines[0]) if check.lines else "no reason is given"


def _last(check: Check) -> str:
    return check.lines[-1] if check.lines else "no reason is given"
