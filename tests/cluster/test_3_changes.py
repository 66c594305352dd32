"""What must hold when a stack's configuration or release changes."""

import os
import re
import signal

import pytest

from crosscloud import paths
from crosscloud.machines import instances
from tests.cluster.nodes import machine, nodes
from tests.cluster.project import TestStack, eventually

pytestmark = [pytest.mark.cluster, pytest.mark.engine, pytest.mark.machines]


def test_another_kubernetes_tag_shows_in_preview_what_is_replaced(stack: TestStack) -> None:
    text = (paths.home() / "release.env").read_text()
    changed = re.sub(r"(KUBERNETES_TAG=\S+)\.(\d+)", r"\1.999", re.sub(r"KUBERNETES_DIGEST=.*\n", "", text))
    assert changed != text
    release = stack.folder / "other.env"
    release.write_text(changed)
    (stack.folder / "support.env").write_text((paths.home() / "support.env").read_text())
    stack.configure(releaseFile=str(release))
    try:
        steps = {step["urn"].rpartition("::")[2]: step for step in stack.preview() if "Machine" in step["urn"]}
        assert {name: step["op"] for name, step in steps.items() if step["op"] != "same"} == {
            "shared-control-plane-0": "replace",
            "shared-worker-0": "replace",
        }
        assert steps["shared-control-plane-0"]["detailedDiff"]["userData"]["kind"] == "update-replace"
    finally:
        stack.configure()


def test_a_worker_more_is_added_and_the_rest_is_left_alone(stack: TestStack) -> None:
    before = stack.resources("crosscloud:index:Machine")
    stack.configure(workers={"count": 2})
    output = stack.up()
    after = stack.resources("crosscloud:index:Machine")
    assert {name: after[name]["machineId"] for name in before} == {n: m["machineId"] for n, m in before.items()}
    assert set(after) - set(before) == {"shared-worker-1"}
    assert re.search(r"\+ 2 created", output), output
    assert len(nodes(stack)) == 3


def test_a_worker_less_is_drained_and_removed_and_the_rest_is_left_alone(stack: TestStack) -> None:
    before = stack.resources("crosscloud:index:Machine")
    stack.configure(workers={"count": 1})
    output = stack.up()
    assert re.search(r"- 2 deleted", output), output
    after = stack.resources("crosscloud:index:Machine")
    assert set(before) - set(after) == {"shared-worker-1"}
    assert before["shared-worker-1"]["hostname"] not in nodes(stack)
    assert len(nodes(stack)) == 2


def test_a_wrong_configuration_is_refused_whole_before_anything_changes(stack: TestStack) -> None:
    stack.configure(podCidr="10.96.0.0/12", workers={"cuont": 2})
    try:
        output = stack.pulumi("up", "--yes", "--skip-preview", check=False)
        assert "Pulumi.shared.yaml:" in output
        assert "did you mean crosscloud:workers.count?" in output
        assert "10.96.0.0/16" in output
        assert "Traceback" not in output
    finally:
        stack.configure()
    assert re.search(r"Resources:\s+\d+ unchanged\n", stack.up())


def test_a_worker_that_died_is_seen_by_refresh_and_put_back_by_up(stack: TestStack) -> None:
    dead = machine(stack, "worker-0")
    os.kill(dead.supervisor[0], signal.SIGKILL)
    os.kill(dead.leader[0], signal.SIGKILL)
    eventually(20, "the machine is gone", lambda: not instances.running(dead))
    stack.crosscloud("up", "--no-check")
    put_back = machine(stack, "worker-0")
    assert put_back.id != dead.id
    assert put_back.id in nodes(stack)
    assert dead.id not in nodes(stack)
    assert re.search(r"Resources:\s+\d+ unchanged\n", stack.up())
