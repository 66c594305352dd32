"""The Azure stack through the genuine engine, without machines: what is made, what is kept, what is replaced."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from crosscloud.rehearsal.place import place_of

from .harness import Rehearsal, Step, rehearsal

pytestmark = pytest.mark.engine

MACHINE = "azure-native:compute:VirtualMachine"
SCALE_SET = "azure-native:compute:VirtualMachineScaleSet"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """One stack for all tests: what they change is only looked at, never done, but for those that say so."""
    with rehearsal("azure", tmp_path_factory.mktemp("azure")) as made:
        made.up()
        yield made


def replaced(stack: Rehearsal, kind: str) -> dict[str, tuple[str, ...]]:
    return {step.name: step.reasons for step in stack.changes() if step.op == "replace" and step.type == kind}


def only(stack: Rehearsal, kind: str) -> Step:
    (step,) = [step for step in stack.changes() if step.type == kind]
    return step


def overwrite(stack: Rehearsal, key: str, value: str) -> None:
    """Set a key of Azure's block in the rehearsal's own stack file: a rehearsal keeps its network otherwise."""
    file = place_of(stack.name).project / f"Pulumi.{stack.name}.yaml"
    document = yaml.safe_load(file.read_text())
    block = document["config"].setdefault("crosscloud:azure", {})
    block[key] = value
    file.write_text(yaml.safe_dump(document))


def test_a_second_up_changes_nothing(stack: Rehearsal) -> None:
    stack.configure()
    assert stack.changes() == []
    stack.pulumi("refresh", "--yes", "--skip-preview")
    assert stack.changes() == []


def test_machines_are_in_zones(stack: Rehearsal) -> None:
    assert [made["zones"] for made in stack.resources(MACHINE).values()] == [["1"]]
    assert [made["zones"] for made in stack.resources(SCALE_SET).values()] == [["1", "2", "3"]]


def test_no_user_data_is_in_the_clear(stack: Rehearsal) -> None:
    exported = stack.pulumi("stack", "export")
    (machine,), (workers,) = stack.resources(MACHINE).values(), stack.resources(SCALE_SET).values()
    for system in (machine["osProfile"], workers["virtualMachineProfile"]["osProfile"]):
        assert system["customData"]["plaintext"].strip('"') not in exported


def test_another_size_of_the_only_control_plane_is_refused_and_replaces_it_when_insisted_on(stack: Rehearsal) -> None:
    stack.configure(controlPlanes={"count": 1, "size": "Standard_D2s_v5"})
    assert "allowClusterReplacement" in stack.pulumi("preview", check=False)
    stack.configure(controlPlanes={"count": 1, "size": "Standard_D2s_v5"}, allowClusterReplacement=True)
    assert replaced(stack, MACHINE) == {f"{stack.name}-control-plane-0": ("hardwareProfile",)}


def test_another_size_of_workers_is_rolled_by_the_scale_set(stack: Rehearsal) -> None:
    stack.configure(workers={"count": 1, "size": "Standard_D2s_v5"})
    step = only(stack, SCALE_SET)
    assert step.op == "update"
    assert replaced(stack, MACHINE) == {}


def test_more_workers_change_the_scale_set_alone(stack: Rehearsal) -> None:
    stack.configure(workers={"count": 2})
    assert {(step.op, step.type) for step in stack.changes()} == {("update", SCALE_SET)}


def test_a_range_to_grow_in_adds_autoscaling(stack: Rehearsal) -> None:
    stack.configure(workers={"count": 1, "max": 3})
    made = [step for step in stack.changes() if step.op == "create"]
    assert [step.type for step in made] == ["azure-native:monitor:AutoscaleSetting"]


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("networkCidr", "10.61.0.0/16", "networkCidr"),
        ("location", "westeurope", "location"),
        ("spread", "availabilitySet", "spread"),
    ],
)
def test_what_can_not_change_on_a_live_cluster_is_refused_and_replaces_all_of_it_when_insisted_on(
    stack: Rehearsal, key: str, value: str, reason: str
) -> None:
    stack.configure()
    overwrite(stack, key, value)
    said = stack.pulumi("preview", check=False)
    assert f"crosscloud:azure.{reason} was" in said
    assert "allowClusterReplacement true` insists" in said
    stack.configure(allowClusterReplacement=True)
    overwrite(stack, key, value)
    found = [step for step in stack.changes() if step.type.startswith("azure-native:")]
    kept = [step for step in found if step.op != "replace"]
    assert [step.type for step in kept if step.op != "create"] == []
    assert "azure-native:resources:ResourceGroup" in {step.type for step in found if step.op == "replace"}


def test_who_may_reach_the_api_is_changed_in_place(stack: Rehearsal) -> None:
    stack.configure(apiAccessCidrs=["203.0.113.0/24"])
    assert {(step.op, step.name) for step in stack.changes()} == {("update", f"{stack.name}-control-planes")}


def test_what_azure_would_refuse_is_refused_before_anything_is_made(stack: Rehearsal) -> None:
    stack.configure(workers={"count": 1, "size": "Standard_B2ps_v2"})
    said = stack.pulumi("preview", check=False)
    assert "only supports a CPU Architecture of 'Arm64'" in said


def test_a_zone_without_room_fails_in_azures_words_and_a_second_up_completes(tmp_path: Path) -> None:
    with rehearsal("azure", tmp_path, name="test-azure-full") as own:
        said = own.up(check=False, variables={"CROSSCLOUD_REHEARSAL_FAULT": "no-capacity=1"})
        assert "ZonalAllocationFailed" in said
        assert own.resources(MACHINE) == {}
        own.up()
        assert set(own.resources(MACHINE)) == {"test-azure-full-control-plane-0"}
        assert own.changes() == []


def test_another_network_that_is_insisted_on_comes_through_and_leaves_nothing_of_the_old(tmp_path: Path) -> None:
    with rehearsal("azure", tmp_path, name="test-azure-moved") as own:
        own.up()
        (before,) = own.resources("azure-native:resources:ResourceGroup").values()
        own.configure(allowClusterReplacement=True)
        overwrite(own, "networkCidr", "10.77.0.0/16")
        own.up()
        (after,) = own.resources("azure-native:resources:ResourceGroup").values()
        assert after["name"] != before["name"]
        assert own.changes() == []
        kept = (place_of(own.name).folder / "cloud").glob("*/*.json")
        assert [file.name for file in kept if f"/{before['name']}/" in file.read_text()] == []
