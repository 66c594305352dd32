"""What clouds with control planes of their own share: order, dependence, secrets, and what is replaced with what."""

from typing import Any

import pulumi
import pytest
from pulumi.runtime import rpc

from tests.components.toy.double import Engine, make

GUARD = "ClusterGuard demo"
FIRST = "Machine demo-control-plane-0"


def control_planes(count: int) -> dict[str, Any]:
    return {"controlPlanes": {"count": count}}


def test_everything_waits_for_the_guard(toy: Engine) -> None:
    make(**control_planes(3))
    assert toy.order[:2] == ["Toy demo", GUARD]
    for what in toy.order[2:]:
        assert GUARD in toy.named_by(what, "dependencies"), what


def test_the_guard_knows_what_the_stack_and_the_cloud_say(toy: Engine) -> None:
    make(**control_planes(1))
    inputs = toy.inputs(GUARD)
    assert inputs["cidrs"] == {"pod": "10.244.0.0/16", "service": "10.96.0.0/16", "network": "10.0.0.0/16"}
    assert inputs["place"] == {"region": "moon"}
    assert inputs["controlPlanes"] == 1
    assert inputs["shape"]["size"] == "small"
    assert inputs["shape"]["kubernetesImage"].startswith("registry.cncf.ci/kubernetes@sha256:")
    assert inputs["insist"] is False


def test_control_planes_come_one_after_the_other_each_after_the_node_of_the_one_before(toy: Engine) -> None:
    make(**control_planes(3))
    for index in (1, 2):
        before = toy.named_by(f"Machine demo-control-plane-{index}", "dependencies")
        assert f"Node demo-control-plane-{index - 1}" in before
    assert not any(name.startswith("Node") for name in toy.named_by(FIRST, "dependencies"))


@pytest.mark.parametrize("count", [1, 3])
def test_workers_come_beside_the_first_control_plane(toy: Engine, count: int) -> None:
    make(**control_planes(count))
    before = toy.named_by("Group demo-workers", "dependencies")
    assert not {name for name in before if name.partition(" ")[0] in ("Machine", "Node", "ClusterAccess")}


def test_control_planes_are_spread_over_the_zones(toy: Engine) -> None:
    make(**control_planes(5))
    zones = [toy.inputs(f"Machine demo-control-plane-{index}")["zone"] for index in range(5)]
    assert zones == ["moon-a", "moon-b", "moon-a", "moon-b", "moon-a"]


def test_a_control_plane_goes_before_its_replacement_comes(toy: Engine) -> None:
    make(**control_planes(3))
    for index in range(3):
        assert toy.options(f"Machine demo-control-plane-{index}").deleteBeforeReplace


def test_one_control_plane_is_the_cluster_all_else_is_replaced_with_it(toy: Engine) -> None:
    made = make(**control_planes(1))
    for what in ("Group demo-workers", "ClusterAccess demo", "Node demo-control-plane-0", "NodeGroup demo-workers"):
        assert toy.named_by(what, "replace_with") == {FIRST}, what
    assert len(made.renewed_with) == 1


def test_three_control_planes_outlive_any_of_them(toy: Engine) -> None:
    made = make(**control_planes(3))
    for what in toy.order:
        assert not toy.named_by(what, "replace_with"), what
    assert made.renewed_with == []


def test_nodes_that_go_down_with_their_cluster_are_not_drained_first(toy: Engine) -> None:
    make(**control_planes(1))
    for what in ("Node demo-control-plane-0", "NodeGroup demo-workers"):
        assert toy.named_by(what, "deletedWith") == {"ClusterAccess demo"}


def test_the_time_out_of_what_boots_is_the_stacks(toy: Engine) -> None:
    make(**control_planes(1), bootTimeoutMinutes=7)
    for what in ("ClusterAccess demo", "Node demo-control-plane-0", "NodeGroup demo-workers"):
        assert toy.options(what).customTimeouts.create == "7m", what


def test_access_waits_for_the_machine_and_tells_where_its_boot_log_is(toy: Engine) -> None:
    make(**control_planes(1))
    assert FIRST in toy.named_by("ClusterAccess demo", "dependencies")
    inputs = toy.inputs("ClusterAccess demo")
    assert inputs["consoles"] == {"demo-control-plane-0": "toy console demo-control-plane-0-id"}
    assert set(inputs["bootLogs"]) == {"demo-control-plane-0"}
    assert inputs["endpoint"] == "10.0.0.2:6443"


def test_nodes_are_known_by_the_addresses_and_identities_that_the_cloud_gave(toy: Engine) -> None:
    make(**control_planes(3))
    for index in range(3):
        node = toy.inputs(f"Node demo-control-plane-{index}")
        assert node["identity"] == f"demo-control-plane-{index}-id"
        assert node["address"].startswith("10.0.0.")


def test_user_data_is_secret(toy: Engine) -> None:
    make(**control_planes(3))
    for one in toy.made:
        if "userData" in one.inputs:
            assert rpc.is_rpc_secret(one.inputs["userData"]), one.name


def generation(toy: Engine) -> Any:
    return [one.inputs["generation"] for one in toy.made if one.typ.endswith(":NodeGroup")][-1]


def test_the_generation_of_workers_is_no_secret_and_follows_their_shape(toy: Engine) -> None:
    generations = []
    for size in ("large", "large", "larger"):
        make(**control_planes(1), workers={"size": size})
        generations.append(generation(toy))
    assert generations[0] == generations[1] != generations[2]
    assert all(isinstance(each, str) and len(each) == 10 for each in generations)


def test_another_pod_network_is_another_generation(toy: Engine) -> None:
    make()
    before = generation(toy)
    make(podCidr="10.200.0.0/16")
    assert generation(toy) != before


def test_the_kubeconfig_is_secret_and_the_nodes_are_listed(toy: Engine) -> None:
    assert toy.made == []
    made = make(**control_planes(3))
    seen: list[Any] = []

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    async def program() -> None:
        assert await made.kubeconfig.is_secret()
        seen.extend(await made.nodes.future() or [])

    program()
    assert [node["role"] for node in seen] == ["control-plane"] * 3 + ["worker"]
    assert seen[0]["name"] == "demo-control-plane-0"


def test_everything_that_takes_tags_gets_them(toy: Engine) -> None:
    make(**control_planes(1), owner="ci", expiry="2027-03-31", tags={"team": "x"})
    wanted = {
        "cluster": "demo",
        "stack": "test",
        "owner": "ci",
        "expiry": "2027-03-31",
        "managed-by": "crosscloud",
        "team": "x",
    }
    for what in (FIRST, "Group demo-workers", "Balancer demo-api"):
        assert toy.inputs(what)["tags"] == wanted
