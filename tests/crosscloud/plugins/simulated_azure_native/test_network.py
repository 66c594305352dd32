"""Networks, addresses, ways out and load balancers."""

from typing import Any

import pytest

from crosscloud.plugins.base import PluginError

from .conftest import NETWORK, OPERATOR, Azure, machine, named, rule

DENY = rule("deny", 4096, "*", "*", access="Deny", protocol="*")
PROBE = rule("probe", 110, "AzureLoadBalancer", "6443")
POOL = f"{NETWORK}/loadBalancers/api/backendAddressPools/control-planes"


def balancer(public: str, **changes: Any) -> dict[str, Any]:
    """Return a load balancer's inputs; ``changes`` are of its rule."""
    own = f"{NETWORK}/loadBalancers/api"
    leads = {
        "name": "api",
        "protocol": "Tcp",
        "frontendPort": 6443,
        "backendPort": 6443,
        "frontendIPConfiguration": {"id": f"{own}/frontendIPConfigurations/front"},
        "backendAddressPool": {"id": POOL},
        "probe": {"id": f"{own}/probes/readyz"},
        **changes,
    }
    return {
        **named("loadBalancerName", "api"),
        "sku": {"name": "Standard"},
        "frontendIPConfigurations": [{"name": "front", "publicIPAddress": {"id": public}}],
        "backendAddressPools": [{"name": "control-planes"}],
        "probes": [{"name": "readyz", "protocol": "Https", "port": 6443, "requestPath": "/readyz"}],
        "loadBalancingRules": [leads],
    }


def balanced(azure: Azure, rules: list[Any]) -> tuple[str, str]:
    """Make a control plane behind a load balancer; return the addresses of both."""
    azure.network()
    nat = azure.way_out()
    subnet = azure.subnet("control-planes", "10.0.0.0/24", rules, natGateway={"id": nat}, defaultOutboundAccess=False)
    public = azure.address("api")
    azure.make("LoadBalancer", "api", **balancer(public))
    nic = azure.interface("nic", subnet, loadBalancerBackendAddressPools=[{"id": POOL}])
    own = azure.outputs("NetworkInterface", nic)["ipConfigurations"][0]["privateIPAddress"]
    return azure.outputs("PublicIPAddress", public)["ipAddress"], own


def test_a_subnet_is_inside_its_network(azure: Azure) -> None:
    azure.network("10.0.0.0/16")
    with pytest.raises(PluginError, match="NetcfgInvalidSubnet"):
        azure.subnet("nodes", "10.1.0.0/24")


def test_subnets_share_no_address(azure: Azure) -> None:
    azure.network()
    azure.subnet("a", "10.0.0.0/17")
    with pytest.raises(PluginError, match=r"NetcfgSubnetRangesOverlap.*: a\."):
        azure.subnet("b", "10.0.64.0/18")
    azure.subnet("b", "10.0.128.0/17")


def test_networks_of_one_name_in_different_groups_have_nothing_to_do_with_each_other(azure: Azure) -> None:
    azure.network()
    azure.interface("nic", azure.subnet("a", "10.0.0.0/24"))
    azure.make("ResourceGroup", "other", resourceGroupName="other", location="eastus2")
    elsewhere = {**named("virtualNetworkName", "net"), "resourceGroupName": "other"}
    azure.make("VirtualNetwork", "twin", **elsewhere, addressSpace={"addressPrefixes": ["10.0.0.0/16"]})
    place = {"resourceGroupName": "other", "virtualNetworkName": "net"}
    twin = azure.make("Subnet", "twin", **place, subnetName="a", addressPrefix="10.0.0.0/24")
    nic = azure.interface("twin-nic", twin)
    assert azure.outputs("NetworkInterface", nic)["ipConfigurations"][0]["privateIPAddress"] == "10.0.0.4"


