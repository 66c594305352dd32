"""What the cluster on Google Compute Engine asks the engine for, seen by the engine's own test double."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pulumi
import pytest
from pulumi.runtime import Mocks, rpc

from components import gce_network
from components.gce import GceCluster
from components.gce_machines import disk_type
from crosscloud import config
from crosscloud.config import GceStack
from crosscloud.errors import CrosscloudError
from crosscloud.release import Image, Release

GOLDENS = Path(__file__).parent / "goldens"
DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGES = Release(
    **{name: Image(f"registry.cncf.ci/{name}", "ci-v1.6.3.fd07e315.6097", DIGEST) for name in Release.__slots__}
)
USERS = "203.0.113.0/24"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ me@example.com"
ZONES = ["us-central1-a", "us-central1-b", "us-central1-c", "us-central1-f"]


class Engine(Mocks):
    """Answers as Google does, and keeps what is registered and what is asked."""

    def __init__(self) -> None:
        self.made: list[pulumi.runtime.MockResourceArgs] = []
        self.sizes = {zone: {"e2-standard-2", "n4-standard-2"} for zone in ZONES}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.made.append(args)
        kind = args.typ.rpartition(":")[2]
        link = f"https://www.googleapis.com/compute/v1/{kind}/{args.name}"
        outputs: dict[str, dict[str, Any]] = {
            "Address": {"address": "198.51.100.7" if args.inputs.get("addressType") == "EXTERNAL" else "10.0.0.2"},
            "Instance": {"instanceId": f"id-{args.name}", "networkInterfaces": [{"networkIp": "10.0.0.10"}]},
            "InstanceTemplate": {"selfLinkUnique": f"{link}?uniqueId=1"},
            "Account": {"email": f"{args.inputs.get('accountId')}@p.iam.gserviceaccount.com"},
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
        named = {"name": args.name, "selfLink": link} if args.typ.startswith("gcp:") else {}
        return f"{args.name}-id", {**named, **args.inputs, **outputs.get(kind, {})}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        if args.token == "gcp:compute/getZones:getZones":
            return {"names": list(reversed(ZONES)), "id": "zones"}, []
        if args.token == "gcp:compute/getMachineTypes:getMachineTypes":
            found = [size for size in self.sizes[args.args["zone"]] if f"(name = {size})" in args.args["filter"]]
            return {"machineTypes": [{"name": size} for size in found], "id": "types"}, []
        raise AssertionError(f"not a question of this cluster: {args.token}")

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the inputs of all resources of a type, by name."""
        return {one.name: one.inputs for one in self.made if one.typ.endswith(f":{kind}")}


@pytest.fixture
def engine() -> Engine:
    mocks = Engine()
    pulumi.runtime.set_mocks(mocks, project="crosscloud", stack="test")
    return mocks


def make(**values: Any) -> GceCluster:
    """Run a program that makes the cluster, to its end."""
    given = {"cloud": "gce", "apiAccessCidrs": [USERS], "controlPlanes": {"count": 1}, **values}
    stack = cast(GceStack, config.load(given, stack="demo", files=False))
    made: list[GceCluster] = []

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[Any]:
        made.append(GceCluster(stack, IMAGES))
        return pulumi.Output.all(made[0].kubeconfig, made[0].nodes)

    program()
    return made[0]


def seen(engine: Engine) -> list[dict[str, Any]]:
    """Return what Google is asked for as plain data, secrets by their kind alone."""

    def plain(value: Any) -> Any:
        if rpc.is_rpc_secret(value):
            return "[secret]"
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        return [plain(inner) for inner in value] if isinstance(value, list) else value

    made = [
        {"type": one.typ, "name": one.name, "inputs": plain(one.inputs)}
        for one in engine.made
        if one.typ.startswith("gcp:")
    ]
    return sorted(made, key=lambda one: (one["type"], one["name"]))


def same_as_golden(engine: Engine, name: str) -> None:
    found = json.dumps(seen(engine), indent=2, sort_keys=True) + "\n"
    if os.environ.get("CROSSCLOUD_UPDATE_GOLDEN"):
        (GOLDENS / name).write_text(found)
    assert found == (GOLDENS / name).read_text()


def machines(engine: Engine) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from engine.of("Instance").items()
    yield from engine.of("InstanceTemplate").items()


