"""Machines, each by itself."""

import base64
from typing import Any

import pytest

from crosscloud.plugins.base import PluginError

from .conftest import (
    Azure,
    machine,
    named,
    storage,
    system,
)


def interface(azure: Azure) -> str:
    azure.network()
    return azure.interface("nic", azure.subnet("nodes", "10.0.0.0/24"))


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"hardwareProfile": {"vmSize": "Standard_Nothing"}}, "hardwareProfile.vmSize"),
        ({"zones": ["4"]}, "zones"),
        ({"zones": ["1", "2"]}, "zones"),
        ({"location": "westus", "zones": ["1"]}, "zones"),
        ({"zones": ["1"], "availabilitySet": {"id": "x"}}, "availabilitySet"),
        ({"storageProfile": storage("server-arm64")}, "storageProfile.imageReference"),
        ({"storageProfile": storage("server-for-nobody")}, "storageProfile.imageReference"),
        ({"storageProfile": storage(diskSizeGB=20)}, "storageProfile.osDisk.diskSizeGB"),
        (
            {
                "hardwareProfile": {"vmSize": "Standard_D2_v5"},
                "storageProfile": storage(managedDisk={"storageAccountType": "Premium_LRS"}),
            },
            "storageProfile.osDisk.managedDisk.storageAccountType",
        ),
        (
            {"storageProfile": storage("server-gen1"), "securityProfile": {"securityType": "TrustedLaunch"}},
            "securityProfile.securityType",
        ),
        ({"osProfile": system("computerName", adminUsername="admin")}, "osProfile.adminUsername"),
        ({"osProfile": system("computerName", computerName="x" * 65)}, "osProfile.computerName"),
        ({"osProfile": system("computerName", customData="no base64!")}, "osProfile.customData"),
        (
            {"osProfile": system("computerName", linuxConfiguration={"disablePasswordAuthentication": True})},
            "osProfile.linuxConfiguration.ssh.publicKeys",
        ),
    ],
)
def test_a_machine_that_azure_refuses_is_refused_by_its_place(azure: Azure, changes: dict[str, Any], path: str) -> None:
    found = azure.wrong("VirtualMachine", **machine("nic", **changes))
    assert [one.partition(":")[0] for one in found] == [path]


def test_custom_data_has_a_limit(azure: Azure) -> None:
    def given(size: int) -> list[str]:
        data = base64.b64encode(b"x" * size).decode()
        return azure.wrong("VirtualMachine", **machine("nic", osProfile=system("computerName", customData=data)))

    assert given(65535) != given(65536)
    assert "osProfile.customData: has 65536 bytes; 65535 at most are allowed" in given(65536)


def test_a_machine_boots_under_its_name_at_its_interfaces_address(azure: Azure) -> None:
    made = azure.make("VirtualMachine", **machine(interface(azure)))
    assert azure.machines() == {"one": ("one", "10.0.0.4")}
    azure.delete("VirtualMachine", made)
    assert azure.machines() == {}


def test_a_machine_of_the_same_name_is_another_machine(azure: Azure) -> None:
    nic = interface(azure)
    first = azure.make("VirtualMachine", **machine(nic))
    identity = azure.outputs("VirtualMachine", first)["vmId"]
    azure.delete("VirtualMachine", first)
    second = azure.make("VirtualMachine", **machine(nic))
    assert second == first
    assert azure.outputs("VirtualMachine", second)["vmId"] != identity


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"osProfile": system("computerName", computerName="one", customData="")}, "osProfile"),
        ({"zones": ["2"]}, "zones"),
        ({"storageProfile": storage(diskSizeGB=64)}, "storageProfile.osDisk"),
    ],
)
def test_what_azure_can_not_change_on_a_machine_is_refused(azure: Azure, changes: dict[str, Any], path: str) -> None:
    made = azure.make("VirtualMachine", **machine(interface(azure), zones=["1"]))
    with pytest.raises(PluginError, match=f"Changing property '{path}' is not allowed"):
        azure.change("VirtualMachine", made, **changes)


def test_tags_are_changed_in_place(azure: Azure) -> None:
    made = azure.make("VirtualMachine", **machine(interface(azure)))
    before = azure.outputs("VirtualMachine", made)["vmId"]
    assert azure.change("VirtualMachine", made, tags={"owner": "me"})["vmId"] == before


def test_an_interface_has_one_machine(azure: Azure) -> None:
    nic = interface(azure)
    azure.make("VirtualMachine", **machine(nic))
    with pytest.raises(PluginError, match="NicInUse"):
        azure.make("VirtualMachine", "two", **machine(nic, vmName="two"))


def test_a_machine_that_died_is_gone_and_can_be_made_anew(azure: Azure) -> None:
    nic = interface(azure)
    made = azure.make("VirtualMachine", **machine(nic))
    azure.notes().drop("Machine", made)
    assert azure.refresh("VirtualMachine", made) is None
    azure.make("VirtualMachine", **machine(nic))
    assert azure.machines() == {"one": ("one", "10.0.0.4")}


def test_its_identities_are_given_as_a_list_and_told_as_a_map(azure: Azure) -> None:
    nic = interface(azure)
    identity = azure.make("UserAssignedIdentity", "node", **named("resourceName", "node"))
    given = {"type": "UserAssigned", "userAssignedIdentities": [identity]}
    made = azure.make("VirtualMachine", **machine(nic, identity=given))
    assert set(azure.outputs("VirtualMachine", made)["identity"]["userAssignedIdentities"]) == {identity}
    with pytest.raises(PluginError, match=r"is in use by the following resources: .*/one"):
        azure.delete("UserAssignedIdentity", identity)


@pytest.mark.parametrize(
    ("zones", "words"),
    [
        (["2"], r"ZonalAllocationFailed.*Standard_B2s_v2 in zone 2"),
        ([], "AllocationFailed.*Standard_B2s_v2 in eastus2"),
    ],
)
def test_a_machine_without_room_fails_in_azures_words(
    azure: Azure, monkeypatch: pytest.MonkeyPatch, zones: list[str], words: str
) -> None:
    nic = interface(azure)
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_FAULT", "no-capacity")
    with pytest.raises(PluginError, match=words):
        azure.make("VirtualMachine", **machine(nic, **({"zones": zones} if zones else {})))
    assert azure.machines() == {}
    monkeypatch.delenv("CROSSCLOUD_REHEARSAL_FAULT")
    azure.make("VirtualMachine", **machine(nic, **({"zones": zones} if zones else {})))


def test_an_availability_set_has_the_fault_domains_of_its_location(azure: Azure) -> None:
    def given(location: str, domains: int) -> list[str]:
        inputs = {**named("availabilitySetName", "together"), "location": location, "sku": {"name": "Aligned"}}
        return azure.wrong("AvailabilitySet", **inputs, platformFaultDomainCount=domains)

    assert given("westus", 3) == []
    assert given("westcentralus", 3)[0].endswith("must fall in the range 1 to 2")
