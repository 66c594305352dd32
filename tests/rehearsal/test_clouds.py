"""All five clouds rehearsed with real machines, and what can go wrong on the way: `make rehearse-all`."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from crosscloud.e2e.cluster import ApiError, Cluster, items
from crosscloud.kubeconfig import load
from crosscloud.rehearsal.faults import FAULTS
from crosscloud.rehearsal.place import place_of
from crosscloud.rehearsal.simulations import SIMULATIONS
from crosscloud.stacks.files import kubeconfig_file
from tests.cluster.project import eventually
from tests.rehearsal.command import Command, command
from tests.rehearsal.machines import kill, machines

pytestmark = [pytest.mark.rehearsal, pytest.mark.engine, pytest.mark.machines]

#: What the message of each fault has to say on AWS, beside that the same command goes on from there.
SAYS = {
    "no-capacity": ["no t3.medium left in us-east-1a", "crosscloud:aws.zones", "crosscloud:controlPlanes.size"],
    "api-error": ["takes no more requests from your account", "wait a minute", "run the same command again"],
    "no-boot": ["aws ec2 get-console-output", "control-plane-0"],
    "slow-load-balancer": [],
    "engine-crash": ["SIGKILL", "finished what an interrupted run had begun|gave up the lock"],
}


@pytest.mark.parametrize("cloud", SIMULATIONS)
def test_each_cloud_goes_to_a_checked_cluster_and_back(cloud: str, tmp_path: Path) -> None:
    with command(cloud, tmp_path, f"all-{cloud}") as stack:
        log = stack.rehearse()
    assert re.search(r"result\s+passed \(\d+ s\)", log), log
    assert re.search(r"left\s+nothing", log), log


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_ends_in_a_message_and_the_same_again_completes(fault: str, tmp_path: Path) -> None:
    with command("aws", tmp_path, "all-fault") as stack:
        log = stack.rehearse("--fault", fault)
    first, _, second = log.partition("==> stack all-fault\n")
    assert re.search("it failed, as it was to|`up` waited, and got through", first), log
    assert [said for said in SAYS[fault] if not re.search(said, first + second)] == [], first
    assert re.search(r"result\s+passed \(\d+ s\)", second), log


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Command]:
    """Three control planes over three zones, kept."""
    with command("aws", tmp_path, "all-three") as stack:
        stack.rehearse("--keep", "--control-planes", "3")
        yield stack


def test_one_of_three_control_planes_may_die_and_up_puts_it_back(three: Command) -> None:
    engine = three.engine()
    engine.configure(controlPlanes={"count": 3})
    zones = [one["availabilityZone"] for one in engine.resources("aws:ec2/instance:Instance").values()]
    assert len(set(zones)) == 3
    nodes = {node["name"]: node for node in engine.outputs()["nodes"]}
    dead = next(node for node in nodes.values() if node["role"] == "control-plane")
    kill(machines(three.name)[dead["address"]])
    with closing(Cluster(load(kubeconfig_file(three.name, place_of(three.name))))) as cluster:
        eventually(60, "the API answers without it", lambda: _nodes(cluster) == set(nodes))
    engine.pulumi("up", "--yes", "--skip-preview", "--refresh", "--suppress-progress")
    roles = [node["role"] for node in engine.outputs()["nodes"]]
    assert sorted(roles) == ["control-plane"] * 3 + ["worker"]
    assert re.search(r"Resources:\s+\d+ unchanged\n", engine.up())


def _nodes(cluster: Cluster) -> set[str]:
    try:
        return {node["metadata"]["name"] for node in items(cluster, "/api/v1/nodes")}
    except ApiError:
        return set()
