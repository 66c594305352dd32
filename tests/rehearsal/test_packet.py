"""What a preview of a cluster on Equinix Metal says before anything is changed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crosscloud.rehearsal.engine import without_cluster
from tests.rehearsal.harness import Rehearsal, Step, rehearsal

pytestmark = pytest.mark.engine

DEVICE = "equinix-metal:index/device:Device"
SESSION = "equinix-metal:index/bgpSession:BgpSession"
BLOCK = "equinix-metal:index/reservedIpBlock:ReservedIpBlock"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """Three control planes and two workers, up as far as that goes without machines."""
    folder: Path = tmp_path_factory.mktemp("packet")
    planes, workers = {"count": 3}, {"count": 2}
    with rehearsal("packet", folder, name="preview-packet", controlPlanes=planes, workers=workers) as found:
        found.up()
        yield found


def of(stack: Rehearsal, kind: str) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(step.op, _short(step), step.reasons) for step in stack.changes() if step.type == kind]


def _short(step: Step) -> str:
    return step.name.removeprefix("preview-packet-")


def test_a_second_up_changes_nothing_and_says_that_equinix_metal_is_gone(stack: Rehearsal) -> None:
    stack.configure()
    assert "shut down on 2026-06-30" in stack.pulumi("preview", "--expect-no-changes", *without_cluster())


def test_only_the_first_control_plane_is_made_without_a_cluster_that_answers(stack: Rehearsal) -> None:
    """The others wait for its node: here nothing answers, so that the first and the workers are all there is."""
    names = {name.removeprefix("preview-packet-") for name in stack.resources(DEVICE)}
    assert names == {"control-plane-0", "worker-0", "worker-1"}
    exported = stack.pulumi("stack", "export")
    assert "#cloud-config" not in exported
    assert "BOOTSTRAP_TOKEN" not in exported


def test_who_may_reach_the_api_changes_tags_and_replaces_nothing(stack: Rehearsal) -> None:
    stack.configure(apiAccessCidrs=["203.0.113.7/32", "198.51.100.0/24"])
    assert [(step.op, _short(step)) for step in stack.changes()] == [("update", "control-plane-0")]


def test_another_owner_reaches_devices_and_more_workers_are_more_devices(stack: Rehearsal) -> None:
    stack.configure(owner="someone-else", expiry="2027-01-31", workers={"count": 3})
    expected = {"control-plane-0": "update", "worker-0": "update", "worker-1": "update", "worker-2": "create"}
    assert {_short(step): step.op for step in stack.changes()} == expected
    assert of(stack, BLOCK) == []


def test_another_size_replaces_devices_and_sessions_but_never_the_address(stack: Rehearsal) -> None:
    size = {"size": "c3.small.x86"}
    stack.configure(controlPlanes={"count": 3, **size}, workers={"count": 2, **size})
    found = {name: (op, reasons) for op, name, reasons in of(stack, DEVICE)}
    assert set(found) == {"control-plane-0", "worker-0", "worker-1"}
    assert all(op == "replace" and "plan" in reasons for op, reasons in found.values())
    assert [(op, name) for op, name, _ in of(stack, SESSION)] == [("replace", "control-plane-0")]
    assert of(stack, BLOCK) == []


def test_another_metro_is_refused_with_what_to_do_instead(stack: Rehearsal) -> None:
    stack.configure(packet={"projectId": "11111111-2222-3333-4444-555555555555", "metro": "sv"})
    said = stack.pulumi("preview", check=False)
    assert "metro" in said
    assert "crosscloud:allowClusterReplacement" in said


def test_a_plan_that_equinix_does_not_have_is_refused_in_its_words(stack: Rehearsal) -> None:
    stack.configure(workers={"count": 2, "size": "m9.huge"})
    assert "422 m9.huge is not a valid plan" in stack.pulumi("preview", check=False)
