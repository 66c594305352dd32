"""Instances and managed groups: what Google takes, what it makes of it, and what becomes of what dies."""

from typing import Any

import pytest

from crosscloud.plugins.base import UNKNOWN, PluginError, Values
from crosscloud.plugins.simulated import fabric
from tests.crosscloud.plugins.simulated_gcp.google import IMAGE, REGION, ZONE, Google, machine

SUBNETWORK = {"id": "s"}
KB = 1024


def test_an_instance_is_a_machine_of_its_name_with_the_first_free_address(google: Google) -> None:
    _, subnetwork = google.network()
    made = google.instance(subnetwork, "vm-1")
    assert made["networkInterfaces"][0]["networkIp"] == "10.0.0.2"
    [booted] = google.fabric("Machine")
    assert (booted.inputs["hostname"], booted.inputs["address"]) == ("vm-1", "10.0.0.2")
    assert google.instance(subnetwork, "vm-2")["networkInterfaces"][0]["networkIp"] == "10.0.0.3"


def test_a_preview_knows_no_address(google: Google) -> None:
    checked, _ = google.check("Instance", "vm", name="vm", **machine(SUBNETWORK))
    _, outputs = google.kinds["Instance"].create(google.call("Instance", "vm", preview=True), checked)
    assert outputs["networkInterfaces"][0]["networkIp"] is UNKNOWN
    assert outputs["instanceId"] is UNKNOWN
    assert not google.cloud.records("Instance")


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"zone": "us-central1-z"}, "zone"),
        ({"zone": "moon-east1-a"}, "zone"),
        ({"machineType": "e2-standard-3"}, "machineType"),
        ({"machineType": "t2a-standard-2", "zone": "us-central1-c"}, "machineType"),
        ({"bootDisk": {"initializeParams": {"image": "debian-cloud/debian-1"}}}, "bootDisk.initializeParams.image"),
        ({"machineType": "t2a-standard-2"}, "bootDisk.initializeParams.image"),
        ({"machineType": "n4-standard-2"}, "bootDisk.initializeParams.type"),
        ({"tags": ["No_Tag"]}, "tags[0]"),
        ({"metadata": {"user-data": "x" * (256 * KB + 1)}}, "metadata.user-data"),
        ({"metadata": {"a": "x" * 256 * KB, "b": "x" * 256 * KB}}, "metadata"),
        ({"networkInterfaces": [{"network": "default"}]}, "networkInterfaces[0].subnetwork"),
        ({"networkInterfaces": [{"subnetwork": "s", "accessConfigs": [{}]}]}, "networkInterfaces[0].accessConfigs"),
        ({"shieldedInstanceConfig": {"enableSecureBoot": "yes"}}, "shieldedInstanceConfig.enableSecureBoot"),
    ],
)
def test_what_google_would_not_make_is_refused(google: Google, more: dict[str, Any], wrong: str) -> None:
    assert not google.refused("Instance", name="vm", **machine(SUBNETWORK))
    assert wrong in google.refused("Instance", name="vm", **{**machine(SUBNETWORK), **more})


def test_user_data_of_256_kb_is_taken(google: Google) -> None:
    inputs = {**machine(SUBNETWORK), "metadata": {"user-data": "x" * 256 * KB}}
    assert not google.refused("Instance", name="vm", **inputs)


def test_an_instance_needs_the_service_account_that_it_names(google: Google) -> None:
    _, subnetwork = google.network()
    account = {"email": "demo-ctrl@p.iam.gserviceaccount.com", "scopes": ["logging-write"]}
    with pytest.raises(PluginError, match="does not have access to service account"):
        google.instance(subnetwork, serviceAccount=account)
    google.make("Account", "a", accountId="demo-ctrl")
    google.instance(subnetwork, serviceAccount=account)