def test_a_subnet_is_made_in_a_network_that_is_there(azure: Azure) -> None:
    azure.group()
    with pytest.raises(PluginError, match=r"InvalidResourceReference.*virtualNetworks/net"):
        azure.subnet("a", "10.0.0.0/24")


def test_a_subnet_in_use_keeps_its_range(azure: Azure) -> None:
    azure.network()
    subnet = azure.subnet("a", "10.0.0.0/24")
    azure.interface("nic", subnet)
    with pytest.raises(PluginError, match="InUseSubnetCannotBeUpdated"):
        azure.change("Subnet", subnet, "a", addressPrefix="10.0.1.0/24")


def test_a_range_that_is_none_is_refused(azure: Azure) -> None:
    found = azure.wrong(
        "VirtualNetwork", **named("virtualNetworkName", "net"), addressSpace={"addressPrefixes": ["10.0.0.1/16"]}
    )
    assert len(found) == 1
    assert found[0].startswith("addressSpace.addressPrefixes[0]: '10.0.0.1/16' is not a valid CIDR")


def test_addresses_begin_after_azures_own(azure: Azure) -> None:
    azure.network()
    subnet = azure.subnet("a", "10.0.0.0/24")
    first, second = (azure.interface(name, subnet) for name in ("one", "two"))
    found = [
        azure.outputs("NetworkInterface", one)["ipConfigurations"][0]["privateIPAddress"] for one in (first, second)
    ]
    assert found == ["10.0.0.4", "10.0.0.5"]


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("10.0.0.3", "PrivateIPAddressInReservedRange"),
        ("10.0.0.255", "PrivateIPAddressInReservedRange"),
        ("10.0.1.4", "PrivateIPAddressNotInSubnet"),
        ("10.0.0.10", "PrivateIPAddressIsAllocated"),
    ],
)
def test_a_static_address_is_one_that_the_subnet_can_give(azure: Azure, address: str, code: str) -> None:
    azure.network()
    subnet = azure.subnet("a", "10.0.0.0/24")
    static = {"privateIPAllocationMethod": "Static"}
    azure.interface("taken", subnet, **static, privateIPAddress="10.0.0.10")
    with pytest.raises(PluginError, match=code):
        azure.interface("nic", subnet, **static, privateIPAddress=address)


def test_public_addresses_are_known_at_once_and_nobodys(azure: Azure) -> None:
    azure.group()
    found = [azure.outputs("PublicIPAddress", azure.address(name))["ipAddress"] for name in ("a", "b")]
    assert len(set(found)) == 2
    assert all(address.startswith(("198.18.", "198.19.")) for address in found)


def test_the_zones_of_an_address_stay(azure: Azure) -> None:
    azure.group()
    with pytest.raises(PluginError, match="ResourceAvailabilityZonesCannotBeModified"):
        azure.change("PublicIPAddress", azure.address("a"), "a", zones=["1"])
    found = azure.wrong(
        "PublicIPAddress",
        **named("publicIpAddressName", "a"),
        sku={"name": "Standard"},
        publicIPAllocationMethod="Static",
        zones=["1", "2"],
    )
    assert found == ["zones: has 2 zones; one, or all three"]


def test_only_a_nat_gateway_leads_out_where_azures_own_way_is_closed(azure: Azure) -> None:
    azure.network()
    nat = azure.way_out()
    inside = azure.subnet("inside", "10.0.0.0/24", [], defaultOutboundAccess=False)
    outside = azure.subnet("outside", "10.0.1.0/24", [], defaultOutboundAccess=False, natGateway={"id": nat})
    azure.interface("one", inside)
    azure.interface("two", outside)
    (note,) = azure.notes().records("Network")
    assert note.outputs["internet"] == ["10.0.1.4"]


