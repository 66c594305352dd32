"""What must hold of a cluster that `crosscloud up` brought up; files with higher numbers change the cluster."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from crosscloud import kubeconfig, paths
from crosscloud.stacks.files import kubeconfig_file
from tests.cluster.project import TestStack
from tests.provenance import SOURCE, TOLD

pytestmark = [pytest.mark.cluster, pytest.mark.engine, pytest.mark.machines]


def test_it_ends_with_what_the_user_has_now(up_log: str) -> None:
    assert re.search(r"shared is up \(\d+ s\): https://10\.66\.\d+\.\d+:6443", up_log)
    for said in ("shared-control-plane-0", "shared-worker-0", "v1.37.2", "kubeconfig", "port-forward", "make down"):
        assert said in up_log, up_log


def test_every_check_passed_and_is_in_the_report(stack: TestStack) -> None:
    report = ElementTree.parse(paths.home() / "reports" / f"{stack.name}.xml").getroot()  # noqa: S314
    cases = list(report.iter("testcase"))
    assert {case.get("name") for case in cases} >= {"nodes", "images", "dns", "network", "prometheus-targets", "alerts"}
    assert not list(report.iter("failure"))
    assert not list(report.iter("skipped"))


def test_where_an_image_comes_from_is_in_summary_report_and_outputs(stack: TestStack, up_log: str) -> None:
    assert up_log.count(TOLD) == 2, up_log  # after the checks, and in the table of images
    report = ElementTree.parse(paths.home() / "reports" / f"{stack.name}.xml").getroot()  # noqa: S314
    properties = {each.get("name"): each.get("value") for each in report.iter("property")}
    assert properties["COREDNS_SOURCE"] == f"{TOLD}, {SOURCE.url}"
    sources = json.loads(stack.pulumi("stack", "output", "--json"))["releaseSources"]
    assert list(sources) == ["coredns"]
    assert sources["coredns"]["pipeline"] == SOURCE.pipeline


def test_pulumi_said_nothing_about_plugins(up_log: str) -> None:
    assert "warning" not in up_log, up_log


def test_up_again_changes_nothing(stack: TestStack) -> None:
    assert re.search(r"Resources:\s+\d+ unchanged\n", stack.up())


def test_the_kubeconfig_is_the_owners_alone_and_names_the_cluster(stack: TestStack) -> None:
    path = kubeconfig_file(stack.name)
    assert path.stat().st_mode & 0o777 == 0o600
    assert kubeconfig.load(path).current_context == "shared"


def test_the_kubeconfig_is_secret_in_outputs_and_state(stack: TestStack) -> None:
    assert json.loads(stack.pulumi("stack", "output", "--json"))["kubeconfig"] == "[secret]"


def test_the_state_holds_no_secret_in_plaintext(stack: TestStack) -> None:
    state = stack.pulumi("stack", "export")
    shown = json.loads(stack.pulumi("stack", "export", "--show-secrets"))
    made = next(r for r in shown["deployment"]["resources"] if r["type"] == "crosscloud:index:ClusterCredentials")
    secrets = [json.loads(made["outputs"][name]["plaintext"]) for name in ("bootstrapToken", "certificateKey")]
    assert not [secret for secret in secrets if secret in state]
    assert "PRIVATE KEY" not in state
    assert "client-key-data" not in state


def test_boot_logs_hold_no_secret(stack: TestStack) -> None:
    shown = json.loads(stack.pulumi("stack", "export", "--show-secrets"))
    made = next(r for r in shown["deployment"]["resources"] if r["type"] == "crosscloud:index:ClusterCredentials")
    secrets = [json.loads(made["outputs"][name]["plaintext"]) for name in ("bootstrapToken", "certificateKey")]
    for name, machine in stack.resources("crosscloud:index:Machine").items():
        log = Path(machine["bootLog"]).read_text(errors="replace")
        assert "BOOTSTRAP DONE" in log, name
        assert not [secret for secret in secrets if secret in log], name
