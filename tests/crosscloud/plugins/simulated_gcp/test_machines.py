"""Instances: what Google takes, what it makes of it, and what becomes of one that dies."""

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


def test_another_image_or_zone_is_another_instance_and_other_tags_are_not(google: Google) -> None:
    _, subnetwork = google.network()
    made = google.instance(subnetwork)
    disk = {"initializeParams": {"image": "debian-cloud/debian-12", "type": "pd-balanced"}}
    for new in ({"bootDisk": disk}, {"zone": "us-central1-b"}):
        assert google.compare("Instance", made, **new).replaces, new
    tagged = google.compare("Instance", made, tags=[])
    assert tagged.detailed
    assert not tagged.replaces


def test_a_range_grows_in_place_and_shrinks_by_replacement(google: Google) -> None:
    _, subnetwork = google.network()
    assert not google.compare("Subnetwork", subnetwork, ipCidrRange="10.0.0.0/16").replaces
    assert "ipCidrRange" in google.compare("Subnetwork", subnetwork, ipCidrRange="10.0.0.0/18").replaces


def test_a_zone_without_room_says_so_in_google_s_words(google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    _, subnetwork = google.network()
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_FAULT", f"no-capacity={ZONE}")
    words = (
        r"The zone 'projects/p/zones/us-central1-a' does not have enough .* A e2-standard-2 VM .* ZONE_RESOURCE_POOL"
    )
    with pytest.raises(PluginError, match=words):
        google.instance(subnetwork)
    google.instance(subnetwork, zone="us-central1-b")


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
