"""Machines and scale sets."""

import base64
from typing import Any

import pytest

from crosscloud.plugins.base import PluginError

from .conftest import (
    Azure,
    machine,
    named,
    scale_set,
    storage,
    system,
)


def interface(azure: Azure) -> str:
    azure.network()
    return azure.interface("nic", azure.subnet("nodes", "10.0.0.0/24"))


def workers(azure: Azure, **more: Any) -> str:
    azure.network()
    subnet = azure.subnet("nodes", "10.0.0.0/24")
    return azure.make("VirtualMachineScaleSet", "workers", **scale_set(subnet, **more))


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


# Scale sets


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"orchestrationMode": "Flexible"}, "orchestrationMode"),
        ({"sku": {"name": "Standard_B2s_v2", "capacity": 101}}, "sku.capacity"),
        ({"overprovision": True}, "overprovision"),
        ({"automaticRepairsPolicy": {"enabled": True, "gracePeriod": "PT5M"}}, "automaticRepairsPolicy.gracePeriod"),
        (
            {
                "upgradePolicy": {
                    "mode": "Rolling",
                    "rollingUpgradePolicy": {"maxBatchInstancePercent": 50, "maxUnhealthyInstancePercent": 20},
                }
            },
            "upgradePolicy.rollingUpgradePolicy.maxUnhealthyInstancePercent",
        ),
    ],
)
def test_a_scale_set_that_azure_refuses_is_refused_by_its_place(
    azure: Azure, changes: dict[str, Any], path: str
) -> None:
    found = azure.wrong("VirtualMachineScaleSet", **scale_set("subnet", **changes))
    assert [one.partition(":")[0] for one in found] == [path]


def test_rolling_upgrades_need_to_know_how_machines_are(azure: Azure) -> None:
    inputs = scale_set("subnet")
    del inputs["virtualMachineProfile"]["extensionProfile"]
    (found,) = azure.wrong("VirtualMachineScaleSet", **inputs)
    assert "Application Health extension" in found


def test_instances_are_named_by_prefix_and_number_and_spread_over_zones(azure: Azure) -> None:
    workers(azure, capacity=3)
    assert azure.machines() == {
        "0": ("computer-000000", "10.0.0.4"),
        "1": ("computer-000001", "10.0.0.5"),
        "2": ("computer-000002", "10.0.0.6"),
    }
    assert {one.inputs["zone"] for one in azure.cloud.records("ScaleSetInstance")} == {"1", "2", "3"}


def test_capacity_grows_and_shrinks_by_the_newest(azure: Azure) -> None:
    made = workers(azure, capacity=1)
    azure.change("VirtualMachineScaleSet", made, "workers", sku={"name": "Standard_B2s_v2", "capacity": 3})
    assert set(azure.machines()) == {"0", "1", "2"}
    azure.change("VirtualMachineScaleSet", made, "workers", sku={"name": "Standard_B2s_v2", "capacity": 1})
    assert set(azure.machines()) == {"0"}


@pytest.mark.parametrize("what", ["size", "custom data"])
def test_another_model_brings_other_instances(azure: Azure, what: str) -> None:
    made = workers(azure, capacity=2)
    if what == "size":
        changes: dict[str, Any] = {"sku": {"name": "Standard_D2s_v5", "capacity": 2}}
    else:
        profile = dict(azure.inputs("VirtualMachineScaleSet", made)["virtualMachineProfile"])
        changes = {"virtualMachineProfile": {**profile, "osProfile": system("computerNamePrefix", customData="")}}
    azure.change("VirtualMachineScaleSet", made, "workers", **changes)
    assert set(azure.machines()) == {"2", "3"}


def test_tags_leave_instances_alone(azure: Azure) -> None:
    made = workers(azure, capacity=2)
    azure.change("VirtualMachineScaleSet", made, "workers", tags={"owner": "me"})
    assert set(azure.machines()) == {"0", "1"}


def test_zones_are_added_to_a_scale_set_and_never_taken_from_it(azure: Azure) -> None:
    made = workers(azure, capacity=1, zones=["1", "2"])
    azure.change("VirtualMachineScaleSet", made, "workers", zones=["1", "2", "3"])
    with pytest.raises(PluginError, match="2 can't be taken"):
        azure.change("VirtualMachineScaleSet", made, "workers", zones=["1", "3"])


def test_a_dead_instance_is_missing_at_a_refresh_and_comes_back_with_an_update(azure: Azure) -> None:
    made = workers(azure, capacity=2)
    azure.notes().drop("Machine", f"{made}/virtualMachines/0")
    found = azure.refresh("VirtualMachineScaleSet", made, "workers")
    assert found["sku"]["capacity"] == 1
    assert found.inputs["sku"]["capacity"] == 1, "so that the program's 2 is a difference"
    azure.change("VirtualMachineScaleSet", made, "workers")
    assert set(azure.machines()) == {"1", "2"}


def test_a_set_that_is_scaled_automatically_puts_a_dead_instance_back_itself(azure: Azure) -> None:
    made = workers(azure, capacity=2)
    limits = {"minimum": "1", "maximum": "3", "default": "2"}
    azure.make(
        "AutoscaleSetting",
        **named("autoscaleSettingName", "workers"),
        targetResourceUri=made,
        profiles=[{"name": "load", "capacity": limits, "rules": []}],
    )
    azure.notes().drop("Machine", f"{made}/virtualMachines/0")
    assert azure.refresh("VirtualMachineScaleSet", made, "workers")["sku"]["capacity"] == 2
    assert set(azure.machines()) == {"1", "2"}


def test_a_scale_set_goes_with_its_instances(azure: Azure) -> None:
    made = workers(azure, capacity=2)
    azure.delete("VirtualMachineScaleSet", made)
    assert azure.machines() == {}
    assert azure.cloud.records("ScaleSetInstance") == []
    assert azure.cloud.records("ScaleSetCounter") == []


def test_a_scale_set_without_room_in_a_zone_leaves_nothing(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    azure.network()
    subnet = azure.subnet("nodes", "10.0.0.0/24")
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_FAULT", "no-capacity=2")
    with pytest.raises(PluginError, match=r"ZonalAllocationFailed.*zone 2"):
        azure.make("VirtualMachineScaleSet", "workers", **scale_set(subnet))
    assert azure.machines() == {}
    assert azure.cloud.records("VirtualMachineScaleSet") == []


def test_the_limits_of_autoscaling_fit_each_other(azure: Azure) -> None:
    limits = {"minimum": "3", "maximum": "2", "default": "2"}
    found = azure.wrong(
        "AutoscaleSetting",
        **named("autoscaleSettingName", "workers"),
        targetResourceUri="x",
        profiles=[{"name": "load", "capacity": limits, "rules": []}],
    )
    assert [one.partition(":")[0] for one in found] == ["profiles[0].capacity"]
