"""What the local cluster asks the engine for, seen by the engine's own test double."""

import json
import os
from pathlib import Path
from typing import Any, cast

import pulumi
import pytest
from pulumi.runtime import Mocks, rpc

from components.local import LocalCluster
from crosscloud import config
from crosscloud.config import LocalStack
from crosscloud.release import Image, Release

GOLDENS = Path(__file__).parent / "goldens"
DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGES = Release(
    **{name: Image(f"registry.cncf.ci/{name}", "ci-v1.6.3.fd07e315.6097", DIGEST) for name in Release.__slots__}
)


class Engine(Mocks):
    """Answers as the plugin does, and keeps what is registered."""

    def __init__(self) -> None:
        self.made: list[pulumi.runtime.MockResourceArgs] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.made.append(args)
        number = len(self.made)
        outputs: dict[str, dict[str, Any]] = {
            "Network": {"cidr": "10.66.0.0/24", "gateway": "10.66.0.1"},
            "LoadBalancer": {"address": "10.66.0.200"},
            "Machine": {
                "hostname": f"{args.name}-abcde",
                "machineId": f"id-{args.name}",
                "bootLog": f"{args.name}.log",
            },
            "ClusterCredentials": {
                "bootstrapToken": "abcdef.0123456789abcdef",
                "certificateKey": "c" * 64,
                "administratorKey": "a private key",
                "administratorRequest": "a request",
            },
            "ClusterAccess": {"kubeconfig": "a kubeconfig", "kubernetesVersion": "v1.6.3"},
            "Node": {"address": f"10.66.0.{number}", "kubeletVersion": "v1.6.3"},
        }
        return f"{args.name}-id", {**args.inputs, **outputs.get(args.typ.rpartition(":")[2], {})}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"nothing is asked of the cloud: {args.token}")

    def names(self, kind: str) -> list[str]:
        return [one.name for one in self.made if one.typ == f"crosscloud:index:{kind}"]


@pytest.fixture
def engine() -> Engine:
    mocks = Engine()
    pulumi.runtime.set_mocks(mocks, project="crosscloud", stack="test")
    return mocks


def make(**values: Any) -> LocalCluster:
    """Run a program that makes the cluster, to its end."""
    stack = cast(LocalStack, config.load({"cloud": "local", **values}, stack="demo", files=False))
    made: list[LocalCluster] = []

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[Any]:
        made.append(LocalCluster(stack, IMAGES))
        return pulumi.Output.all(made[0].kubeconfig, made[0].nodes)

    program()
    return made[0]


def seen(engine: Engine) -> list[dict[str, Any]]:
    """Return what was made as plain data, secrets and user-data by their kind alone."""

    def plain(value: Any) -> Any:
        if rpc.is_rpc_secret(value):
            return "[secret]"
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        return value

    made = [{"type": one.typ, "name": one.name, "inputs": plain(one.inputs)} for one in engine.made]
    return sorted(made, key=lambda one: (one["type"], one["name"]))


def test_what_is_made_is_what_the_golden_file_says(engine: Engine) -> None:
    make()
    golden = GOLDENS / "local.json"
    found = json.dumps(seen(engine), indent=2, sort_keys=True) + "\n"
    if os.environ.get("CROSSCLOUD_UPDATE_GOLDEN"):
        golden.write_text(found)
    assert found == golden.read_text()


def test_three_control_planes_come_one_after_the_other_and_share_a_load_balancer(engine: Engine) -> None:
    make(controlPlanes={"count": 3}, workers={"count": 2})
    order = [f"{one.typ.rpartition(':')[2]} {one.name}" for one in engine.made]
    for index in (1, 2):
        assert order.index(f"Node demo-control-plane-{index - 1}") < order.index(f"Machine demo-control-plane-{index}")
    assert {"demo-worker-0", "demo-worker-1"} < set(engine.names("Machine"))
    balancer = next(one for one in engine.made if one.typ.endswith(":LoadBalancer"))
    assert balancer.inputs["targets"] == ["10.66.0.10", "10.66.0.11", "10.66.0.12"]
    assert len(engine.names("Node")) == 5


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
