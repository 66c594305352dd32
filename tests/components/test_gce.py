"""What the cluster on Google Compute Engine asks the engine for: its machines, where they are, what they are called."""

import pytest

from components import gce_network
from components.gce_machines import disk_type
from crosscloud.errors import CrosscloudError
from tests.components.double import KEY, same_as_golden, seen
from tests.components.gce_engine import ZONES, Engine, make, start


@pytest.fixture
def engine() -> Engine:
    return start()


def test_one_control_plane_and_one_worker_are_what_the_golden_file_says(engine: Engine) -> None:
    make()
    same_as_golden(seen(engine), "gce.json")


def test_every_choice_together_is_what_the_golden_file_says(engine: Engine) -> None:
    make(
        controlPlanes={"count": 3, "size": "n4-standard-2", "diskGb": 40},
        workers={"count": 2, "min": 2, "max": 5, "size": "n4-standard-2", "diskGb": 60},
        adminSshKey=KEY,
        sshAccessCidrs=["35.235.240.0/20"],
        owner="platform",
        expiry="2026-12-31",
        tags={"cost": "ci"},
        gce={"project": "our-project", "region": "us-central1", "networkCidr": "10.20.0.0/20"},
    )
    same_as_golden(seen(engine), "gce-every-choice.json")


def test_control_planes_are_spread_over_the_first_three_zones_and_stand_behind_both_doors(engine: Engine) -> None:
    make(controlPlanes={"count": 5})
    zones = {name: one["zone"] for name, one in engine.of("Instance").items()}
    assert [zones[f"demo-control-plane-{index}"] for index in range(5)] == [*ZONES[:3], *ZONES[:2]]
    members = {name: one["zone"] for name, one in engine.of("InstanceGroupMembership").items()}
    assert members == zones
    assert {one["zone"] for one in engine.of("InstanceGroup").values()} == set(ZONES[:3])
    for name, service in engine.of("RegionBackendService").items():
        assert len(service["backends"]) == 3, name


def test_both_load_balancers_use_a_group_in_the_same_way(engine: Engine) -> None:
    """Google refuses a group that two backend services use with different balancing modes."""
    make()
    modes = {
        backend["balancingMode"] for one in engine.of("RegionBackendService").values() for backend in one["backends"]
    }
    assert modes == {"CONNECTION"}


def test_a_zone_without_machines_of_the_size_is_passed_over(engine: Engine) -> None:
    engine.sizes["us-central1-b"] = {"n4-standard-2"}
    make(controlPlanes={"count": 3})
    assert [one["zone"] for one in engine.of("Instance").values()] == [
        "us-central1-a",
        "us-central1-c",
        "us-central1-f",
    ]


@pytest.mark.usefixtures("engine")
def test_a_size_that_no_zone_has_is_refused_with_what_to_change() -> None:
    with pytest.raises(CrosscloudError, match=r"no zone of us-central1 .* e2-standard-9"):
        make(workers={"size": "e2-standard-9"})


def test_configured_zones_are_taken_as_they_are(engine: Engine) -> None:
    make(gce={"zones": ["us-central1-f"]})
    assert {one["zone"] for one in engine.of("Instance").values()} == {"us-central1-f"}
    assert engine.of("RegionInstanceGroupManager")["demo-workers"]["distributionPolicyZones"] == ["us-central1-f"]


def test_workers_scale_by_an_autoscaler_only_where_there_is_room_to(engine: Engine) -> None:
    make(workers={"count": 2})
    assert not engine.of("RegionAutoscaler")
    assert engine.of("RegionInstanceGroupManager")["demo-workers"]["targetSize"] == 2


def test_an_autoscaler_has_the_configured_bounds(engine: Engine) -> None:
    make(workers={"count": 3, "min": 2, "max": 6})
    policy = engine.of("RegionAutoscaler")["demo-workers"]["autoscalingPolicy"]
    assert (policy["minReplicas"], policy["maxReplicas"]) == (2, 6)


def test_everything_that_takes_labels_has_them(engine: Engine) -> None:
    make(owner="platform", expiry="2026-12-31", tags={"cost": "ci"})
    wanted = {
        "cluster": "demo",
        "stack": "test",
        "owner": "platform",
        "expiry": "2026-12-31",
        "managed-by": "crosscloud",
        "cost": "ci",
    }
    for kind in ("Instance", "InstanceTemplate", "Address", "ForwardingRule"):
        for name, inputs in engine.of(kind).items():
            assert inputs["labels"] == wanted, f"{kind} {name}"
    assert engine.of("Instance")["demo-control-plane-0"]["bootDisk"]["initializeParams"]["labels"] == wanted
    assert engine.of("InstanceTemplate")["demo-worker"]["disks"][0]["labels"] == wanted


def test_the_project_of_the_configuration_is_said_everywhere(engine: Engine) -> None:
    make(gce={"project": "our-project"})
    for one in engine.made:
        if one.typ.startswith("gcp:"):
            assert one.inputs.get("project") == "our-project", one.name


@pytest.mark.parametrize(
    ("network", "machines_part", "proxies_part"),
    [
        ("10.0.0.0/16", "10.0.0.0/17", "10.0.254.0/23"),
        ("10.0.0.0/22", "10.0.0.0/23", "10.0.2.0/23"),
        ("10.0.0.0/24", "10.0.0.0/25", "10.0.0.128/25"),
    ],
)
def test_machines_and_proxies_share_the_network_without_overlap(
    network: str, machines_part: str, proxies_part: str
) -> None:
    assert gce_network.split(network) == (machines_part, proxies_part)


@pytest.mark.parametrize(
    ("size", "disk"),
    [("e2-standard-2", "pd-balanced"), ("t2a-standard-2", "pd-balanced"), ("c4a-standard-2", "hyperdisk-balanced")],
)
def test_a_size_gets_a_disk_that_its_family_takes(size: str, disk: str) -> None:
    assert disk_type(size) == disk


def test_names_of_the_longest_cluster_in_the_longest_region_fit(engine: Engine) -> None:
    """The engine adds a hyphen and seven characters to names, of which Google takes 63, and 30 of an account's."""
    zone = "northamerica-northeast1-a"
    make(clusterName="a" * 24, gce={"region": zone[:-2], "zones": [zone]})
    for one in engine.made:
        if one.typ.startswith("gcp:compute"):
            assert len(one.name) + 8 <= 63, one.name
    assert all(len(one["accountId"]) <= 30 for one in engine.of("Account").values())
