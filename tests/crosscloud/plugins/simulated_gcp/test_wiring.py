"""What passes on this host is what the records say: firewall, NAT and load balancers together."""

from typing import Any

import pytest

from crosscloud.plugins.base import PluginError
from tests.crosscloud.plugins.simulated_gcp.google import OPERATOR, REGION, ZONE, Google

PASSTHROUGH_PROBES = ["35.191.0.0/16", "209.85.152.0/22", "209.85.204.0/22"]
PROXY_PROBES = ["35.191.0.0/16", "130.211.0.0/22"]
PROXIES = "10.0.128.0/23"
API = [{"protocol": "tcp", "ports": ["6443"]}]


class Cluster:
    """One control plane in a network, behind load balancers that a test asks for."""

    def __init__(self, google: Google) -> None:
        self.google = google
        self.network, self.subnetwork = google.network()
        self.group = google.make(
            "InstanceGroup", "g", network=self.network["id"], zone=ZONE, namedPorts=[{"name": "api", "port": 6443}]
        )
        self.instance = google.instance(self.subnetwork)
        self.address = self.instance["networkInterfaces"][0]["networkIp"]
        google.make("InstanceGroupMembership", "m", instance=self.instance["id"], instanceGroup="g", zone=ZONE)
        check = {"port": 6443, "requestPath": "/readyz"}
        self.check = google.make("RegionHealthCheck", "check", region=REGION, httpsHealthCheck=check)

    def allow(self, name: str, **rule: Any) -> dict[str, Any]:
        inputs = {"network": self.network["id"], "allows": API, "targetTags": ["control-plane"]}
        return self.google.make("Firewall", name, **{**inputs, **rule})

    def service(self, name: str, scheme: str, **backend: Any) -> dict[str, Any]:
        return self.google.make(
            "RegionBackendService",
            name,
            region=REGION,
            loadBalancingScheme=scheme,
            protocol="TCP",
            portName="api",
            healthChecks=self.check["id"],
            backends=[{"group": self.group["selfLink"], "balancingMode": "CONNECTION", **backend}],
        )

    def for_users(self) -> dict[str, Any]:
        address = self.google.make("Address", "users", region=REGION)["address"]
        service = self.service("users", "EXTERNAL")["id"]
        inputs = {"loadBalancingScheme": "EXTERNAL", "ports": ["6443"], "ipProtocol": "TCP"}
        return self.google.make(
            "ForwardingRule", "users", region=REGION, ipAddress=address, backendService=service, **inputs
        )

    def for_machines(self) -> dict[str, Any]:
        inner = {"addressType": "INTERNAL", "subnetwork": self.subnetwork["id"]}
        address = self.google.make("Address", "machines", region=REGION, **inner)["address"]
        service = self.service("machines", "INTERNAL_MANAGED", maxConnectionsPerInstance=100)
        proxy = self.google.make("RegionTargetTcpProxy", "machines", region=REGION, backendService=service["id"])
        inputs = {"loadBalancingScheme": "INTERNAL_MANAGED", "portRange": "6443", "network": self.network["id"]}
        return self.google.make(
            "ForwardingRule", "machines", region=REGION, ipAddress=address, target=proxy["id"], **inputs
        )

    def proxies(self) -> None:
        more = {"purpose": "REGIONAL_MANAGED_PROXY", "role": "ACTIVE"}
        self.google.subnetwork(self.network, "proxies", PROXIES, **more)

    def passes(self) -> set[tuple[Any, ...]]:
        [network] = self.google.fabric("Network")
        return {(one[0], one[1], one[2], tuple(one[3]) if one[3] else None) for one in network.outputs["allows"]}

    def targets(self) -> list[list[str]]:
        return [each.inputs["targets"] for each in self.google.fabric("Balancer")]


@pytest.fixture
def cluster(google: Google) -> Cluster:
    return Cluster(google)


def test_without_rules_nothing_passes(cluster: Cluster) -> None:
    cluster.google.instance(cluster.subnetwork, "other")
    assert cluster.passes() == set()


def test_a_rule_by_tag_lets_machines_reach_each_other_on_its_ports(cluster: Cluster) -> None:
    other = cluster.google.instance(cluster.subnetwork, "other", tags=["worker"])
    rule = cluster.allow("kubelet", allows=[{"protocol": "udp", "ports": ["8472"]}], sourceTags=["worker"])
    address = other["networkInterfaces"][0]["networkIp"]
    assert cluster.passes() == {(address, cluster.address, "udp", (8472, 8472))}
    cluster.google.change("Instance", other, tags=["something"])
    assert cluster.passes() == set()
    cluster.google.change("Instance", other, tags=["worker"])
    cluster.google.remove("Firewall", rule)
    assert cluster.passes() == set()


def test_users_reach_the_passthrough_balancer_only_from_ranges_that_the_rules_let_in(cluster: Cluster) -> None:
    door = cluster.for_users()["ipAddress"]
    cluster.allow("probes", sourceRanges=PASSTHROUGH_PROBES)
    cluster.allow("others", sourceRanges=["198.51.100.0/24"])
    assert cluster.passes() == set()
    cluster.allow("users", sourceRanges=[f"{OPERATOR}/32"])
    assert cluster.passes() == {
        ("operator", door, "tcp", (6443, 6443)),
        (door, cluster.address, "tcp", (6443, 6443)),
    }


