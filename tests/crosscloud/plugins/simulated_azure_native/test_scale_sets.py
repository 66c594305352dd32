"""Scale sets and what scales them."""

from typing import Any

import pytest

from crosscloud.plugins.base import PluginError

from .conftest import Azure, named, scale_set, system


def workers(azure: Azure, **more: Any) -> str:
    azure.network()
    subnet = azure.subnet("nodes", "10.0.0.0/24")
    return azure.make("VirtualMachineScaleSet", "workers", **scale_set(subnet, **more))


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
