"""What must hold when machines die and engines are killed."""

import json
import os
import random
import re
import signal
import time
from pathlib import Path

import pytest

from crosscloud.machines import cleanup
from tests.cluster.conftest import records
from tests.cluster.nodes import inside, kubectl, machine, nodes
from tests.cluster.project import TestStack, eventually

pytestmark = [pytest.mark.cluster, pytest.mark.engine, pytest.mark.machines]


def test_an_up_that_is_killed_is_finished_by_the_next_one(own_stack: TestStack) -> None:
    # three moments, different ones each time the seed changes; CROSSCLOUD_TEST_KILLS asks for more
    kills = int(os.environ.get("CROSSCLOUD_TEST_KILLS", "3"))
    for moment in [random.Random(number).uniform(0.5, 20) for number in range(kills)]:  # noqa: S311
        _kill_during_up(own_stack, moment)
    own_stack.crosscloud("up", "--no-check")
    assert re.search(r"Resources:\s+\d+ unchanged\n", own_stack.up())
    named = {m["hostname"] for m in own_stack.resources("crosscloud:index:Machine").values()}
    assert set(nodes(own_stack)) == named
    assert len(records(own_stack.name)) == len(named) + 2, "one network, one load balancer, and nothing orphaned"


def _kill_during_up(stack: TestStack, moment: float) -> None:
    process = stack.start("pulumi", "up", "--yes", "--skip-preview", "--refresh", "-s", stack.name, "--non-interactive")
    time.sleep(moment)
    process.kill()
    process.wait()
    eventually(10, "the engine's plugins end with it", lambda: not _plugins_of(process.pid))
    # what the killed run's lock and pending operations ask for
    from crosscloud.stacks.pulumi import Stack
    from crosscloud.stacks.recovery import recover

    with pytest.MonkeyPatch.context() as patch:
        for name, value in stack.environment.items():
            patch.setenv(name, value)
        recover(Stack(stack.name))


def _plugins_of(session: int) -> list[int]:
    """Return the processes of a run's session that are still there (it was started in a session of its own)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(entry.name))
    return found


def test_three_control_planes_survive_the_loss_of_one_and_up_restores_it(own_stack: TestStack) -> None:
    own_stack.configure(controlPlanes={"count": 3})
    own_stack.up()
    assert _etcd_members(own_stack) == 3
    dead = machine(own_stack, "control-plane-0")
    os.kill(dead.supervisor[0], signal.SIGKILL)
    os.kill(dead.leader[0], signal.SIGKILL)
    eventually(30, "the API answers without it", lambda: len(nodes(own_stack)) == 4)
    _pretend_it_was_made_by_an_earlier_release(own_stack)
    own_stack.crosscloud("up", "--no-check")
    named = {m["hostname"] for m in own_stack.resources("crosscloud:index:Machine").values()}
    assert dead.id not in named
    assert set(nodes(own_stack)) == named
    assert _etcd_members(own_stack) == 3
    image = f"{{.items[?(@.spec.nodeName=='{machine(own_stack, 'control-plane-0').id}')].spec.containers[0].image}}"
    asked = ("-n", "kube-system", "get", "pods", "-l", "component=kube-apiserver", "-o", f"jsonpath={image}")
    assert kubectl(own_stack, *asked).endswith(":v1.37.0"), "it runs under the name that the cluster knows"


def _pretend_it_was_made_by_an_earlier_release(stack: TestStack) -> None:
    """Have kubeadm's record of the cluster name an earlier patch release."""
    asked = ("-n", "kube-system", "get", "configmap", "kubeadm-config", "-o", "jsonpath={.data.ClusterConfiguration}")
    recorded = re.sub(r"kubernetesVersion: v1\.37\.\d+", "kubernetesVersion: v1.37.0", kubectl(stack, *asked))
    assert "v1.37.0" in recorded
    patch = json.dumps({"data": {"ClusterConfiguration": recorded}})
    kubectl(stack, "-n", "kube-system", "patch", "configmap", "kubeadm-config", "--type", "merge", "-p", patch)


def _etcd_members(stack: TestStack) -> int:
    pki = "/etc/kubernetes/pki/etcd"
    listed = kubectl(
        stack,
        *("-n", "kube-system", "exec", f"etcd-{machine(stack, 'control-plane-1').id}", "--", "etcdctl"),
        *(f"--cacert={pki}/ca.crt", f"--cert={pki}/healthcheck-client.crt", f"--key={pki}/healthcheck-client.key"),
        *("member", "list"),
    )
    return len([line for line in listed.splitlines() if "started" in line])


def test_another_pod_network_makes_another_cluster_and_down_leaves_nothing(own_stack: TestStack) -> None:
    own_stack.up()
    before = own_stack.resources("crosscloud:index:Machine")
    own_stack.configure(podCidr="10.200.0.0/16")
    own_stack.up()
    after = own_stack.resources("crosscloud:index:Machine")
    assert not {m["machineId"] for m in before.values()} & {m["machineId"] for m in after.values()}
    pods = kubectl(own_stack, "get", "pods", "-A", "-o", "wide", "-l", "app.kubernetes.io/name=prometheus")
    assert "10.200." in pods
    assert re.search(r"Resources:\s+\d+ unchanged\n", own_stack.up())
    assert inside(machine(own_stack, "control-plane-0"), "hostname").startswith(f"{own_stack.name}-control-plane-0")
    own_stack.crosscloud("down")
    assert records(own_stack.name) == []
    assert not [line for line in cleanup.leftovers() if f"{own_stack.name}-" in line]
