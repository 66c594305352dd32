"""The stack on Compute Engine in the genuine engine: what it makes, and what changes of its file replace."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rehearsal.harness import Rehearsal, Step, rehearsal

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("simulated_gcp_engine")]

_FIRST, _WORKERS, _TEMPLATE = "test-gce-engine-control-plane-0", "test-gce-engine-workers", "test-gce-engine-worker"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """The stack, up as far as it goes without machines; its destruction at the end has to succeed."""
    folder: Path = tmp_path_factory.mktemp("gce")
    with rehearsal("gce", folder, name="test-gce-engine") as stack:
        stack.up()
        yield stack
        stack.configure()


@pytest.fixture
def stack(up: Rehearsal) -> Rehearsal:
    up.configure()
    return up


def kinds(steps: list[Step], op: str) -> set[tuple[str, str]]:
    return {(step.type.rpartition(":")[2], step.name) for step in steps if step.op == op}


def test_a_second_up_changes_nothing(stack: Rehearsal) -> None:
    assert stack.changes() == []


def test_what_it_needs_of_google_is_there_before_a_machine_boots(stack: Rehearsal) -> None:
    """A machine's dependencies hold its way out, the rules of the firewall, and both doors."""
    [instance] = [each for each in stack.state() if each["type"].endswith(":Instance")]
    needed = {urn.split("::")[2].rpartition(":")[2] for urn in instance["dependencies"]}
    assert {"RouterNat", "Firewall", "ForwardingRule", "ClusterGuard", "Subnetwork"} <= needed


def test_user_data_is_secret_in_the_state(stack: Rehearsal) -> None:
    exported = stack.pulumi("stack", "export")
    assert "#cloud-config" not in exported
    assert "BOOTSTRAP_TOKEN" not in exported


def test_another_size_of_workers_is_a_new_template_that_the_group_rolls_over_to(stack: Rehearsal) -> None:
    stack.configure(workers={"count": 1, "size": "e2-standard-4"})
    steps = stack.changes()
    assert kinds(steps, "replace") == {("InstanceTemplate", _TEMPLATE)}
    assert kinds(steps, "update") == {("RegionInstanceGroupManager", _WORKERS)}
    assert "machineType" in next(step for step in steps if step.op == "replace").reasons


def test_another_count_of_workers_resizes_the_group(stack: Rehearsal) -> None:
    stack.configure(workers={"count": 2})
    assert stack.changes() == [
        Step("update", "gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager", _WORKERS, ("targetSize",))
    ]


def test_room_to_scale_is_an_autoscaler_and_nothing_else(stack: Rehearsal) -> None:
    stack.configure(workers={"count": 1, "min": 1, "max": 4})
    assert stack.changes() == [Step("create", "gcp:compute/regionAutoscaler:RegionAutoscaler", _WORKERS)]


def test_other_users_change_a_rule_in_place(stack: Rehearsal) -> None:
    stack.configure(apiAccessCidrs=["203.0.113.7/32", "198.51.100.0/24"])
    assert stack.changes() == [
        Step("update", "gcp:compute/firewall:Firewall", "test-gce-engine-api-users", ("sourceRanges",))
    ]


def test_another_size_of_the_only_control_plane_is_refused_with_what_to_do_instead(stack: Rehearsal) -> None:
    stack.configure(controlPlanes={"count": 1, "size": "e2-standard-4"})
    said = stack.pulumi("preview", check=False)
    assert "the only control plane would be replaced" in said
    assert "crosscloud:controlPlanes.count" in said


def test_insisting_replaces_the_control_plane_and_what_lives_with_it(stack: Rehearsal) -> None:
    stack.configure(controlPlanes={"count": 1, "size": "e2-standard-4"}, allowClusterReplacement=True)
    assert kinds(stack.changes(), "replace") == {
        ("Instance", _FIRST),
        ("InstanceGroupMembership", _FIRST),
        ("RegionInstanceGroupManager", _WORKERS),
    }


@pytest.fixture
def elsewhere(stack: Rehearsal) -> Iterator[Rehearsal]:
    """The stack, asked for in another network. A rehearsal keeps the one that is in its own file: it is set there."""
    place = ("--path", "crosscloud:gce.networkCidr")
    stack.pulumi("config", "set", *place, "10.200.0.0/16")
    yield stack
    stack.pulumi("config", "rm", *place)


def test_another_network_is_refused(elsewhere: Rehearsal) -> None:
    said = elsewhere.pulumi("preview", check=False)
    assert "the network would be replaced, with every machine in it" in said
    assert "make another stack with it" in said


def test_insisting_on_another_network_replaces_what_is_in_it_and_leaves_the_users_door(elsewhere: Rehearsal) -> None:
    elsewhere.pulumi("config", "set", "crosscloud:allowClusterReplacement", "true")
    replaced = kinds(elsewhere.changes(), "replace")
    assert {kind for kind, _ in replaced} == {
        "Subnetwork",
        "Address",
        "ForwardingRule",
        "Instance",
        "InstanceGroupMembership",
        "InstanceTemplate",
        "RegionInstanceGroupManager",
    }
    assert ("Address", "test-gce-engine-users") not in replaced
    assert ("ForwardingRule", "test-gce-engine-users") not in replaced


def test_insisting_goes_through_where_an_autoscaler_holds_the_group(stack: Rehearsal) -> None:
    """Google deletes no group that has an autoscaler, and no template that a group has: the order has to be right."""
    scaling = {"count": 1, "min": 1, "max": 3}
    stack.configure(workers=scaling)
    stack.up()
    stack.configure(workers=scaling, controlPlanes={"count": 1, "size": "e2-standard-4"}, allowClusterReplacement=True)
    stack.up()
    assert stack.changes() == []
