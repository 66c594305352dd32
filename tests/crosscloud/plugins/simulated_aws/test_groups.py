"""Auto-scaling groups of the simulated AWS: members over zones, dead ones put back, and all of them renewed in turn."""

import base64
from collections import Counter
from typing import Any

import pytest

from crosscloud.plugins.base import PartialFailure, PluginError
from crosscloud.plugins.simulated import fabric
from crosscloud.plugins.simulated_aws import client, groups, launching
from tests.crosscloud.plugins.simulated_aws.conftest import AMD64, Aws

ZONES = ("a", "b", "c")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "_WARMUP", 0.0)


class Workers:
    """A network over three zones with a launch template, and groups of it."""

    def __init__(self, aws: Aws) -> None:
        self.aws, self.vpc = aws, aws.network()
        self.subnets = [
            aws.subnet(self.vpc, f"10.0.{16 * index}.0/20", f"us-east-1{zone}") for index, zone in enumerate(ZONES)
        ]
        self.security = aws.group(self.vpc)
        self.template = aws.make(
            "LaunchTemplate",
            imageId=AMD64,
            instanceType="t3.large",
            userData=base64.b64encode(b"#cloud-config\n").decode(),
            vpcSecurityGroupIds=[self.security],
            updateDefaultVersion=True,
            metadataOptions={"httpTokens": "required", "httpPutResponseHopLimit": 1},
            blockDeviceMappings=[
                {
                    "deviceName": "/dev/xvda",
                    "ebs": {"volumeSize": 30, "encrypted": "true", "deleteOnTermination": "true"},
                }
            ],
            tagSpecifications=[{"resourceType": "volume", "tags": {"Name": "disk"}}],
        )

    def make(self, count: int, **more: Any) -> str:
        given: dict[str, Any] = {
            "minSize": count,
            "maxSize": count,
            "desiredCapacity": count,
            "vpcZoneIdentifiers": self.subnets,
            "launchTemplate": {"id": self.template, "version": "1"},
            "instanceRefresh": {"strategy": "Rolling"},
            "tags": [{"key": "Name", "value": "worker", "propagateAtLaunch": True}],
            **more,
        }
        return self.aws.make("Group", **given)

    def zones(self, group: str) -> Counter[str]:
        return Counter(
            (launching.describe(member) or {})["Placement"]["AvailabilityZone"] for member in groups.members(group)
        )


@pytest.fixture
def workers(aws: Aws) -> Workers:
    return Workers(aws)


def test_members_are_spread_over_the_zones_and_booted(workers: Workers) -> None:
    group = workers.make(4)
    assert sorted(workers.zones(group).values()) == [1, 1, 2]
    assert len(fabric.machines(workers.vpc)) == 4
    described = groups.described(group)
    assert described is not None
    assert (described["MinSize"], described["DesiredCapacity"], described["MaxSize"]) == (4, 4, 4)


def test_members_are_as_the_template_and_the_groups_tags_say(workers: Workers) -> None:
    member = groups.members(workers.make(1))[0]
    live = launching.describe(member)
    assert live is not None
    assert live["InstanceType"] == "t3.large"
    assert live["MetadataOptions"]["HttpTokens"] == "required"
    assert [one["GroupId"] for one in live["NetworkInterfaces"][0]["Groups"]] == [workers.security]
    assert {"Key": "Name", "Value": "worker"} in live["Tags"]


def test_a_dead_member_is_put_back_when_the_group_is_looked_at(workers: Workers) -> None:
    group = workers.make(3)
    dead, *others = groups.members(group)
    fabric.halt(dead)
    assert workers.aws.refresh("Group", group) is not None
    members = groups.members(group)
    assert dead not in members
    assert set(others) < set(members)
    assert sorted(workers.zones(group).values()) == [1, 1, 1]
    assert launching.describe(dead) is None