def metadata(engine: Engine) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the metadata of every machine, which is secret as a whole: the engine knows no map with a secret value."""
    for name, machine in machines(engine):
        assert rpc.is_rpc_secret(machine["metadata"]), name
        yield name, rpc.unwrap_rpc_secret(machine["metadata"])


def test_one_control_plane_and_one_worker_are_what_the_golden_file_says(engine: Engine) -> None:
    make()
    same_as_golden(engine, "gce.json")


def test_every_choice_together_is_what_the_golden_file_says(engine: Engine) -> None:
    make(
        controlPlanes={"count": 3, "size": "n4-standard-2", "diskGb": 40},
        workers={"count": 2, "min": 2, "max": 5, "size": "n4-standard-2", "diskGb": 60},
        adminSshKey=KEY,
        sshAccessCidrs=["35.235.240.0/20"],
        owner="platform",
        expiry="2026-12-31",
        tags={"cost": "ci"},
        gce={"project": "our-project", "region": "us-central1", "networkCidr": "10.20.0.0/20"},
    )
    same_as_golden(engine, "gce-every-choice.json")


def test_the_api_is_open_to_the_configured_networks_and_to_what_google_probes_from(engine: Engine) -> None:
    make()
    reached = {
        source
        for rule in engine.of("Firewall").values()
        if "6443" in rule["allows"][0].get("ports", [])
        for source in rule.get("sourceRanges", [])
    }
    assert reached == {USERS, "10.0.254.0/23", *gce_network.PROBES}


def test_no_rule_is_open_to_everyone_and_each_names_its_machines(engine: Engine) -> None:
    make(sshAccessCidrs=["198.51.100.0/24"], adminSshKey=KEY)
    for name, rule in engine.of("Firewall").items():
        assert "0.0.0.0/0" not in rule.get("sourceRanges", []), name
        assert rule.get("sourceRanges") or rule.get("sourceTags"), name
        assert set(rule["targetTags"]) <= {"demo-control-plane", "demo-worker"}, name


def test_port_22_is_closed_unless_networks_are_named(engine: Engine) -> None:
    make()
    assert not [name for name, rule in engine.of("Firewall").items() if "22" in rule["allows"][0].get("ports", [])]


def test_nobody_logs_in_unless_a_key_is_configured(engine: Engine) -> None:
    make()
    for name, entries in metadata(engine):
        assert entries["enable-oslogin"] == "true", name
        assert entries["block-project-ssh-keys"] == "true", name
        assert entries["serial-port-enable"] == "false", name
        assert "ssh-keys" not in entries, name


def test_the_configured_key_is_the_configured_users(engine: Engine) -> None:
    make(adminSshKey=KEY, adminUsername="ops")
    for name, entries in metadata(engine):
        assert entries["ssh-keys"] == f"ops:{KEY}", name
        assert entries["enable-oslogin"] == "false", name  # with OS Login on, keys in metadata count nothing


def test_user_data_and_kubeconfig_are_secret(engine: Engine) -> None:
    made = make()
    assert [name for name, entries in metadata(engine) if entries["user-data"].startswith("#cloud-config")] == [
        "demo-control-plane-0",
        "demo-worker",
    ]

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> Any:
        return made.kubeconfig.is_secret()

    program()


def test_no_machine_has_a_public_address_and_every_one_is_shielded(engine: Engine) -> None:
    make()
    for name, machine in machines(engine):
        assert all("accessConfigs" not in interface for interface in machine["networkInterfaces"]), name
        assert set(machine["shieldedInstanceConfig"].values()) == {True}, name
        assert len(machine["shieldedInstanceConfig"]) == 3, name


def test_accounts_are_the_clusters_own_and_may_at_most_write_logs_and_metrics(engine: Engine) -> None:
    make()
    assert {account["accountId"] for account in engine.of("Account").values()} == {"demo-ctrl", "demo-work"}
    for name, machine in machines(engine):
        assert machine["serviceAccount"]["email"].endswith("@p.iam.gserviceaccount.com"), name
        assert {scope.rpartition("/")[2] for scope in machine["serviceAccount"]["scopes"]} == {
            "logging.write",
            "monitoring.write",
        }, name
    assert not [one.typ for one in engine.made if "Iam" in one.typ or one.typ.startswith("gcp:projects")]


def test_control_planes_are_spread_over_the_first_three_zones_and_stand_behind_both_doors(engine: Engine) -> None:
    make(controlPlanes={"count": 5})
    zones = {name: one["zone"] for name, one in engine.of("Instance").items()}
    assert [zones[f"demo-control-plane-{index}"] for index in range(5)] == [*ZONES[:3], *ZONES[:2]]
    members = {name: one["zone"] for name, one in engine.of("InstanceGroupMembership").items()}
    assert members == zones
    assert {one["zone"] for one in engine.of("InstanceGroup").values()} == set(ZONES[:3])
    for name, service in engine.of("RegionBackendService").items():
        assert len(service["backends"]) == 3, name


def test_both_load_balancers_use_a_group_in_the_same_way(engine: Engine) -> None:
    """Google refuses a group that two backend services use with different balancing modes."""
    make()
    modes = {
        backend["balancingMode"] for one in engine.of("RegionBackendService").values() for backend in one["backends"]
    }
    assert modes == {"CONNECTION"}


def test_machines_use_the_inner_door_and_users_the_outer_one(engine: Engine) -> None:
    made = make()

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> Any:
        return made.endpoint.apply(endpoints.append)

    endpoints: list[str] = []
    program()
    assert endpoints == ["https://198.51.100.7:6443"]
    user_data = dict(metadata(engine))["demo-worker"]["user-data"]
    assert "ENDPOINT=10.0.0.2:6443" in user_data


def test_a_zone_without_machines_of_the_size_is_passed_over(engine: Engine) -> None:
    engine.sizes["us-central1-b"] = {"n4-standard-2"}
    make(controlPlanes={"count": 3})
    assert [one["zone"] for one in engine.of("Instance").values()] == [
        "us-central1-a",
        "us-central1-c",
        "us-central1-f",
    ]


@pytest.mark.usefixtures("engine")
def test_a_size_that_no_zone_has_is_refused_with_what_to_change() -> None:
    with pytest.raises(CrosscloudError, match=r"no zone of us-central1 .* e2-standard-9"):
        make(workers={"size": "e2-standard-9"})


def test_configured_zones_are_taken_as_they_are(engine: Engine) -> None:
    make(gce={"zones": ["us-central1-f"]})
    assert {one["zone"] for one in engine.of("Instance").values()} == {"us-central1-f"}
    assert engine.of("RegionInstanceGroupManager")["demo-workers"]["distributionPolicyZones"] == ["us-central1-f"]


def test_workers_scale_by_an_autoscaler_only_where_there_is_room_to(engine: Engine) -> None:
    make(workers={"count": 2})
    assert not engine.of("RegionAutoscaler")
    assert engine.of("RegionInstanceGroupManager")["demo-workers"]["targetSize"] == 2


def test_an_autoscaler_has_the_configured_bounds(engine: Engine) -> None:
    make(workers={"count": 3, "min": 2, "max": 6})
    policy = engine.of("RegionAutoscaler")["demo-workers"]["autoscalingPolicy"]
    assert (policy["minReplicas"], policy["maxReplicas"]) == (2, 6)


def test_everything_that_takes_labels_has_them(engine: Engine) -> None:
    make(owner="platform", expiry="2026-12-31", tags={"cost": "ci"})
    wanted = {
        "cluster": "demo",
        "stack": "test",
        "owner": "platform",
        "expiry": "2026-12-31",
        "managed-by": "crosscloud",
        "cost": "ci",
    }
    for kind in ("Instance", "InstanceTemplate", "Address", "ForwardingRule"):
        for name, inputs in engine.of(kind).items():
            assert inputs["labels"] == wanted, f"{kind} {name}"
    assert engine.of("Instance")["demo-control-plane-0"]["bootDisk"]["initializeParams"]["labels"] == wanted
    assert engine.of("InstanceTemplate")["demo-worker"]["disks"][0]["labels"] == wanted


def test_the_project_of_the_configuration_is_said_everywhere(engine: Engine) -> None:
    make(gce={"project": "our-project"})
    for one in engine.made:
        if one.typ.startswith("gcp:"):
            assert one.inputs.get("project") == "our-project", one.name


@pytest.mark.parametrize(
    ("network", "machines_part", "proxies_part"),
    [
        ("10.0.0.0/16", "10.0.0.0/17", "10.0.254.0/23"),
        ("10.0.0.0/22", "10.0.0.0/23", "10.0.2.0/23"),
        ("10.0.0.0/24", "10.0.0.0/25", "10.0.0.128/25"),
    ],
)
def test_machines_and_proxies_share_the_network_without_overlap(
    network: str, machines_part: str, proxies_part: str
) -> None:
    assert gce_network.split(network) == (machines_part, proxies_part)


@pytest.mark.parametrize(
    ("size", "disk"),
    [("e2-standard-2", "pd-balanced"), ("t2a-standard-2", "pd-balanced"), ("c4a-standard-2", "hyperdisk-balanced")],
)
def test_a_size_gets_a_disk_that_its_family_takes(size: str, disk: str) -> None:
    assert disk_type(size) == disk


def test_names_of_the_longest_cluster_in_the_longest_region_fit(engine: Engine) -> None:
    """The engine adds a hyphen and seven characters to names, of which Google takes 63, and 30 of an account's."""
    zone = "northamerica-northeast1-a"
    make(name="a" * 24, gce={"region": zone[:-2], "zones": [zone]})
    for one in engine.made:
        if one.typ.startswith("gcp:compute"):
            assert len(one.name) + 8 <= 63, one.name
    assert all(len(one["accountId"]) <= 30 for one in engine.of("Account").values())