def test_a_group_may_close_the_way_out(azure: Azure) -> None:
    azure.network()
    nat = azure.way_out()
    closed = rule("closed", 100, "*", "443", direction="Outbound", access="Deny", destinationAddressPrefix="Internet")
    subnet = azure.subnet("nodes", "10.0.0.0/24", [closed], natGateway={"id": nat})
    azure.interface("one", subnet)
    (note,) = azure.notes().records("Network")
    assert note.outputs["internet"] == []


def test_a_load_balancer_leads_to_its_pool_from_where_the_group_says(azure: Azure) -> None:
    front, own = balanced(azure, [rule("users", 100, f"{OPERATOR}/32", "6443"), PROBE, DENY])
    assert azure.passing() == {("operator", front, "tcp", (6443, 6443)), (front, own, "tcp", (6443, 6443))}
    (made,) = azure.notes().records("Balancer")
    assert made.inputs["targets"] == [own]


def test_machines_reach_it_only_if_the_group_admits_their_way_out(azure: Azure) -> None:
    front, own = balanced(azure, [PROBE, DENY])
    assert (own, front, "tcp", (6443, 6443)) not in azure.passing()
    nat = next(one for one in azure.cloud.records("PublicIPAddress") if one.id.endswith("/nat"))
    users = rule("users", 100, f"{nat.outputs['ipAddress']}/32", "6443")
    azure.change(
        "NetworkSecurityGroup", f"{NETWORK}/networkSecurityGroups/control-planes", "control-planes",
        securityRules=[users, PROBE, DENY],
    )  # fmt: skip
    assert (own, front, "tcp", (6443, 6443)) in azure.passing()


def test_without_its_probe_a_load_balancer_leads_nowhere(azure: Azure) -> None:
    front, own = balanced(azure, [rule("users", 100, f"{OPERATOR}/32", "6443"), DENY])
    assert (front, own, "tcp", (6443, 6443)) not in azure.passing()


def test_a_rule_names_parts_that_its_load_balancer_has(azure: Azure) -> None:
    inputs = balancer("public", backendAddressPool={"id": f"{NETWORK}/loadBalancers/api/backendAddressPools/other"})
    (found,) = azure.wrong("LoadBalancer", **inputs)
    assert found.startswith("loadBalancingRules[0].backendAddressPool: InvalidResourceReference")


def test_a_rule_does_not_name_another_load_balancers_parts(azure: Azure) -> None:
    azure.network()
    pool = {"id": f"{NETWORK}/loadBalancers/other/backendAddressPools/control-planes"}
    with pytest.raises(PluginError, match="InvalidResourceReference"):
        azure.make("LoadBalancer", "api", **balancer(azure.address("api"), backendAddressPool=pool))


def test_an_interface_joins_only_a_pool_that_is_there(azure: Azure) -> None:
    azure.network()
    subnet = azure.subnet("a", "10.0.0.0/24")
    azure.make("LoadBalancer", "api", **balancer(azure.address("api")))
    with pytest.raises(PluginError, match="InvalidResourceReference"):
        azure.interface("nic", subnet, loadBalancerBackendAddressPools=[{"id": f"{POOL}-other"}])


def test_an_interface_of_a_machine_is_not_deleted(azure: Azure) -> None:
    azure.network()
    nic = azure.interface("nic", azure.subnet("a", "10.0.0.0/24"))
    azure.make("VirtualMachine", **machine(nic))
    with pytest.raises(PluginError, match="NicInUse"):
        azure.delete("NetworkInterface", nic)


def test_another_probe_than_the_hosts_is_refused(azure: Azure) -> None:
    inputs = balancer("public")
    inputs["probes"][0]["protocol"] = "Tcp"
    assert any("HTTPS /readyz alone" in found for found in azure.wrong("LoadBalancer", **inputs))


def test_a_public_address_in_use_is_not_deleted(azure: Azure) -> None:
    azure.network()
    azure.way_out()
    with pytest.raises(PluginError, match="PublicIPAddressCannotBeDeleted"):
        azure.delete("PublicIPAddress", f"{NETWORK}/publicIPAddresses/nat")
