"""Managed groups have as many machines as asked for, all of one template, whatever becomes of them."""

from typing import Any

import pytest

from crosscloud.plugins.base import PluginError
from crosscloud.plugins.simulated import fabric
from tests.crosscloud.plugins.simulated_gcp.google import REGION, Google

SUBNETWORK = {"id": "s"}
KB = 1024


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


def test_a_machine_that_died_is_made_anew_under_its_name_when_the_group_is_looked_at(google: Google) -> None:
    _, subnetwork = google.network()
    group = google.group(google.template(subnetwork))
    before = {each.id for each in google.fabric("Machine")}
    fabric.halt(sorted(before)[0])
    assert len(google.fabric("Machine")) == 1
    assert google.look("RegionInstanceGroupManager", group) is not None
    assert {each.id for each in google.fabric("Machine")} == before
    assert {each.id for each in google.cloud.records("ManagedInstance")} == before


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
    google.compare("RegionInstanceGroupManager", group)  # a second `up` does that, though nothing has changed
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
