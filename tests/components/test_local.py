"""What the local cluster asks the engine for, seen by the engine's own test double."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pytest
from pulumi.runtime import MockResourceArgs, rpc

from components.local import LocalCluster
from tests.components import double
from tests.components.double import kind_of, same_as_golden, seen


class Engine(double.Engine):
    """Answers as the plugin does."""

    def outputs(self, args: MockResourceArgs) -> Mapping[str, Any]:
        told: dict[str, dict[str, Any]] = {
            "Network": {"cidr": "10.66.0.0/24", "gateway": "10.66.0.1"},
            "LoadBalancer": {"address": "10.66.0.200"},
            "Machine": {
                "hostname": f"{args.name}-abcde",
                "machineId": f"id-{args.name}",
                "bootLog": f"{args.name}.log",
            },
            "Node": {"address": f"10.66.0.{len(self.made)}"},
        }
        return told.get(kind_of(args), {})


@pytest.fixture
def engine() -> Engine:
    return double.use(Engine())


def make(**values: Any) -> LocalCluster:
    """Run a program that makes the cluster, to its end."""
    return double.make_cluster(LocalCluster, {"cloud": "local", **values})


def test_what_is_made_is_what_the_golden_file_says(engine: Engine) -> None:
    make()
    same_as_golden(seen(engine), "local.json")


def test_three_control_planes_come_one_after_the_other_and_share_a_load_balancer(engine: Engine) -> None:
    make(controlPlanes={"count": 3}, workers={"count": 2})
    order = engine.order
    for index in (1, 2):
        assert order.index(f"Node demo-control-plane-{index - 1}") < order.index(f"Machine demo-control-plane-{index}")
    assert {"demo-worker-0", "demo-worker-1"} < set(engine.of("Machine"))
    balancer = next(one for one in engine.made if one.typ.endswith(":LoadBalancer"))
    assert balancer.inputs["targets"] == ["10.66.0.10", "10.66.0.11", "10.66.0.12"]
    assert len(engine.of("Node")) == 5


def test_user_data_and_kubeconfig_are_secret(engine: Engine) -> None:
    made = make()
    for one in engine.made:
        if "userData" in one.inputs:
            assert rpc.is_rpc_secret(one.inputs["userData"]), one.name

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> Any:
        return made.kubeconfig.is_secret()

    program()


def test_a_network_without_a_way_out_is_asked_for_as_such(engine: Engine) -> None:
    make(local={"outbound": False, "registryPort": 5055, "networkCidr": "10.9.8.0/24"})
    network = next(one for one in engine.made if one.typ.endswith(":Network"))
    assert network.inputs["outbound"] is False
    assert network.inputs["cidr"] == "10.9.8.0/24"
    assert network.inputs["hostPorts"] == {"5000": 5055}
