"""A pipeline that is asked for cells that there are not says so: GitLab itself would leave them out."""

import pytest

from crosscloud.cells.asked import AskedError, cells
from crosscloud.cells.cell import Cell


def test_the_cells_are_all_stacks_at_all_channels() -> None:
    assert cells("local aws", "head stable", "aws") == [
        Cell("local", "head"),
        Cell("aws", "head", rehearsed=True),
        Cell("local", "stable"),
        Cell("aws", "stable", rehearsed=True),
    ]


def test_all_that_there_is_not_is_told_with_what_there_is() -> None:
    with pytest.raises(AskedError) as refused:
        cells("asw local", "head,stable", "packet")
    assert str(refused.value).splitlines() == [
        "these cells can't be made:",
        "  STACKS: 'asw' is not known (separated by spaces: aws local)",
        "  CHANNELS: 'head,stable' is not known (separated by spaces: stable head alpha)",
        "  CROSSCLOUD_REHEARSE: 'packet' is not known (separated by spaces: aws local)",
    ]


def test_a_pipeline_of_nothing_is_refused() -> None:
    with pytest.raises(AskedError, match="CHANNELS: nothing is named"):
        cells("aws", " ")
