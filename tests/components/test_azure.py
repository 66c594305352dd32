"""What the cluster on Azure asks the engine for: its machines, where they are, and what leads to them."""

import ipaddress

import pytest

from components.azure_network import Blocks
from tests.components.azure_engine import SUBSCRIPTION, Engine, make, profiles, start
from tests.components.double import KEY, same_as_golden, seen


@pytest.fixture
def engine() -> Engine:
    return start()


def test_one_control_plane_and_one_worker_are_what_the_golden_file_says(engine: Engine) -> None:
    make()
    same_as_golden(seen(engine), "azure.json")


def test_every_choice_together_is_what_the_golden_file_says(engine: Engine) -> None:
    make(
        controlPlanes={"count": 3, "size": "Standard_D4s_v5", "diskGb": 64},
        workers={"count": 2, "min": 2, "max": 5, "size": "Standard_D4s_v5", "diskGb": 128},
        adminSshKey=KEY,
        sshAccessCidrs=["10.200.0.0/16"],
        owner="platform",
        expiry="2026-12-31",
        tags={"cost": "ci"},
        azure={"location": "westeurope", "zones": [1, 2], "networkCidr": "10.20.0.0/20", "encryptionAtHost": True},
    )
    same_as_golden(seen(engine), "azure-every-choice.json")


def test_a_location_without_zones_gets_an_availability_set(engine: Engine) -> None:
    make(controlPlanes={"count": 3}, azure={"location": "westus", "spread": "availabilitySet"})
    same_as_golden(seen(engine), "azure-availability-set.json")
    together = {made["availabilitySet"]["id"] for made in engine.of("VirtualMachine").values()}
    assert together == {f"{SUBSCRIPTION}/AvailabilitySet/demo-control-planes"}
    zoned = [one.name for one in engine.made if one.typ.startswith("azure-native:") and one.inputs.get("zones")]
    assert zoned == []


def test_control_planes_are_spread_over_the_zones_in_turn(engine: Engine) -> None:
    make(controlPlanes={"count": 5})
    assert [made["zones"] for made in engine.of("VirtualMachine").values()] == [["1"], ["2"], ["3"], ["1"], ["2"]]


def test_the_load_balancer_asks_whether_a_control_plane_is_ready(engine: Engine) -> None:
    make()
    balancer = engine.of("LoadBalancer")["demo-api"]
    (probe,) = balancer["probes"]
    assert (probe["protocol"], probe["port"], probe["requestPath"]) == ("Https", 6443, "/readyz")
    (rule,) = balancer["loadBalancingRules"]
    path = f"{SUBSCRIPTION}/providers/Microsoft.Network/loadBalancers/demo-api"
    assert rule["probe"]["id"] == f"{path}/probes/readyz"
    assert rule["frontendIPConfiguration"]["id"] == f"{path}/frontendIPConfigurations/api"
    assert rule["disableOutboundSnat"] is True


def test_workers_roll_by_surge_and_are_repaired(engine: Engine) -> None:
    make()
    group = engine.of("VirtualMachineScaleSet")["demo-workers"]
    rolling = group["upgradePolicy"]["rollingUpgradePolicy"]
    assert rolling["maxSurge"] is True
    assert rolling["maxUnhealthyInstancePercent"] >= rolling["maxBatchInstancePercent"]
    assert group["overprovision"] is False, "Azure takes no surge with it"
    assert group["automaticRepairsPolicy"]["enabled"] is True
    (health,) = engine.plain(group)["virtualMachineProfile"]["extensionProfile"]["extensions"]
    assert health["settings"] == {"protocol": "http", "port": 10248, "requestPath": "/healthz"}


def test_only_a_group_with_room_to_grow_is_scaled_by_its_load(engine: Engine) -> None:
    make()
    assert engine.of("AutoscaleSetting") == {}
    make(workers={"count": 2, "min": 1, "max": 4})
    (profile,) = engine.of("AutoscaleSetting")["demo-workers"]["profiles"]
    assert profile["capacity"] == {"minimum": "1", "maximum": "4", "default": "2"}
    assert {rule["scaleAction"]["direction"] for rule in profile["rules"]} == {"Increase", "Decrease"}


def test_arm_machines_take_the_arm_image_and_no_trusted_launch(engine: Engine) -> None:
    make(arch="arm64")
    for profile in profiles(engine).values():
        assert profile["storageProfile"]["imageReference"]["sku"] == "server-arm64"
        assert "securityProfile" not in profile


def test_everything_that_takes_tags_has_them(engine: Engine) -> None:
    make(workers={"count": 1, "max": 3}, owner="platform", tags={"cost": "ci"})
    ours = {"cluster": "demo", "owner": "platform", "cost": "ci", "stack": "test", "expiry": "none"}
    azure = [one for one in engine.made if one.typ.startswith("azure-native:")]
    untagged = {one.typ for one in azure if not ours.items() <= (one.inputs.get("tags") or {}).items()}
    assert untagged == {"azure-native:network:Subnet"}, "which has none to give"


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "10.9.8.0/24"])
def test_the_subnets_are_in_the_network_and_share_no_address(cidr: str) -> None:
    whole, blocks = ipaddress.IPv4Network(cidr), Blocks.of(cidr)
    control_planes, workers = ipaddress.IPv4Network(blocks.control_planes), ipaddress.IPv4Network(blocks.workers)
    assert control_planes.subnet_of(whole)
    assert workers.subnet_of(whole)
    assert not control_planes.overlaps(workers)
    assert all(ipaddress.IPv4Address(blocks.control_plane(index)) in control_planes for index in range(5))


def test_control_planes_come_one_after_the_other_at_addresses_known_before(engine: Engine) -> None:
    make(controlPlanes={"count": 3})
    order = engine.order
    for index in (1, 2):
        before, after = f"Node demo-control-plane-{index - 1}", f"VirtualMachine demo-control-plane-{index}"
        assert order.index(before) < order.index(after)
    addresses = [made["ipConfigurations"][0]["privateIPAddress"] for made in engine.of("NetworkInterface").values()]
    assert addresses == ["10.0.0.10", "10.0.0.11", "10.0.0.12"]