@pytest.mark.parametrize("forgotten", PASSTHROUGH_PROBES)
def test_a_target_is_healthy_only_where_every_range_of_the_probes_is_let_in(cluster: Cluster, forgotten: str) -> None:
    cluster.for_users()
    cluster.allow("probes", sourceRanges=[each for each in PASSTHROUGH_PROBES if each != forgotten])
    assert cluster.targets() == [[]]
    cluster.allow("forgotten", sourceRanges=[forgotten])
    assert cluster.targets() == [[cluster.address]]


def test_machines_reach_the_proxy_and_it_its_targets_from_the_proxies_range(cluster: Cluster) -> None:
    cluster.proxies()
    door = cluster.for_machines()["ipAddress"]
    cluster.allow("probes", sourceRanges=PROXY_PROBES)
    to_door = (cluster.address, door, "tcp", (6443, 6443))
    assert cluster.passes() == {to_door}
    cluster.allow("proxies", sourceRanges=[PROXIES])
    assert cluster.passes() == {to_door, (door, cluster.address, "tcp", (6443, 6443))}


def test_a_proxy_needs_its_subnetwork(cluster: Cluster) -> None:
    with pytest.raises(PluginError, match="An active proxy-only subnetwork is required in the same region and VPC"):
        cluster.for_machines()


def test_an_instance_that_leaves_the_group_is_no_target_any_more(cluster: Cluster) -> None:
    cluster.for_users()
    cluster.allow("probes", sourceRanges=PASSTHROUGH_PROBES)
    assert cluster.targets() == [[cluster.address]]
    [membership] = cluster.google.cloud.records("InstanceGroupMembership")
    cluster.google.remove("InstanceGroupMembership", {"id": membership.id})
    assert cluster.targets() == [[]]


def test_only_machines_behind_a_nat_reach_the_outside(cluster: Cluster) -> None:
    router = cluster.google.make("Router", "r", network=cluster.network["id"], region=REGION)
    [network] = cluster.google.fabric("Network")
    assert network.outputs["internet"] == []
    cluster.google.make(
        "RouterNat",
        "nat",
        router=router["name"],
        region=REGION,
        sourceSubnetworkIpRangesToNat="LIST_OF_SUBNETWORKS",
        subnetworks=[{"name": cluster.subnetwork["id"], "sourceIpRangesToNats": ["PRIMARY_IP_RANGE"]}],
    )
    [network] = cluster.google.fabric("Network")
    assert network.outputs["internet"] == [cluster.address]
    everything = [{"protocol": "all"}]
    cluster.google.make(
        "Firewall",
        "nothing-out",
        network=cluster.network["id"],
        direction="EGRESS",
        denies=everything,
        destinationRanges=["0.0.0.0/0"],
    )
    [network] = cluster.google.fabric("Network")
    assert network.outputs["internet"] == []


def test_two_services_use_a_group_in_the_same_way(cluster: Cluster) -> None:
    cluster.service("one", "EXTERNAL")
    with pytest.raises(PluginError, match=r"'one' point to the same instance group .* incompatible balancing_mode"):
        cluster.service("two", "INTERNAL_MANAGED", balancingMode="UTILIZATION")


@pytest.mark.parametrize(
    ("scheme", "backend", "wrong"),
    [
        ("EXTERNAL", {"balancingMode": "UTILIZATION"}, "backends[0].balancingMode"),
        ("EXTERNAL", {"balancingMode": "CONNECTION", "maxConnections": 9}, "backends[0].maxConnections"),
        ("EXTERNAL", {"balancingMode": "CONNECTION", "capacityScaler": 1.0}, "backends[0].capacityScaler"),
        ("INTERNAL_MANAGED", {"balancingMode": "CONNECTION"}, "backends[0].maxConnectionsPerInstance"),
        ("INTERNAL", {"balancingMode": "CONNECTION"}, "loadBalancingScheme"),
    ],
)
def test_a_backend_that_its_load_balancer_does_not_take_is_refused(
    google: Google, scheme: str, backend: dict[str, Any], wrong: str
) -> None:
    found = google.refused("RegionBackendService", loadBalancingScheme=scheme, backends=[{"group": "g", **backend}])
    assert wrong in found


def test_an_address_and_port_are_used_once(cluster: Cluster) -> None:
    first = cluster.for_users()
    with pytest.raises(PluginError, match="Specified IP address is in-use"):
        cluster.google.make(
            "ForwardingRule",
            "again",
            region=REGION,
            loadBalancingScheme="EXTERNAL",
            ipAddress=first["ipAddress"],
            ports=["6443"],
            backendService=first["backendService"],
        )


def test_a_balancer_goes_with_its_rule_and_the_address_stays_until_then(cluster: Cluster) -> None:
    rule = cluster.for_users()
    [address] = [
        each for each in cluster.google.cloud.records("Address") if each.outputs["address"] == rule["ipAddress"]
    ]
    with pytest.raises(PluginError, match="is already being used by"):
        cluster.google.remove("Address", {"id": address.id})
    cluster.google.remove("ForwardingRule", rule)
    assert not cluster.google.fabric("Balancer")
    cluster.google.remove("Address", {"id": address.id})


def test_a_group_takes_instances_of_its_own_zone_alone(cluster: Cluster) -> None:
    other = cluster.google.instance(cluster.subnetwork, "other", zone="us-central1-b")
    with pytest.raises(PluginError, match="is in another zone"):
        cluster.google.make("InstanceGroupMembership", "x", instance=other["id"], instanceGroup="g", zone=ZONE)
