"""Names, places and references: what Azure asks of every resource."""

from typing import Any

import pytest

from crosscloud.plugins.base import PluginError
from crosscloud.plugins.simulated import RecordedResource, declared
from crosscloud.plugins.simulated_azure_native.resources import resources

from .conftest import GROUP, NETWORK, Azure, named, rule


@pytest.mark.parametrize("resource", resources(), ids=lambda one: one.sdk)
def test_each_class_declares_what_its_sdk_knows(resource: RecordedResource) -> None:
    assert not list(declared(resource))


@pytest.mark.parametrize(
    ("kind", "place", "name", "words"),
    [
        ("VirtualNetwork", "virtualNetworkName", "n", "2 to 64"),
        ("VirtualNetwork", "virtualNetworkName", "net.", "not ending with a period"),
        ("NetworkSecurityGroup", "networkSecurityGroupName", "x" * 81, "1 to 80"),
        ("PublicIPAddress", "publicIpAddressName", "_api", "beginning with a letter or digit"),
        ("VirtualMachine", "vmName", "x" * 65, "1 to 64"),
        ("VirtualMachine", "vmName", "a machine", "no spaces"),
        ("UserAssignedIdentity", "resourceName", "ab", "3 to 128"),
        ("ResourceGroup", "resourceGroupName", "group.", "not ending with a period"),
    ],
)
def test_a_name_that_azure_refuses_is_refused_with_what_is_allowed(
    azure: Azure, kind: str, place: str, name: str, words: str
) -> None:
    inputs: dict[str, Any] = {
        "location": "eastus2",
        place: name,
        **({} if kind == "ResourceGroup" else {"resourceGroupName": "rg"}),
    }
    if kind == "VirtualMachine":
        inputs["networkProfile"] = {"networkInterfaces": [{"id": "x"}]}
    assert any(found.startswith(f"{place}: ") and words in found for found in azure.wrong(kind, **inputs))


def test_a_property_that_the_sdk_does_not_know_is_refused(azure: Azure) -> None:
    found = azure.wrong("ResourceGroup", location="eastus2", managedBuy="me")
    assert found == ["managedBuy: is not known; did you mean managedBy?"]


def test_a_location_that_is_none_is_refused(azure: Azure) -> None:
    (found,) = azure.wrong("ResourceGroup", location="middleearth")
    assert found.startswith("location: 'middleearth' is no location")


def test_a_location_is_the_same_however_it_is_written(azure: Azure) -> None:
    assert azure.wrong("ResourceGroup", location="East US 2") == []


def test_a_tag_that_azure_refuses_is_refused(azure: Azure) -> None:
    found = azure.wrong("ResourceGroup", location="eastus2", tags={"a/b": "x", "c": "x" * 257})
    assert [one.partition(":")[0] for one in found] == ["tags.a/b", "tags.c"]


def test_a_resource_group_is_named_by_its_provider_and_keeps_the_name(azure: Azure) -> None:
    made = azure.make("ResourceGroup", "demo", location="eastus2")
    name = azure.outputs("ResourceGroup", made)["name"]
    assert name.startswith("demo")
    assert len(name) == len("demo") + 8
    assert made.endswith(f"/resourceGroups/{name}")


def test_ids_are_azures(azure: Azure) -> None:
    network = azure.network()
    assert network == f"{NETWORK}/virtualNetworks/net"
    assert azure.subnet("nodes", "10.0.1.0/24") == f"{network}/subnets/nodes"
    identity = azure.make("UserAssignedIdentity", "node", **named("resourceName", "node"))
    assert identity == f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/node"


def test_nothing_is_made_in_a_resource_group_that_is_not_there(azure: Azure) -> None:
    with pytest.raises(PluginError, match="ResourceGroupNotFound"):
        azure.make("UserAssignedIdentity", "node", **named("resourceName", "node"))


def test_two_resources_of_a_kind_have_different_names(azure: Azure) -> None:
    azure.group()
    azure.make("UserAssignedIdentity", "node", **named("resourceName", "node"))
    with pytest.raises(PluginError, match="cannot create already existing resource"):
        azure.make("UserAssignedIdentity", "other", **named("resourceName", "node"))


