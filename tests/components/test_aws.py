"""What the cluster on AWS asks the engine for: the whole of it, and its machines."""

import pytest

from crosscloud.errors import CrosscloudError
from tests.components.aws_engine import NEWEST, Engine, make, start
from tests.components.double import KEY, same_as_golden, seen


@pytest.fixture
def engine() -> Engine:
    return start()


def test_one_control_plane_and_one_worker_are_what_the_golden_file_says(engine: Engine) -> None:
    make()
    same_as_golden(seen(engine), "aws.json")


def test_every_choice_together_is_what_the_golden_file_says(engine: Engine) -> None:
    make(
        arch="amd64",
        controlPlanes={"count": 3, "size": "m7i.large", "diskGb": 40},
        workers={"count": 2, "min": 2, "max": 5, "size": "m7i.xlarge", "diskGb": 60},
        adminSshKey=KEY,
        sshAccessCidrs=["192.0.2.0/24"],
        owner="platform",
        expiry="2026-12-31",
        tags={"cost": "ci"},
        aws={
            "zones": ["us-east-1c", "us-east-1f"],
            "networkCidr": "10.20.0.0/20",
            "natGateways": "perZone",
            "image": "ami-0aaaaaaaaaaaaaaaa",
        },
    )
    same_as_golden(seen(engine), "aws-every-choice.json")


def test_a_cluster_without_nat_gateways_is_what_the_golden_file_says(engine: Engine) -> None:
    make(aws={"natGateways": "none", "zones": ["us-east-1a"]})
    same_as_golden(seen(engine), "aws-without-nat.json")


def test_debians_newest_image_for_the_architecture_is_taken(engine: Engine) -> None:
    engine.architecture = "arm64"
    make(arch="arm64")
    asked = engine.asked["getAmi"]
    assert asked["owners"] == ["136693071363"]
    assert asked["mostRecent"] is True
    filters = {one["name"]: one["values"] for one in asked["filters"]}
    assert filters["name"] == ["debian-12-arm64-*"]
    assert filters["architecture"] == ["arm64"]
    assert engine.of("Instance")["demo-control-plane-0"]["ami"] == NEWEST


@pytest.mark.usefixtures("engine")
def test_an_image_for_another_architecture_is_refused() -> None:
    with pytest.raises(CrosscloudError, match=r"ami-0aaaaaaaaaaaaaaaa is for x86_64, and crosscloud:arch is arm64"):
        make(arch="arm64", aws={"image": "ami-0aaaaaaaaaaaaaaaa"})


def test_workers_come_from_a_group_that_renews_them_without_ever_being_fewer(engine: Engine) -> None:
    make(workers={"count": 2, "min": 1, "max": 4})
    group = engine.of("Group")["demo-worker"]
    assert (group["minSize"], group["desiredCapacity"], group["maxSize"]) == (1, 2, 4)
    assert group["launchTemplate"] == {"id": "LaunchTemplate/demo-worker", "version": "3"}
    assert group["instanceRefresh"]["strategy"] == "Rolling"
    assert group["instanceRefresh"]["preferences"]["minHealthyPercentage"] == 100
    assert all(tag["propagateAtLaunch"] for tag in group["tags"])


def test_everything_that_takes_tags_has_them(engine: Engine) -> None:
    make(owner="platform", expiry="2026-12-31", tags={"cost": "ci"})
    wanted = {"cluster": "demo", "owner": "platform", "expiry": "2026-12-31", "cost": "ci", "stack": "test"}
    bare = {"Route", "RouteTableAssociation", "TargetGroupAttachment"}
    for one in engine.made:
        kind = one.typ.rpartition(":")[2]
        if not one.typ.startswith("aws:") or kind in bare:
            continue
        tags = one.inputs["tags"]
        found = {tag["key"]: tag["value"] for tag in tags} if isinstance(tags, list) else tags
        assert wanted.items() <= found.items(), one.name
        assert found["Name"].startswith("demo"), one.name
