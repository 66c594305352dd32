"""The network of a cluster on AWS: its zones, subnets and ways out, and the load balancers that lead in."""

import base64
import ipaddress
from itertools import combinations

import pytest
from pulumi.runtime import rpc

from crosscloud.errors import CrosscloudError
from tests.components.aws_engine import Engine, make, start

ANYWHERE = "0.0.0.0/0"


@pytest.fixture
def engine() -> Engine:
    return start()


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
    make(clusterName=name)
    for kind in ("LoadBalancer", "TargetGroup"):
        for one in engine.of(kind).values():
            assert len(one["name"]) <= 32
            assert not one["name"].startswith("internal-")
