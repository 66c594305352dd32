"""What the cluster on Azure asks the engine for, seen by the engine's own test double."""

import base64
import ipaddress
import json
import os
from pathlib import Path
from typing import Any, cast

import pulumi
import pytest
from pulumi.runtime import Mocks, rpc

from components.azure import AzureCluster
from components.azure_network import Blocks
from crosscloud import config
from crosscloud.config import AzureStack
from crosscloud.release import Image, Release

GOLDENS = Path(__file__).parent / "goldens"
DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGES = Release(
    **{name: Image(f"registry.cncf.ci/{name}", "ci-v1.6.3.fd07e315.6097", DIGEST) for name in Release.__slots__}
)
USERS = "203.0.113.0/24"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ me@example.com"
LOCKED = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB demo-locked"
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/demo1a2b3c4d"


class Engine(Mocks):
    """Answers as Azure does, and keeps what is registered."""

    def __init__(self) -> None:
        self.made: list[pulumi.runtime.MockResourceArgs] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.made.append(args)
        kind = args.typ.rpartition(":")[2]
        outputs: dict[str, dict[str, Any]] = {
            "ResourceGroup": {"name": "demo1a2b3c4d"},
            "PublicIPAddress": {"ipAddress": "198.51.100.7" if args.name.endswith("api") else "198.51.100.8"},
            "VirtualMachine": {"vmId": f"id-{args.name}"},
            "LockedSshKey": {"publicKey": LOCKED},
            "ClusterCredentials": {
                "bootstrapToken": "abcdef.0123456789abcdef",
                "certificateKey": "c" * 64,
                "administratorKey": "a private key",
                "administratorRequest": "a request",
            },
            "ClusterAccess": {"kubeconfig": "a kubeconfig", "kubernetesVersion": "v1.6.3"},
            "Node": {"nodeName": args.name, "address": "10.0.0.10", "kubeletVersion": "v1.6.3"},
            "NodeGroup": {"nodes": []},
        }
        azure = args.typ.startswith("azure-native:")
        path = SUBSCRIPTION if kind == "ResourceGroup" else f"{SUBSCRIPTION}/{kind}/{args.name}"
        named: dict[str, Any] = {"name": args.name} if azure else {}
        if "identity" in args.inputs and azure:  # given as a list of ids, told as a map of them
            ids = args.inputs["identity"]["userAssignedIdentities"]
            outputs.setdefault(kind, {})["identity"] = {
                "type": "UserAssigned",
                "userAssignedIdentities": {i: {} for i in ids},
            }
        return path if azure else f"{args.name}-id", {**named, **args.inputs, **outputs.get(kind, {})}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"nothing is asked of the cloud: {args.token}")

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the inputs of all resources of a type, by name."""
        return {one.name: one.inputs for one in self.made if one.typ.endswith(f":{kind}")}


@pytest.fixture
def engine() -> Engine:
    mocks = Engine()
    pulumi.runtime.set_mocks(mocks, project="crosscloud", stack="test")
    return mocks


def make(**values: Any) -> AzureCluster:
    """Run a program that makes the cluster, to its end."""
    given = {"cloud": "azure", "apiAccessCidrs": [USERS], "controlPlanes": {"count": 1}, **values}
    stack = cast(AzureStack, config.load(given, stack="demo", files=False))
    made: list[AzureCluster] = []

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[Any]:
        made.append(AzureCluster(stack, IMAGES))
        return pulumi.Output.all(made[0].kubeconfig, made[0].nodes)

    program()
    return made[0]


def plain(value: Any) -> Any:
    """Return a value as plain data, but for user-data.

    The engine's test double makes the whole property secret that holds one, so it tells nothing to keep that.
    """
    value = rpc.unwrap_rpc_secret(value) if rpc.is_rpc_secret(value) else value
    if isinstance(value, dict):
        return {key: "[user-data]" if key == "customData" else plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def same_as_golden(engine: Engine, name: str) -> None:
    made = [
        {"type": one.typ, "name": one.name, "inputs": plain(one.inputs)}
        for one in engine.made
        if one.typ.startswith("azure-native:")
    ]
    found = json.dumps(sorted(made, key=lambda one: (one["type"], one["name"])), indent=2, sort_keys=True) + "\n"
    if os.environ.get("CROSSCLOUD_UPDATE_GOLDEN"):
        (GOLDENS / name).write_text(found)
    assert found == (GOLDENS / name).read_text()


def profiles(engine: Engine) -> dict[str, dict[str, Any]]:
    """Return what each machine, of a scale set too, is made of."""
    sets = {name: made["virtualMachineProfile"] for name, made in engine.of("VirtualMachineScaleSet").items()}
    return {name: plain(made) for name, made in {**engine.of("VirtualMachine"), **sets}.items()}


def rules(engine: Engine, group: str) -> dict[str, dict[str, Any]]:
    return {rule["name"]: rule for rule in engine.of("NetworkSecurityGroup")[group]["securityRules"]}


def test_one_control_plane_and_one_worker_are_what_the_golden_file_says(engine: Engine) -> None:
    make()
    same_as_golden(engine, "azure.json")


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
    same_as_golden(engine, "azure-every-choice.json")


def test_a_location_without_zones_gets_an_availability_set(engine: Engine) -> None:
    make(controlPlanes={"count": 3}, azure={"location": "westus", "spread": "availabilitySet"})
    same_as_golden(engine, "azure-availability-set.json")
    together = {made["availabilitySet"]["id"] for made in engine.of("VirtualMachine").values()}
    assert together == {f"{SUBSCRIPTION}/AvailabilitySet/demo-control-planes"}
    zoned = [one.name for one in engine.made if one.typ.startswith("azure-native:") and one.inputs.get("zones")]
    assert zoned == []


def test_control_planes_are_spread_over_the_zones_in_turn(engine: Engine) -> None:
    make(controlPlanes={"count": 5})
    assert [made["zones"] for made in engine.of("VirtualMachine").values()] == [["1"], ["2"], ["3"], ["1"], ["2"]]


def test_nobody_logs_in_by_password_and_without_a_key_nobody_at_all(engine: Engine) -> None:
    make()
    for name, profile in profiles(engine).items():
        linux = profile["osProfile"]["linuxConfiguration"]
        assert linux["disablePasswordAuthentication"] is True, name
        assert [key["keyData"] for key in linux["ssh"]["publicKeys"]] == [LOCKED], name
        assert "adminPassword" not in profile["osProfile"], name
    assert "ssh" not in rules(engine, "demo-control-planes")
    assert "ssh" not in rules(engine, "demo-workers")


def test_a_key_of_ones_own_is_used_and_no_other_is_made(engine: Engine) -> None:
    make(adminSshKey=KEY, sshAccessCidrs=["10.200.0.0/16"])
    assert engine.of("LockedSshKey") == {}
    for profile in profiles(engine).values():
        assert profile["osProfile"]["linuxConfiguration"]["ssh"]["publicKeys"][0]["keyData"] == KEY
    for group in ("demo-control-planes", "demo-workers"):
        assert rules(engine, group)["ssh"]["sourceAddressPrefixes"] == ["10.200.0.0/16"]


def test_the_api_is_open_to_the_configured_networks_and_the_way_out_alone(engine: Engine) -> None:
    make(apiAccessCidrs=[USERS, "198.51.100.128/25"])
    users = rules(engine, "demo-control-planes")["api-users"]
    assert users["sourceAddressPrefixes"] == [USERS, "198.51.100.128/25", "198.51.100.8/32"]
    assert users["destinationPortRange"] == "6443"
    assert not any(rule.startswith("api") for rule in rules(engine, "demo-workers"))


@pytest.mark.parametrize("group", ["demo-control-planes", "demo-workers"])
def test_what_no_rule_allows_is_denied_before_azures_own_rules_are_asked(engine: Engine, group: str) -> None:
    make()
    last = max(rules(engine, group).values(), key=lambda rule: rule["priority"])
    assert (last["access"], last["protocol"], last["sourceAddressPrefix"]) == ("Deny", "*", "*")
    assert last["priority"] < 65000
    allowed = [rule for rule in rules(engine, group).values() if rule["access"] == "Allow"]
    assert all(rule.get("sourceAddressPrefix") != "*" for rule in allowed)
    assert all(rule["destinationPortRange"] != "*" for rule in allowed if rule["protocol"] != "Icmp")


def test_every_subnet_has_a_security_group_and_the_nat_gateway(engine: Engine) -> None:
    make()
    for name, subnet in engine.of("Subnet").items():
        assert subnet["networkSecurityGroup"]["id"].endswith(name)
        assert subnet["natGateway"]["id"].endswith("demo-nat")
        assert subnet["defaultOutboundAccess"] is False


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


def test_user_data_is_secret_and_the_clusters_own(engine: Engine) -> None:
    make()
    (machine,), (group,) = engine.of("VirtualMachine").values(), engine.of("VirtualMachineScaleSet").values()
    for secret in (machine["osProfile"], group["virtualMachineProfile"]):
        assert rpc.is_rpc_secret(secret)
        found = rpc.unwrap_rpc_secret(secret)
        text = base64.b64decode(found.get("osProfile", found)["customData"]).decode()
        assert text.startswith("#cloud-config")
        assert "198.51.100.7:6443" in text


def test_a_machine_has_an_identity_of_its_role_and_nobody_gave_it_rights(engine: Engine) -> None:
    make()
    assert set(engine.of("UserAssignedIdentity")) == {"demo-control-planes", "demo-workers"}
    (machine,) = engine.of("VirtualMachine").values()
    (group,) = engine.of("VirtualMachineScaleSet").values()
    for made, role in ((machine, "demo-control-planes"), (group, "demo-workers")):
        (identity,) = made["identity"]["userAssignedIdentities"]
        assert identity.endswith(f"/{role}")
    assert engine.of("RoleAssignment") == {}


def test_workers_roll_by_surge_and_are_repaired(engine: Engine) -> None:
    make()
    group = engine.of("VirtualMachineScaleSet")["demo-workers"]
    rolling = group["upgradePolicy"]["rollingUpgradePolicy"]
    assert rolling["maxSurge"] is True
    assert rolling["maxUnhealthyInstancePercent"] >= rolling["maxBatchInstancePercent"]
    assert group["overprovision"] is False, "Azure takes no surge with it"
    assert group["automaticRepairsPolicy"]["enabled"] is True
    (health,) = plain(group)["virtualMachineProfile"]["extensionProfile"]["extensions"]
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
    order = [f"{one.typ.rpartition(':')[2]} {one.name}" for one in engine.made]
    for index in (1, 2):
        before, after = f"Node demo-control-plane-{index - 1}", f"VirtualMachine demo-control-plane-{index}"
        assert order.index(before) < order.index(after)
    addresses = [made["ipConfigurations"][0]["privateIPAddress"] for made in engine.of("NetworkInterface").values()]
    assert addresses == ["10.0.0.10", "10.0.0.11", "10.0.0.12"]
