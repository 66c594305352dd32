"""A cell's name, and which cells are rehearsed."""

import pytest

from crosscloud.cells.cell import Cell, CellError, named


def test_a_cell_is_a_stack_of_its_own_beside_the_stack_that_it_is_of() -> None:
    cell = named("aws", "head")
    assert cell.name == "aws-head"
    assert cell.own.file.name == "Pulumi.aws-head.yaml"
    assert cell.own.file != named("aws", "stable").own.file


def test_a_stack_is_rehearsed_if_asked_for_here_or_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSCLOUD_REHEARSE", "packet, gce")
    assert named("packet", "head") == Cell("packet", "head", rehearsed=True)
    assert named("gce", "head").rehearsed
    assert not named("aws", "head").rehearsed
    assert named("aws", "head", rehearse=True).rehearsed


@pytest.mark.parametrize(("stack", "channel", "says"), [("aws", "beta", "stable, head, alpha"), ("A/b", "head", "A/b")])
def test_what_is_no_cell_is_refused(stack: str, channel: str, says: str) -> None:
    with pytest.raises(CellError, match=says):
        named(stack, channel)
