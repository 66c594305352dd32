"""Why a stage failed, in one line, and whose fault it is."""

from pathlib import Path

import pytest

from crosscloud.cells.cell import Cell
from crosscloud.cells.project import prepare
from crosscloud.cells.reasons import blamed, judge, of_checks, one_line
from crosscloud.errors import CrosscloudError
from crosscloud.release import Image, Release
from crosscloud.stacks.advice.events import Failure
from crosscloud.stacks.advice.rules import Advice
from crosscloud.stacks.pulumi import PulumiError

CELL = Cell("local", "head")
HELM = "kubernetes:helm.sh/v3:Release"
RELEASE = Release(
    *(Image(f"registry.test/{name}", "v1") for name in ("am", "coredns", "kubernetes", "ne", "prometheus"))
)


def _helm(name: str, error: str) -> Failure:
    return Failure(f"local-head-{name}", HELM, error)


def _access(error: str) -> Failure:
    return Failure("local-head", "crosscloud:index:ClusterAccess", error)


@pytest.mark.parametrize(
    ("failure", "projects"),
    [
        (_helm("coredns", "helm release kube-system/coredns: it can't be rendered"), ("coredns",)),
        (_helm("prometheus", "timed out\npod monitoring/prometheus-server-7f: container x: exit 1"), ("prometheus",)),
        (_helm("prometheus", "pod monitoring/prometheus-alertmanager-0: ImagePullBackOff"), ("alertmanager",)),
        (_helm("prometheus", "pod monitoring/prometheus-node-exporter-x: exit 1"), ("node_exporter",)),
        (_access("registry.test/kubernetes:v1 can't be pulled: not found"), ("kubernetes",)),
        (_access("registry.test/kubernetes@sha256:1 can't be pulled: not found"), ("kubernetes",)),
    ],
)
def test_a_project_is_blamed_for_its_helm_release_and_its_image(failure: Failure, projects: tuple[str, ...]) -> None:
    assert blamed([failure], RELEASE) == projects


@pytest.mark.parametrize(
    "error",
    [
        "local-head-control-plane-0 did not boot within 60 s",
        "registry.test/etcd:3.5 can't be pulled: not found",
        # its own image is only what the bootstrap was at when another one could not be had
        "etcd:3 can't be pulled: no such host\nBOOTSTRAP FAILED while: pulling registry.test/kubernetes:v1",
        "registry.test/kubernetes-other:v1 can't be pulled: not found",
    ],
)
def test_nobody_is_blamed_for_a_cluster_that_never_came(error: str) -> None:
    assert blamed([_access(error)], RELEASE) == ()


def test_nobody_is_blamed_for_a_registry_that_is_not_reached() -> None:
    tried = 'pod kube-system/coredns-7f: ErrImagePull: failed to pull "x": dial tcp: lookup registry.test: no such host'
    assert blamed([_helm("coredns", tried)], RELEASE) == ()
    assert blamed([_access("registry.test/kubernetes:v1 can't be pulled: connection refused")], RELEASE) == ()


@pytest.mark.parametrize(
    "error",
    [
        "the API server https://192.0.2.1:6443 does not answer: Connection refused",
        "helm release kube-system/coredns: Error: Kubernetes cluster unreachable: the server is down",
        'helm: Error: UPGRADE FAILED: Get "https://192.0.2.1:6443/api": dial tcp 192.0.2.1:6443: i/o timeout',
        "timed out\npod kube-system/coredns-7f: not scheduled: 0/2 nodes are available: 2 node(s) had untolerated "
        "taint {node.kubernetes.io/not-ready: }",
        'timed out\npod kube-system/coredns-7f: container coredns: ErrImagePull: failed to pull "x": unexpected status '
        "from HEAD request to https://registry.test/v2/coredns: 503 Service Unavailable",
    ],
)
def test_nobody_is_blamed_for_a_helm_release_into_a_cluster_that_is_gone(error: str) -> None:
    assert blamed([_helm("coredns", error)], RELEASE) == ()


def test_an_image_that_is_not_there_is_its_projects_though_no_api_server_answers_then() -> None:
    boot = "registry.test/kubernetes:v1 can't be pulled: not found"
    error = f"the API server https://192.0.2.1:6443 does not answer: Connection refused\n{boot}"
    assert blamed([_access(error)], RELEASE) == ("kubernetes",)


def test_a_pod_that_can_not_reach_something_is_its_projects() -> None:
    log = 'Get "https://10.96.0.1/api": dial tcp 10.96.0.1:443: refused'
    assert blamed([_helm("coredns", f"timed out\npod kube-system/coredns-7f: exit 1\n{log}")], RELEASE) == ("coredns",)


def test_the_reason_is_what_is_known_of_the_error_or_what_it_tells_itself() -> None:
    prepare(CELL)
    error = PulumiError("pulumi up failed; why stands above")
    error.failures = [
        _access("log:\n  [1s] a\nBOOTSTRAP FAILED while: pulling x (exit status 1)"),
        _helm("coredns", "no"),
    ]
    verdict = judge(error, CELL)
    assert verdict.why == "local-head: BOOTSTRAP FAILED while: pulling x (exit status 1) (and 1 more)"
    assert verdict.blames == ("coredns",)
    error.advice = [Advice(error.failures[0], "The cloud has no m7i.large left.", ())]
    assert judge(error, CELL).why == "local-head: The cloud has no m7i.large left. (and 1 more)"


def test_any_other_error_is_its_own_reason() -> None:
    assert judge(CrosscloudError("the registry\nis down"), CELL).why == "the registry is down"


def test_a_reason_has_one_line_that_can_be_read() -> None:
    assert one_line("a\n  b\tc") == "a b c"
    assert len(one_line("word " * 100)) <= 300
    assert one_line("word " * 100).endswith("…")


def _report(folder: Path, cases: str) -> Path:
    file = folder / "e2e.xml"
    file.write_text(f'<testsuites><testsuite name="e2e" tests="2">{cases}</testsuite></testsuites>')
    return file


def test_checks_that_failed_say_which_and_why(tmp_path: Path) -> None:
    file = _report(
        tmp_path,
        '<testcase name="nodes"/><testcase name="dns"><failure message="no answer"/></testcase>'
        '<testcase name="alerts"><error message="broke"/></testcase>',
    )
    verdict = of_checks(file)
    assert (verdict.why, verdict.blames) == ("dns: no answer (and 1 more)", ())


def test_checks_without_a_report_or_a_failed_one_are_told_as_such(tmp_path: Path) -> None:
    assert of_checks(tmp_path / "none.xml").why == "the checks ended without a report"
    assert "left something behind" in of_checks(_report(tmp_path, '<testcase name="nodes"/>')).why
