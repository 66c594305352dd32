"""Whose fault a run's failure is, as a table: what happened, and how each project stands then."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crosscloud.e2e.checks import CHECKS
from crosscloud.release import PROJECTS as RELEASED
from crosscloud.report import names
from crosscloud.report.attribution import MEANINGS
from crosscloud.report.judge import judge, newest_attempt, trouble
from crosscloud.report.read import Check, Run
from crosscloud.report.verdict import State
from crosscloud.runs.record import STAGES, Record, Stage, StageStatus

BEGAN = datetime(2026, 11, 22, 3, tzinfo=UTC)
NOW = BEGAN + timedelta(minutes=30)
ALL = tuple(names.PROJECTS)
PASSED, FAILED, RUNNING = StageStatus.PASSED, StageStatus.FAILED, StageStatus.RUNNING
RED, BROKEN, HELD, GREEN = State.FAILED, State.INFRASTRUCTURE, State.NOT_RUN, State.PASSED


def run(*stages: Stage, checks: dict[str, str] | None = None, cloud: str = "aws", errors: tuple[str, ...] = ()) -> Run:
    """A run with these stages; ``checks`` are the failed ones with their reasons, None is a run without a report."""
    record = Record(stack=cloud, cloud=cloud, channel="head", id="7", started=BEGAN, stages=stages)
    if checks is None:
        return Run(Path("run"), record)
    told = tuple(
        Check(each.name, "failed", 1, tuple(checks[each.name].splitlines()))
        if each.name in checks
        else Check(each.name, "error" if each.name in errors else "passed", 1, ("KeyError: 'x'",))
        for each in CHECKS
    )
    return Run(Path("run"), record, told)


def stage(name: str, status: StageStatus = PASSED, why: str = "", *blames: str, after: int = 0) -> Stage:
    began = BEGAN + timedelta(minutes=after)
    return Stage(name=name, status=status, started=began, seconds=60, why=why, blames=blames)


UP, DEPLOYED, TESTED = stage("cross-cloud"), stage("cross-project", after=1), stage("cncf-e2e", after=2)
WRONG = stage("cncf-e2e", FAILED, "a check failed", after=2)
GONE = stage("destroy", after=3)


def checked(checks: dict[str, str], cloud: str = "aws", errors: tuple[str, ...] = ()) -> Run:
    return run(UP, DEPLOYED, WRONG, GONE, checks=checks, cloud=cloud, errors=errors)


STATEMENTS = {
    "every check passed: all are green": (run(UP, DEPLOYED, TESTED, GONE, checks={}), {}),
    "the stage passed and left no report: all are green": (run(UP, DEPLOYED, TESTED), {}),
    "a cluster that never came up makes nobody red": (
        run(stage("cross-cloud", FAILED, "no capacity"), GONE),
        dict.fromkeys(ALL, BROKEN),
    ),
    "a kubelet that crashes is Kubernetes', and the others were not tested": (
        run(stage("cross-cloud", FAILED, "kubelet crashes", "kubernetes"), GONE),
        dict.fromkeys(ALL, HELD) | {"kubernetes": RED},
    ),
    "a chart that fails reddens its project alone": (
        run(UP, stage("cross-project", FAILED, "chart coredns", "coredns", after=1)),
        dict.fromkeys(ALL, HELD) | {"coredns": RED},
    ),
    "a deployment that fails without a culprit is the infrastructure's": (
        run(UP, stage("cross-project", FAILED, "the API server is gone")),
        dict.fromkeys(ALL, BROKEN),
    ),
    "checks that could not begin are the infrastructure's": (run(UP, DEPLOYED, WRONG), dict.fromkeys(ALL, BROKEN)),
    "dns speaks for CoreDNS": (checked({"dns": "no answer"}), {"coredns": RED}),
    "nodes speak for Kubernetes": (checked({"nodes": "node a is not Ready"}), {"kubernetes": RED}),
    "network speaks for Kubernetes": (checked({"network": "no way from a to b"}), {"kubernetes": RED}),
    "queries speak for Prometheus": (checked({"prometheus-queries": "wrong version"}), {"prometheus": RED}),
    "targets speak for Prometheus": (checked({"prometheus-targets": "no target"}), {"prometheus": RED}),
    "node-exporter speaks for itself": (checked({"node-exporter": "no series"}), {"node_exporter": RED}),
    "alerts speak for Alertmanager": (checked({"alerts": "none arrived"}), {"alertmanager": RED}),
    "a wrong image is its project's": (
        checked({"images": "coredns: the release names a, but pod runs b"}),
        {"coredns": RED},
    ),
    "several wrong images are their projects'": (
        checked({"images": "coredns: nothing runs a\nkubernetes: no kube-scheduler is ready on b\n(waited 90 s)"}),
        {"coredns": RED, "kubernetes": RED},
    ),
    "where pods can't reach each other, dns says nothing of CoreDNS": (
        checked({"network": "no way", "dns": "no answer"}),
        {"kubernetes": RED, "coredns": HELD},
    ),
    "where a node is missing, so is what would run on it": (
        checked({"nodes": "node a is not Ready", "images": "alertmanager: nothing runs a", "alerts": "no service"}),
        {"kubernetes": RED, "alertmanager": HELD},
    ),
    "where Prometheus does not answer, nobody knows of those that it tells of": (
        checked({"prometheus-queries": "no answer", "node-exporter": "no answer", "alerts": "no answer"}),
        {"prometheus": RED, "node_exporter": HELD, "alertmanager": HELD},
    ),
    "a target that is down is no fault of Prometheus": (
        checked({"images": "node_exporter: nothing runs a", "prometheus-targets": "target is down"}),
        {"node_exporter": RED, "prometheus": HELD},
    ),
    "a wrong image stays its project's, whatever else fails": (
        checked({"images": "coredns: the release names a, b runs", "network": "no way", "dns": "no answer"}),
        {"kubernetes": RED, "coredns": RED},
    ),
    "a check that breaks is ours": (checked({}, errors=("alerts",)), {"alertmanager": BROKEN}),
    "a check that breaks hides no failure": (
        checked({"prometheus-queries": "wrong version"}, errors=("prometheus-targets",)),
        {"prometheus": RED},
    ),
    "without the check of images nobody is known to be tested": (
        checked({"dns": "no answer"}, errors=("images",)),
        dict.fromkeys(ALL, BROKEN) | {"coredns": RED},
    ),
    "nor where it could not ask the registry": (
        checked({"images": "registry.test: connection refused\n(waited 90 s)", "dns": "no answer"}),
        dict.fromkeys(ALL, BROKEN) | {"coredns": RED},
    ),
    "an API server that is not reached any more makes nobody red": (
        checked(
            {
                "nodes": "https://192.0.2.1:6443 can't be reached: Connection refused\n(waited 90 s)",
                "dns": "https://192.0.2.1:6443 can't be reached: Connection refused\n(waited 90 s)",
                "alerts": "Alertmanager does not answer: https://192.0.2.1:6443 can't be reached: timed out",
            }
        ),
        dict.fromkeys(("kubernetes", "coredns", "alertmanager"), BROKEN),
    ),
    "probes whose own image can't be had say nothing of Kubernetes": (
        checked({"network": "no probe on node a: container probe is waiting: ImagePullBackOff: Back-off pulling x"}),
        {"kubernetes": BROKEN},
    ),
    "probes that don't start for any other reason do": (
        checked({"network": "no probe on node a: its node's kubelet has not begun to start it"}),
        {"kubernetes": RED},
    ),
    "an image that can't be pulled is its project's, if it is not the probes'": (
        checked({"images": "coredns: nothing runs a: pod b: container c is waiting: ImagePullBackOff"}),
        {"coredns": RED},
    ),
    "a cloud's own Kubernetes is no build of the project": (
        checked({"nodes": "node a is not Ready", "dns": "no answer"}, cloud="gke"),
        {"kubernetes": BROKEN, "coredns": BROKEN},
    ),
    "checks that passed but left something behind redden nobody": (run(UP, DEPLOYED, WRONG, checks={}), {}),
    "what the record blames is red beside what the checks say": (
        run(UP, DEPLOYED, stage("cncf-e2e", FAILED, "x", "alertmanager", after=2), checks={"dns": "no answer"}),
        {"coredns": RED, "alertmanager": RED},
    ),
    "a destroy that fails says nothing of the projects": (
        run(UP, DEPLOYED, TESTED, stage("destroy", FAILED, "a volume is left", after=3), checks={}),
        {},
    ),
    "a run on its way is running": (run(UP, stage("cross-project", RUNNING)), dict.fromkeys(ALL, State.RUNNING)),
    "between two stages it is running, too": (run(UP), dict.fromkeys(ALL, State.RUNNING)),
    "its verdict stands while it is destroyed": (
        run(UP, DEPLOYED, WRONG, stage("destroy", RUNNING), checks={"dns": "no answer"}),
        {"coredns": RED},
    ),
    "a run that was stopped before its checks reddens nobody": (run(UP, GONE), dict.fromkeys(ALL, BROKEN)),
    "a run whose first stage is tried again is running, whatever came of the first attempt": (
        run(stage("cross-cloud", RUNNING, after=9), stage("cross-project", FAILED, "x", "coredns", after=1), GONE),
        dict.fromkeys(ALL, State.RUNNING),
    ),
    "and so is one whose checks will be tried again": (
        run(UP, stage("cross-project", after=9), WRONG, GONE, checks={"dns": "no answer"}),
        dict.fromkeys(ALL, State.RUNNING),
    ),
    "nor does one whose checks never ended": (
        run(UP, DEPLOYED, stage("cncf-e2e", RUNNING, after=2), stage("destroy", RUNNING, after=3)),
        dict.fromkeys(ALL, BROKEN),
    ),
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_run_is_judged(statement: str) -> None:
    given, others = STATEMENTS[statement]
    assert {p: v.state for p, v in judge(given, NOW).items()} == dict.fromkeys(ALL, GREEN) | others


@pytest.mark.parametrize("statement", [s for s, (_, others) in STATEMENTS.items() if others])
def test_who_did_not_pass_is_given_a_reason_of_one_line(statement: str) -> None:
    for verdict in judge(STATEMENTS[statement][0], NOW).values():
        assert bool(verdict.why) == (verdict.state is not GREEN)
        assert "\n" not in verdict.why
        assert len(verdict.why) <= 300


def test_a_report_without_a_check_says_nothing_of_its_project() -> None:
    whole = checked({})
    found = judge(replace(whole, checks=tuple(each for each in whole.checks or () if each.name != "dns")), NOW)
    assert {p: v.state for p, v in found.items()} == dict.fromkeys(ALL, GREEN) | {"coredns": BROKEN}
    assert found["coredns"].why == "the check dns is not in the report"


def test_machines_whose_clocks_differ_by_seconds_run_one_attempt() -> None:
    early = TESTED.model_copy(update={"started": DEPLOYED.started - timedelta(seconds=40)})
    found = run(UP, early, DEPLOYED, GONE, checks={})
    assert {verdict.state for verdict in judge(found, NOW).values()} == {GREEN}
    assert [each.name for each in newest_attempt(found.record).stages] == list(STAGES)


def test_a_reason_names_the_check_and_its_first_line() -> None:
    found = judge(checked({"dns": "no answer over TCP\n(waited 90 s)", "images": "coredns: nothing runs a"}), NOW)
    assert found["coredns"].why == "images: nothing runs a"
    assert judge(checked({"dns": "no answer over TCP\n(waited 90 s)"}), NOW)["coredns"].why == "dns: no answer over TCP"


def test_who_was_held_up_is_told_by_whom() -> None:
    found = judge(checked({"network": "no way from a to b", "dns": "no answer"}), NOW)
    assert found["coredns"].why == "not tested: dns needs Kubernetes; network: no way from a to b"


@pytest.mark.parametrize(
    ("stages", "words"),
    [
        ((stage("cross-cloud", RUNNING),), "cross-cloud began 5 hours ago and never ended"),
        ((UP,), "nothing was heard of it since cross-cloud, 4 hours ago"),
        ((), "nothing was heard of it since its beginning, 5 hours ago"),
        ((UP, GONE), "the run was stopped before cncf-e2e ended"),
        # a release that could not be collected: GitLab skips all but what always runs
        ((GONE,), "cross-cloud of this run did not begin; the job before it in the pipeline tells why"),
    ],
)
def test_a_run_that_was_cut_short_says_where(stages: tuple[Stage, ...], words: str) -> None:
    verdicts = judge(run(*stages), BEGAN + timedelta(hours=5))
    assert {verdict.state for verdict in verdicts.values()} == {BROKEN}
    assert all(words in verdict.why for verdict in verdicts.values())


def test_trouble_that_is_nobodys_is_told() -> None:
    left = run(UP, DEPLOYED, TESTED, stage("destroy", FAILED, "a volume is left", after=3), checks={})
    assert trouble(left, NOW) == "destroy failed, so look whether something is left: a volume is left"
    assert "began 4 hours ago" in trouble(run(TESTED, stage("destroy", RUNNING, after=3)), BEGAN + timedelta(hours=5))
    behind = replace(run(UP, DEPLOYED, WRONG, checks={}), leftovers="namespace crosscloud-e2e-x")
    assert trouble(behind, NOW) == "the checks left something behind: namespace crosscloud-e2e-x"
    strange = replace(run(TESTED), checks=(Check("storage", "failed", 1, ("no volume",)),))
    assert "the check storage failed, which speaks for no project: no volume" in trouble(strange, NOW)
    assert not trouble(run(UP, DEPLOYED, TESTED, GONE, checks={}), NOW)


def test_every_check_speaks_for_somebody_and_every_project_is_on_the_page() -> None:
    assert {meaning.check for meaning in MEANINGS} == {check.name for check in CHECKS}
    assert set(names.PROJECTS) == set(RELEASED.values())
    assert {meaning.project for meaning in MEANINGS} - {None} == set(names.PROJECTS)