def test_what_is_in_use_is_not_deleted(azure: Azure) -> None:
    azure.network()
    subnet = azure.subnet("nodes", "10.0.1.0/24", [])
    guard = f"{NETWORK}/networkSecurityGroups/nodes"
    with pytest.raises(PluginError, match="InUseNetworkSecurityGroupCannotBeDeleted"):
        azure.delete("NetworkSecurityGroup", guard)
    interface = azure.interface("nic", subnet)
    with pytest.raises(PluginError, match=r"Subnet nodes is in use by .*nic"):
        azure.delete("Subnet", subnet)
    azure.delete("NetworkInterface", interface)
    azure.delete("Subnet", subnet)
    azure.delete("NetworkSecurityGroup", guard)


def test_a_network_is_not_deleted_while_something_is_in_it(azure: Azure) -> None:
    network = azure.network()
    azure.subnet("nodes", "10.0.1.0/24")
    with pytest.raises(PluginError, match="InUseVirtualNetworkCannotBeDeleted"):
        azure.delete("VirtualNetwork", network)


@pytest.mark.parametrize(
    ("kind", "key", "before", "after"),
    [
        ("ResourceGroup", "location", "eastus2", "westeurope"),
        ("VirtualNetwork", "virtualNetworkName", "net", "other"),
        ("VirtualNetwork", "location", "eastus2", "westeurope"),
        ("PublicIPAddress", "sku", {"name": "Standard"}, {"name": "Standard", "tier": "Global"}),
        ("VirtualMachine", "location", "eastus2", "westeurope"),
        ("Subnet", "resourceGroupName", "rg", "other"),
    ],
)
def test_what_azure_native_replaces_is_replaced(
    azure: Azure, kind: str, key: str, before: object, after: object
) -> None:
    replaced = azure.replaced_by(kind, {key: before}, {key: after})
    assert replaced
    assert all(path.startswith(key) for path in replaced)


@pytest.mark.parametrize(
    ("kind", "key", "before", "after"),
    [
        ("NetworkSecurityGroup", "securityRules", [rule("a", 100, "*", "22")], [rule("a", 100, "*", "23")]),
        ("Subnet", "addressPrefix", "10.0.0.0/24", "10.0.1.0/24"),
        ("VirtualMachine", "hardwareProfile", {"vmSize": "Standard_B2s_v2"}, {"vmSize": "Standard_D2s_v5"}),
        ("VirtualMachineScaleSet", "sku", {"capacity": 1}, {"capacity": 2}),
        ("ResourceGroup", "tags", {"a": "b"}, {"a": "c"}),
    ],
)
def test_what_azure_native_changes_in_place_is_not_replaced(
    azure: Azure, kind: str, key: str, before: object, after: object
) -> None:
    assert azure.replaced_by(kind, {key: before}, {key: after}) == set()


def test_another_location_is_refused_where_the_provider_would_only_try_it(azure: Azure) -> None:
    azure.network()
    azure.subnet("nodes", "10.0.1.0/24", [])
    with pytest.raises(PluginError, match="InvalidResourceLocation"):
        azure.change("NetworkSecurityGroup", f"{NETWORK}/networkSecurityGroups/nodes", "nodes", location="westeurope")


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        ("VirtualNetwork", {"subnets": [{"name": "a"}], "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}),
        ("LoadBalancer", {"inboundNatRules": [], "sku": {"name": "Standard"}}),
        ("VirtualMachineScaleSet", {"plan": {"name": "x"}}),
    ],
)
def test_what_the_rehearsal_does_not_model_is_refused_and_not_passed_over(
    azure: Azure, kind: str, inputs: dict[str, object]
) -> None:
    place = next(iter(inputs))
    names = {"VirtualNetwork": "virtualNetworkName", "LoadBalancer": "loadBalancerName"}
    found = azure.wrong(kind, **named(names.get(kind, "vmScaleSetName"), "one"), **inputs)
    assert any(one.startswith(f"{place}: is not modelled") for one in found)
