"""What the cluster on AWS asks the engine for: its network, its doors, its machines, and who may talk to whom."""

import base64
import ipaddress
import json
import os
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime import rpc

from components.aws_access import FLOWS
from crosscloud.errors import CrosscloudError
from tests.components.aws_engine import KEY, NEWEST, USERS, Engine, make, seen, start

GOLDENS = Path(__file__).parent / "goldens"
ANYWHERE = "0.0.0.0/0"


@pytest.fixture
def engine() -> Engine:
    return start()


def same_as_golden(engine: Engine, name: str) -> None:
    found = json.dumps(seen(engine), indent=2, sort_keys=True) + "\n"
    if os.environ.get("CROSSCLOUD_UPDATE_GOLDEN"):
        (GOLDENS / name).write_text(found)
    assert found == (GOLDENS / name).read_text()


def test_one_control_plane_and_one_worker_are_what_the_golden_file_says(engine: Engine) -> None:
    make()
    same_as_golden(engine, "aws.json")


def test_every_choice_together_is_what_the_golden_file_says(engine: Engine) -> None:
    make(
        arch="amd64",
        controlPlanes={"count": 3, "size": "m7i.large", "diskGb": 40},
        workers={"count": 2, "min": 2, "max": 5, "size": "m7i.xlarge", "diskGb": 60},
        adminSshKey=KEY,
        sshAccessCidrs=["192.0.2.0/24"],
        owner="platform",
        expiry="2026-12-31",
        tags={"cost": "ci"},
        aws={
            "zones": ["us-east-1c", "us-east-1f"],
            "networkCidr": "10.20.0.0/20",
            "natGateways": "perZone",
            "image": "ami-0aaaaaaaaaaaaaaaa",
        },
    )
    same_as_golden(engine, "aws-every-choice.json")


def test_a_cluster_without_nat_gateways_is_what_the_golden_file_says(engine: Engine) -> None:
    make(aws={"natGateways": "none", "zones": ["us-east-1a"]})
    same_as_golden(engine, "aws-without-nat.json")


# Zones and networks


def test_the_regions_first_three_ordinary_zones_are_taken(engine: Engine) -> None:
    make(controlPlanes={"count": 5})
    filters = {one["name"]: one["values"] for one in engine.asked["getAvailabilityZones"]["filters"]}
    assert filters == {"opt-in-status": ["opt-in-not-required"], "zone-type": ["availability-zone"]}
    places = [one["subnetId"] for one in engine.of("Instance").values()]
    assert places == [f"Subnet/demo-private-us-east-1{letter}" for letter in "abcab"]


@pytest.mark.parametrize("prefix", [16, 20, 24])
def test_subnets_are_in_the_network_share_nothing_and_leave_room(engine: Engine, prefix: int) -> None:
    network = ipaddress.IPv4Network(f"10.20.0.0/{prefix}")
    make(aws={"networkCidr": str(network)}, workers={"count": 1})
    subnets = [ipaddress.IPv4Network(one["cidrBlock"]) for one in engine.of("Subnet").values()]
    assert len(subnets) == 6
    assert all(subnet.subnet_of(network) for subnet in subnets)
    assert not any(one.overlaps(other) for one, other in combinations(subnets, 2))
    assert sum(subnet.num_addresses for subnet in subnets) < network.num_addresses / 2


def test_a_zone_more_leaves_the_other_zones_subnets_where_they_are(engine: Engine) -> None:
    make(aws={"zones": ["us-east-1b", "us-east-1c"]})
    before = {name: one["cidrBlock"] for name, one in engine.of("Subnet").items()}
    more = start()
    make(aws={"zones": ["us-east-1a", "us-east-1c", "us-east-1b"]})
    after = {name: one["cidrBlock"] for name, one in more.of("Subnet").items()}
    assert before == {name: after[name] for name in before}


@pytest.mark.usefixtures("engine")
def test_more_machines_than_the_subnets_hold_are_refused_with_what_to_change() -> None:
    with pytest.raises(CrosscloudError, match=r"networkCidr: 10.20.0.0/24 has room for 9 machines .* take a shorter"):
        make(aws={"networkCidr": "10.20.0.0/24"}, workers={"count": 9})


@pytest.mark.usefixtures("engine")
def test_a_local_zone_is_refused() -> None:
    with pytest.raises(CrosscloudError, match=r"us-east-1-bos-1a is no ordinary zone of us-east-1; us-east-1a to"):
        make(aws={"zones": ["us-east-1-bos-1a"]})


