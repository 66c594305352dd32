"""What the genuine engine replaces on a cloud when a size changes, and in which order."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.components.toy.project import Project

pytestmark = pytest.mark.engine


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path, waiting=False)
    yield made
    made.pulumi("destroy", "--yes", "--skip-preview")


def test_three_control_planes_are_replaced_in_turn_and_nothing_else_is(project: Project) -> None:
    project.want(controlPlanes={"count": 3})
    project.up()
    project.notes()
    project.want(controlPlanes={"count": 3, "size": "huge"})
    project.up()
    expected = [
        f"{what} {kind} demo-control-plane-{index}"
        for index in range(3)
        for what, kind in (("delete", "Node"), ("delete", "Machine"), ("create", "Machine"), ("create", "Node"))
    ]
    assert project.notes() == expected
    project.up()
    assert project.notes() == []


def test_with_the_only_control_plane_its_workers_and_access_are_replaced_and_no_node_is_drained(
    project: Project,
) -> None:
    project.up()
    project.notes()
    project.want(controlPlanes={"count": 1, "size": "huge"}, allowClusterReplacement=True)
    project.up()
    notes = project.notes()
    for kind in ("Machine demo-control-plane-0", "Group demo-workers"):
        assert {f"create {kind}", f"delete {kind}"} <= set(notes)
    assert {"create ClusterAccess demo", "create Node demo-control-plane-0"} <= set(notes)
    assert "delete Node demo-control-plane-0" not in notes
    assert not any("Balancer" in note for note in notes)


def test_another_size_of_workers_renews_them_and_leaves_control_planes_alone(project: Project) -> None:
    project.up()
    project.notes()
    project.want(workers={"size": "huge"})
    project.up()
    assert not any("control-plane" in note for note in project.notes())


def test_going_to_three_control_planes_and_back_touches_no_other(project: Project) -> None:
    project.up()
    project.notes()
    project.want(controlPlanes={"count": 3})
    project.up()
    grown = project.notes()
    assert not any("demo-control-plane-0" in note or "Group" in note for note in grown), grown
    order = [note for note in grown if "control-plane" in note]
    assert order == [f"create {kind} demo-control-plane-{index}" for index in (1, 2) for kind in ("Machine", "Node")]
    project.want()
    project.up()
    shrunk = [note for note in project.notes() if "control-plane" in note]
    assert shrunk == [f"delete {kind} demo-control-plane-{index}" for index in (2, 1) for kind in ("Node", "Machine")]