def test_an_instance_that_fails_to_boot_leaves_nothing(google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    _, subnetwork = google.network()

    def fails(*_: Any, **__: Any) -> None:
        raise PluginError("no room")

    monkeypatch.setattr(fabric, "boot", fails)
    with pytest.raises(PluginError, match="no room"):
        google.instance(subnetwork)
    assert not google.cloud.records("Instance")


def test_an_instance_whose_machine_died_is_gone_with_its_membership(google: Google) -> None:
    network, subnetwork = google.network()
    made = google.instance(subnetwork)
    group = google.make("InstanceGroup", "g", network=network["id"], zone=ZONE)
    member = google.make("InstanceGroupMembership", "m", instance=made["selfLink"], instanceGroup="g", zone=ZONE)
    assert google.look("Instance", made) is not None
    fabric.halt(made["id"])
    assert google.look("Instance", made) is None
    assert not google.cloud.records("Instance")
    assert google.cloud.get("InstanceGroupMembership", member["id"]) is None
    google.remove("InstanceGroup", group)


def test_labels_and_tags_change_in_place_and_the_address_stays(google: Google) -> None:
    _, subnetwork = google.network()
    made = google.instance(subnetwork)
    changed = google.change("Instance", made, labels={"owner": "me"}, tags=["worker"])
    assert changed["networkInterfaces"] == made["networkInterfaces"]
    assert google.record("Instance", made).inputs["tags"] == ["worker"]


def test_a_size_changes_only_on_a_machine_that_may_be_stopped(google: Google) -> None:
    _, subnetwork = google.network()
    made = google.instance(subnetwork)
    with pytest.raises(PluginError, match="set allow_stopping_for_update = true"):
        google.change("Instance", made, machineType="e2-standard-4")


def test_another_image_or_zone_is_another_instance(google: Google) -> None:
    old = Values(machine(SUBNETWORK))
    disk = {"initializeParams": {"image": "debian-cloud/debian-12", "type": "pd-balanced"}}
    for new in ({"bootDisk": disk}, {"zone": "us-central1-b"}):
        found = google.kinds["Instance"].diff(google.call("Instance", "vm"), "id", old, old, Values({**old, **new}))
        assert found.replaces, new
    tagged = google.kinds["Instance"].diff(google.call("Instance", "vm"), "id", old, old, Values({**old, "tags": []}))
    assert tagged.detailed
    assert not tagged.replaces


def test_a_zone_without_room_says_so_in_google_s_words(google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    _, subnetwork = google.network()
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_FAULT", f"no-capacity={ZONE}")
    words = (
        r"The zone 'projects/p/zones/us-central1-a' does not have enough .* A e2-standard-2 VM .* ZONE_RESOURCE_POOL"
    )
    with pytest.raises(PluginError, match=words):
        google.instance(subnetwork)
    google.instance(subnetwork, zone="us-central1-b")


def zones(google: Google) -> list[str]:
    return sorted(each.outputs["zone"] for each in google.cloud.records("ManagedInstance"))


def test_a_group_spreads_its_machines_over_its_zones(google: Google) -> None:
    _, subnetwork = google.network()
    google.group(google.template(subnetwork), targetSize=3)
    assert zones(google) == ["us-central1-a", "us-central1-a", "us-central1-b"]
    for booted in google.fabric("Machine"):
        base, _, suffix = booted.inputs["hostname"].rpartition("-")
        assert (base, len(suffix)) == ("worker", 4)


def test_a_group_grows_and_shrinks_in_place(google: Google) -> None:
    _, subnetwork = google.network()
    group = google.group(google.template(subnetwork))
    first = {each.id for each in google.fabric("Machine")}
    google.change("RegionInstanceGroupManager", group, targetSize=3)
    assert first < {each.id for each in google.fabric("Machine")}
    google.change("RegionInstanceGroupManager", group, targetSize=1)
    assert len(google.fabric("Machine")) == 1


def test_a_machine_of_a_group_that_died_is_put_back_when_the_group_is_looked_at(google: Google) -> None:
    _, subnetwork = google.network()
    group = google.group(google.template(subnetwork))
    died = google.fabric("Machine")[0].id
    fabric.halt(died)
    assert google.look("RegionInstanceGroupManager", group) is not None
    members = {each.id for each in google.cloud.records("ManagedInstance")}
    assert len(members) == 2
    assert died not in members
    assert members == {each.id for each in google.fabric("Machine")}


def test_another_template_rolls_every_machine_over(google: Google) -> None:
    _, subnetwork = google.network()
    old = google.template(subnetwork)
    group = google.group(old)
    before = {each.id for each in google.fabric("Machine")}
    with pytest.raises(PluginError, match="is already being used by"):
        google.remove("InstanceTemplate", old)
    new = google.template(subnetwork, "another", machineType="e2-standard-4")
    google.change("RegionInstanceGroupManager", group, versions=[{"instanceTemplate": new["selfLinkUnique"]}])
    after = {each.id for each in google.fabric("Machine")}
    assert len(after) == 2
    assert not before & after
    google.remove("InstanceTemplate", old)


def test_a_group_goes_where_there_is_room(google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    _, subnetwork = google.network()
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_FAULT", "no-capacity=us-central1-a")
    google.group(google.template(subnetwork))
    assert zones(google) == ["us-central1-b", "us-central1-b"]


def test_a_group_without_room_is_made_and_filled_later(google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    _, subnetwork = google.network()
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_FAULT", "no-capacity")
    group = google.group(google.template(subnetwork))
    assert zones(google) == []
    monkeypatch.delenv("CROSSCLOUD_REHEARSAL_FAULT")
    google.look("RegionInstanceGroupManager", group)
    assert zones(google) == ["us-central1-a", "us-central1-b"]


def test_an_autoscaler_keeps_a_group_within_its_bounds(google: Google) -> None:
    _, subnetwork = google.network()
    group = google.group(google.template(subnetwork), targetSize=1)
    policy = {"minReplicas": 2, "maxReplicas": 4}
    assert "autoscalingPolicy.minReplicas" in google.refused(
        "RegionAutoscaler", target="g", autoscalingPolicy={"minReplicas": 5, "maxReplicas": 4}
    )
    google.make("RegionAutoscaler", "scaler", target=group["id"], autoscalingPolicy=policy, region=REGION)
    assert len(zones(google)) == 2


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"updatePolicy": {"maxSurgeFixed": 1}}, "updatePolicy.maxSurgeFixed"),
        ({"updatePolicy": {"maxSurgeFixed": 0, "maxUnavailableFixed": 0}}, "updatePolicy.maxSurgeFixed"),
        ({"distributionPolicyTargetShape": "BALANCED"}, "updatePolicy.instanceRedistributionType"),
        ({"distributionPolicyTargetShape": "ROUND"}, "distributionPolicyTargetShape"),
        ({"distributionPolicyZones": ["us-central1-z"]}, "distributionPolicyZones[0]"),
        ({"baseInstanceName": "w" * 59}, "baseInstanceName"),
    ],
)
def test_a_group_that_google_would_not_take_is_refused(google: Google, more: dict[str, Any], wrong: str) -> None:
    good = {
        "name": "g",
        "baseInstanceName": "worker",
        "versions": [{"instanceTemplate": "t"}],
        "distributionPolicyZones": ["us-central1-a", "us-central1-b"],
        "updatePolicy": {"type": "PROACTIVE", "minimalAction": "REPLACE", "maxSurgeFixed": 2},
    }
    assert not google.refused("RegionInstanceGroupManager", **good)
    policy = {**good["updatePolicy"], **more.get("updatePolicy", {})}  # type: ignore[dict-item]
    assert wrong in google.refused("RegionInstanceGroupManager", **{**good, **more, "updatePolicy": policy})


def test_zones_and_machine_types_are_looked_up_in_the_data_files(google: Google) -> None:
    call = google.call("Network", "x")
    zones = google.provider.invoke(call, "gcp:compute/getZones:getZones", Values({"region": REGION}))["names"]
    assert zones == [f"{REGION}-{letter}" for letter in "abcf"]
    arguments = Values({"zone": "us-central1-c", "filter": "(name = e2-standard-2) OR (name = t2a-standard-2)"})
    found = google.provider.invoke(call, "gcp:compute/getMachineTypes:getMachineTypes", arguments)["machineTypes"]
    assert [each["name"] for each in found] == ["e2-standard-2"]


def test_a_template_is_held_to_the_same_rules(google: Google) -> None:
    inputs = {
        "machineType": "e2-standard-2",
        "disks": [{"boot": True, "sourceImage": IMAGE, "diskType": "hyperdisk-balanced"}],
        "networkInterfaces": [{"subnetwork": "s"}],
        "metadata": {"user-data": "x" * (256 * KB + 1)},
    }
    assert set(google.refused("InstanceTemplate", name="t", **inputs)) == {"disks[0].diskType", "metadata.user-data"}
