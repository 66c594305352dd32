"""What the cluster on Equinix Metal asks the engine for, seen by the engine's own test double."""

from collections.abc import Mapping
from typing import Any

import pytest
from pulumi.runtime import MockCallArgs, MockResourceArgs, rpc

from components.packet import PacketCluster
from components.packet_project import BgpIsOffError, ensure_bgp
from tests.components import double
from tests.components.double import KEY, USERS, kind_of, same_as_golden, seen

PROJECT = "11111111-2222-3333-4444-555555555555"
LOCAL_BGP = {"asn": 65000, "deploymentType": "local", "maxPrefix": 10, "status": "enabled"}


class Engine(double.Engine):
    """Answers as Equinix does."""

    prefix = "equinix-metal:"

    def __init__(self) -> None:
        super().__init__()
        self.bgp = [LOCAL_BGP]

    def outputs(self, args: MockResourceArgs) -> Mapping[str, Any]:
        told: dict[str, dict[str, Any]] = {
            "Device": {"accessPrivateIpv4": f"10.70.0.{len(self.made)}", "deployedFacility": "da11"},
            "ReservedIpBlock": {"address": "198.51.100.7"},
            "Node": {"nodeName": args.name, "address": "10.70.0.10"},
        }
        return told.get(kind_of(args), {})

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        if args.token == "equinix-metal:index/getProject:getProject":
            return {"id": args.args["projectId"], "projectId": args.args["projectId"], "bgpConfigs": self.bgp}, []
        return super().call(args)


@pytest.fixture
def engine() -> Engine:
    return double.use(Engine())


def make(**values: Any) -> PacketCluster:
    """Run a program that makes the cluster, to its end."""
    packet = {"projectId": PROJECT, **values.pop("packet", {})}
    given = {"cloud": "packet", "apiAccessCidrs": [USERS], "controlPlanes": {"count": 1}, "packet": packet}
    return double.make_cluster(PacketCluster, {**given, **values})


def user_data(engine: Engine, name: str) -> str:
    return str(rpc.unwrap_rpc_secret(engine.of("Device")[name]["userData"]))


def test_one_control_plane_and_one_worker_are_what_the_golden_file_says(engine: Engine) -> None:
    make()
    same_as_golden(seen(engine), "packet.json")


def test_three_control_planes_come_one_after_the_other_each_with_a_bgp_session(engine: Engine) -> None:
    make(controlPlanes={"count": 3}, workers={"count": 2})
    order = engine.order
    for index in (1, 2):
        assert order.index(f"Node demo-control-plane-{index - 1}") < order.index(f"Device demo-control-plane-{index}")
    planes = {f"demo-control-plane-{index}" for index in range(3)}
    assert set(engine.of("Device")) == planes | {"demo-worker-0", "demo-worker-1"}
    sessions = engine.of("BgpSession")
    assert {name: session["deviceId"] for name, session in sessions.items()} == {name: f"{name}-id" for name in planes}


def test_every_machine_reaches_the_api_at_the_elastic_ip_and_is_a_node_by_its_private_address(engine: Engine) -> None:
    make()
    for name in engine.of("Device"):
        assert "ENDPOINT=198.51.100.7:6443\n" in user_data(engine, name)
        assert "ELASTIC_IP=198.51.100.7\n" in user_data(engine, name)
        assert "NODE_NETWORK=10.0.0.0/8\n" in user_data(engine, name)
    assert engine.of("ClusterAccess")["demo"]["endpoint"] == "198.51.100.7:6443"


def test_user_data_is_secret(engine: Engine) -> None:
    make(controlPlanes={"count": 3})
    for name, device in engine.of("Device").items():
        assert rpc.is_rpc_secret(device["userData"]), name


def test_who_may_reach_the_api_is_a_matter_of_tags_and_of_no_other_machine(engine: Engine) -> None:
    make()
    before = {name: user_data(engine, name) for name in engine.of("Device")}
    assert f"api-access={USERS}" in engine.of("Device")["demo-control-plane-0"]["tags"]
    engine.made.clear()
    make(apiAccessCidrs=["198.51.100.0/24", "192.0.2.1/32"])
    tags = engine.of("Device")["demo-control-plane-0"]["tags"]
    assert {"api-access=198.51.100.0/24", "api-access=192.0.2.1/32"} < set(tags)
    assert f"api-access={USERS}" not in tags
    assert {name: user_data(engine, name) for name in engine.of("Device")} == before


def test_workers_let_nobody_in_and_nobody_may_log_in_by_default(engine: Engine) -> None:
    make()
    for name, device in engine.of("Device").items():
        assert not [tag for tag in device["tags"] if tag.startswith("ssh-access=")], name
    assert not [tag for tag in engine.of("Device")["demo-worker-0"]["tags"] if tag.startswith("api-access=")]
    assert not engine.of("ProjectSshKey")


def test_the_administrators_key_is_the_only_one_that_devices_take(engine: Engine) -> None:
    make(adminSshKey=KEY, sshAccessCidrs=["192.0.2.0/24"])
    assert engine.of("ProjectSshKey")["demo-administrator"]["publicKey"] == KEY
    for device in engine.of("Device").values():
        assert device["projectSshKeyIds"] == ["demo-administrator-id"]
        assert "ssh-access=192.0.2.0/24" in device["tags"]


def test_everything_that_takes_tags_says_whose_it_is(engine: Engine) -> None:
    make(owner="me", expiry="2026-12-31", tags={"team": "ci"})
    tagged = [*engine.of("Device").values(), *engine.of("ReservedIpBlock").values()]
    expected = {"cluster=demo", "stack=test", "owner=me", "expiry=2026-12-31", "managed-by=crosscloud", "team=ci"}
    for one in tagged:
        assert expected <= set(one["tags"])


def test_a_project_without_bgp_is_refused_with_the_command_that_turns_it_on(engine: Engine) -> None:
    engine.bgp = []
    with pytest.raises(BgpIsOffError, match=f"bgp-enable --project-id {PROJECT} --deployment-type local"):
        ensure_bgp(PROJECT)