@pytest.mark.parametrize(("region", "words"), [("eu-west-1", "is eu-west-1"), ("", "is not set")])
def test_a_provider_in_another_region_is_refused(region: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    engine = start()
    with pytest.raises(CrosscloudError, match=rf"aws:region {words}, .* pulumi config set aws:region us-east-1"):
        make(region)
    assert engine.made == []


@pytest.mark.parametrize(("choice", "gateways"), [("none", 0), ("one", 1), ("perZone", 3)])
def test_there_are_as_many_nat_gateways_as_were_asked_for(engine: Engine, choice: str, gateways: int) -> None:
    make(aws={"natGateways": choice})
    assert len(engine.of("NatGateway")) == len(engine.of("Eip")) == gateways
    routes = [one for one in engine.of("Route").values() if one["destinationCidrBlock"] == ANYWHERE]
    assert len([one for one in routes if "natGatewayId" in one]) == gateways


@pytest.mark.parametrize("choice", ["one", "perZone"])
def test_machines_behind_nat_gateways_have_no_public_address(engine: Engine, choice: str) -> None:
    make(aws={"natGateways": choice})
    assert all("private" in one["subnetId"] for one in engine.of("Instance").values())
    assert all(one["associatePublicIpAddress"] is False for one in engine.of("Instance").values())
    assert not any(one["mapPublicIpOnLaunch"] for one in engine.of("Subnet").values())
    assert all("private" in subnet for subnet in engine.of("Group")["demo-worker"]["vpcZoneIdentifiers"])


def test_every_subnet_has_a_route_table_with_a_way_out(engine: Engine) -> None:
    make(aws={"natGateways": "perZone"})
    tables = {one["subnetId"]: one["routeTableId"] for one in engine.of("RouteTableAssociation").values()}
    assert set(tables) == {f"Subnet/{name}" for name in engine.of("Subnet")}
    assert set(tables.values()) == {one["routeTableId"] for one in engine.of("Route").values()}


# Doors


def test_users_come_in_from_the_internet_and_nodes_do_not(engine: Engine) -> None:
    make()
    public, private = (engine.of("LoadBalancer")[f"demo-{role}"] for role in ("public", "private"))
    assert (public["internal"], private["internal"]) == (False, True)
    assert all("public" in subnet for subnet in public["subnets"])
    assert all("private" in subnet for subnet in private["subnets"])
    access, node = engine.of("ClusterAccess")["demo"], engine.of("Instance")["demo-control-plane-0"]
    assert access["endpoint"] == "demo-public.elb.amazonaws.com:6443"
    user_data = base64.b64decode(rpc.unwrap_rpc_secret(node["userDataBase64"])).decode()
    assert "ENDPOINT=demo-private.elb.amazonaws.com:6443\n" in user_data


def test_control_planes_stand_behind_both_doors_once_they_are_ready(engine: Engine) -> None:
    make(controlPlanes={"count": 3})
    behind = {(one["targetGroupArn"], one["targetId"]) for one in engine.of("TargetGroupAttachment").values()}
    assert len(behind) == 6
    for name, group in engine.of("TargetGroup").items():
        assert group["healthCheck"]["protocol"] == "HTTPS", name
        assert group["healthCheck"]["path"] == "/readyz", name
        # With it a control plane that reaches for the API and is led to itself gets no answer.
        assert group["preserveClientIp"] == "false", name


@pytest.mark.parametrize("name", ["a", "abcdefghijklmnopqrstuvwx"])
def test_the_longest_name_of_a_cluster_fits_into_the_names_of_its_load_balancers(engine: Engine, name: str) -> None:
    make(name=name)
    for kind in ("LoadBalancer", "TargetGroup"):
        for one in engine.of(kind).values():
            assert len(one["name"]) <= 32
            assert not one["name"].startswith("internal-")


# Who may talk to whom


def rules(engine: Engine, direction: str) -> list[dict[str, Any]]:
    return list(engine.of(f"SecurityGroup{direction}Rule").values())


def test_only_the_configured_networks_come_in_from_outside_and_only_to_the_api(engine: Engine) -> None:
    make(apiAccessCidrs=["203.0.113.0/24", "198.51.100.7/32"])
    outside = [one for one in rules(engine, "Ingress") if "cidrIpv4" in one]
    assert {one["cidrIpv4"] for one in outside} == {"203.0.113.0/24", "198.51.100.7/32"}
    assert {(one["securityGroupId"], one["fromPort"], one["toPort"]) for one in outside} == {
        ("SecurityGroup/demo-public", 6443, 6443)
    }


def test_ssh_is_open_only_where_it_was_asked_for(engine: Engine) -> None:
    make(adminSshKey=KEY, sshAccessCidrs=["192.0.2.0/24"])
    ssh = [one for one in rules(engine, "Ingress") if one["fromPort"] == 22]
    assert {one["cidrIpv4"] for one in ssh} == {"192.0.2.0/24"}
    assert {one["securityGroupId"] for one in ssh} == {"SecurityGroup/demo-control-plane", "SecurityGroup/demo-worker"}


def test_what_one_group_lets_out_to_another_that_one_lets_in(engine: Engine) -> None:
    make()

    def sides(direction: str, own: str, other: str) -> set[tuple[Any, ...]]:
        found = [one for one in rules(engine, direction) if "referencedSecurityGroupId" in one]
        return {(one[own], one[other], one["ipProtocol"], one["fromPort"], one["toPort"]) for one in found}

    group, other = "securityGroupId", "referencedSecurityGroupId"
    assert sides("Egress", group, other) == sides("Ingress", other, group)
    assert len(sides("Egress", group, other)) == len(FLOWS)


def test_etcd_is_reached_by_control_planes_alone() -> None:
    assert {(flow.source, flow.target) for flow in FLOWS if flow.first <= 2379 <= flow.last} == {
        ("control-plane", "control-plane")
    }


def test_no_rule_opens_every_port_or_protocol(engine: Engine) -> None:
    make(adminSshKey=KEY, sshAccessCidrs=["192.0.2.0/24"])
    for one in rules(engine, "Ingress") + rules(engine, "Egress"):
        assert one["ipProtocol"] in ("tcp", "udp", "icmp")
        assert one["toPort"] - one["fromPort"] <= 1


def test_machines_have_an_identity_without_any_right(engine: Engine) -> None:
    make()
    assert {one["iamInstanceProfile"] for one in engine.of("Instance").values()} == {"demo-control-plane"}
    assert not [one.typ for one in engine.made if "olicy" in one.typ]
    for role in engine.of("Role").values():
        trusted = json.loads(role["assumeRolePolicy"])["Statement"]
        assert [one["Principal"] for one in trusted] == [{"Service": "ec2.amazonaws.com"}]
        assert not {"inlinePolicies", "managedPolicyArns"} & set(role)


# Machines


def test_disks_are_encrypted_and_the_metadata_service_answers_no_pod(engine: Engine) -> None:
    make()
    instance, template = engine.of("Instance")["demo-control-plane-0"], engine.of("LaunchTemplate")["demo-worker"]
    for one in (instance, template):
        assert one["metadataOptions"]["httpTokens"] == "required"
        assert one["metadataOptions"]["httpPutResponseHopLimit"] == 1
    assert instance["rootBlockDevice"]["encrypted"] is True
    assert [one["ebs"]["encrypted"] for one in template["blockDeviceMappings"]] == ["true"]


def test_user_data_is_secret(engine: Engine) -> None:
    make()
    assert rpc.is_rpc_secret(engine.of("Instance")["demo-control-plane-0"]["userDataBase64"])
    assert rpc.is_rpc_secret(engine.of("LaunchTemplate")["demo-worker"]["userData"])


def test_debians_newest_image_for_the_architecture_is_taken(engine: Engine) -> None:
    engine.architecture = "arm64"
    make(arch="arm64")
    asked = engine.asked["getAmi"]
    assert asked["owners"] == ["136693071363"]
    assert asked["mostRecent"] is True
    filters = {one["name"]: one["values"] for one in asked["filters"]}
    assert filters["name"] == ["debian-12-arm64-*"]
    assert filters["architecture"] == ["arm64"]
    assert engine.of("Instance")["demo-control-plane-0"]["ami"] == NEWEST


@pytest.mark.usefixtures("engine")
def test_an_image_for_another_architecture_is_refused() -> None:
    with pytest.raises(CrosscloudError, match=r"ami-0aaaaaaaaaaaaaaaa is for x86_64, and crosscloud:arch is arm64"):
        make(arch="arm64", aws={"image": "ami-0aaaaaaaaaaaaaaaa"})


def test_workers_come_from_a_group_that_renews_them_without_ever_being_fewer(engine: Engine) -> None:
    make(workers={"count": 2, "min": 1, "max": 4})
    group = engine.of("Group")["demo-worker"]
    assert (group["minSize"], group["desiredCapacity"], group["maxSize"]) == (1, 2, 4)
    assert group["launchTemplate"] == {"id": "LaunchTemplate/demo-worker", "version": "3"}
    assert group["instanceRefresh"]["strategy"] == "Rolling"
    assert group["instanceRefresh"]["preferences"]["minHealthyPercentage"] == 100
    assert all(tag["propagateAtLaunch"] for tag in group["tags"])


def test_everything_that_takes_tags_has_them(engine: Engine) -> None:
    make(owner="platform", expiry="2026-12-31", tags={"cost": "ci"})
    wanted = {"cluster": "demo", "owner": "platform", "expiry": "2026-12-31", "cost": "ci", "stack": "test"}
    bare = {"Route", "RouteTableAssociation", "TargetGroupAttachment"}
    for one in engine.made:
        kind = one.typ.rpartition(":")[2]
        if not one.typ.startswith("aws:") or kind in bare:
            continue
        tags = one.inputs["tags"]
        found = {tag["key"]: tag["value"] for tag in tags} if isinstance(tags, list) else tags
        assert wanted.items() <= found.items(), one.name
        assert found["Name"].startswith("demo"), one.name


def test_nobody_has_a_key_unless_one_was_given(engine: Engine) -> None:
    make()
    assert engine.of("KeyPair") == {}
    assert engine.of("Instance")["demo-control-plane-0"].get("keyName") is None
    with_key = start()
    make(adminSshKey=KEY)
    assert [one["publicKey"] for one in with_key.of("KeyPair").values()] == [KEY]
    assert USERS not in {one.get("cidrIpv4") for one in rules(with_key, "Ingress") if one["fromPort"] == 22}