def test_the_group_grows_and_shrinks_to_what_is_asked(workers: Workers) -> None:
    group = workers.make(1)
    workers.aws.change("Group", group, minSize=3, maxSize=3, desiredCapacity=3)
    assert len(groups.members(group)) == len(fabric.machines(workers.vpc)) == 3
    workers.aws.change("Group", group, minSize=2, maxSize=3, desiredCapacity=2)
    assert len(groups.members(group)) == len(fabric.machines(workers.vpc)) == 2


def test_another_version_of_the_template_renews_members_one_by_one_and_never_fewer(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = workers.make(2)
    before = groups.members(group)
    sizes: list[int] = []
    end = groups._end

    def noted(name: str, member: str) -> None:
        sizes.append(len(groups.members(name)))
        end(name, member)

    monkeypatch.setattr(groups, "_end", noted)
    changed = workers.aws.change("LaunchTemplate", workers.template, instanceType="t3.xlarge")
    assert changed["latestVersion"] == 2
    workers.aws.change("Group", group, launchTemplate={"id": workers.template, "version": "2"})
    after = groups.members(group)
    assert len(after) == 2
    assert not set(before) & set(after)
    assert {(launching.describe(member) or {})["InstanceType"] for member in after} == {"t3.xlarge"}
    assert sizes == [3, 3]
    described = groups.described(group)
    assert described is not None
    assert (described["MinSize"], described["DesiredCapacity"], described["MaxSize"]) == (2, 2, 2)


def test_without_a_refresh_only_new_members_come_from_another_version(workers: Workers) -> None:
    group = workers.make(1, instanceRefresh=None)
    before = groups.members(group)
    workers.aws.change("LaunchTemplate", workers.template, instanceType="t3.xlarge")
    workers.aws.change("Group", group, launchTemplate={"id": workers.template, "version": "2"})
    assert groups.members(group) == before


def test_tags_alone_make_no_version_of_a_template(workers: Workers) -> None:
    assert workers.aws.change("LaunchTemplate", workers.template, tags={"a": "b"})["latestVersion"] == 1


def test_a_version_that_does_not_exist_is_refused(workers: Workers) -> None:
    with pytest.raises(PluginError, match=r"api error InvalidLaunchTemplateId"):
        workers.make(1, launchTemplate={"id": workers.template, "version": "7"})


def test_a_zone_without_capacity_is_made_up_for_by_the_others(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_FAULT", "no-capacity=us-east-1a")
    zones = workers.zones(workers.make(3))
    assert set(zones) == {"us-east-1b", "us-east-1c"}
    assert zones.total() == 3


def test_a_group_that_gets_no_machine_is_there_says_why_and_is_filled_by_the_next_update(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_FAULT", "no-capacity")
    with pytest.raises(PartialFailure, match=r"Could not launch On-Demand Instances.*sufficient t3.large") as failure:
        workers.make(2)
    group = failure.value.id
    assert groups.members(group) == []
    monkeypatch.delenv("CROSSCLOUD_REHEARSAL_FAULT")
    groups.reconcile(group, failure.value.outputs, lambda _line: None)
    assert len(groups.members(group)) == 2


def test_nothing_of_a_group_is_left(workers: Workers) -> None:
    group = workers.make(2)
    workers.aws.delete("Group", group)
    assert groups.described(group) is None
    assert fabric.machines(workers.vpc) == []
    assert client.ask("ec2", "DescribeVolumes")["Volumes"] == []
    for subnet in workers.subnets:
        workers.aws.delete("Subnet", subnet)
    workers.aws.delete("LaunchTemplate", workers.template)


@pytest.mark.parametrize(
    ("sizes", "wrong"),
    [
        ({"minSize": 3, "maxSize": 2}, "minSize: is 3; not more than maxSize, 2"),
        ({"minSize": 1, "maxSize": 2, "desiredCapacity": 3}, "desiredCapacity: is 3; from minSize, 1, to maxSize, 2"),
    ],
)
def test_sizes_that_contradict_each_other_are_refused(aws: Aws, sizes: dict[str, int], wrong: str) -> None:
    found = aws.wrong("Group", vpcZoneIdentifiers=["subnet-1"], launchTemplate={"id": "lt-1"}, **sizes)
    assert wrong in found
