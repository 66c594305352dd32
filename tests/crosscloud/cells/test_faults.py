"""Faults go to the cell that they are asked for, and to no other."""

from pathlib import Path

import pytest

from crosscloud.cells import faults
from crosscloud.cells.cell import Cell, CellError
from crosscloud.helm_values.charts import BUNDLED

AWS, LOCAL = Cell("aws", "head", rehearsed=True), Cell("local", "head")


def test_a_pipeline_names_them_by_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(faults.FAULTS, "aws-head=no-boot local-stable=chart")
    assert faults.asked(AWS, None) == faults.KNOWN["no-boot"]
    assert faults.asked(LOCAL, None) is None
    assert faults.asked(LOCAL, "chart") == faults.KNOWN["chart"]


def test_a_cell_without_a_fault_is_no_pipeline_that_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(faults.FAULTS, "aws-head=no-boot local-head")
    with pytest.raises(CellError, match="names no fault for local-head; it is a list of CELL=FAULT"):
        faults.asked(AWS, None)


def test_a_real_cloud_can_not_be_made_to_fail() -> None:
    with pytest.raises(CellError, match="not rehearsed"):
        faults.asked(Cell("aws", "head"), "no-boot")


def test_an_unknown_one_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(CellError, match=r"(?s)no fault 'fire'.*no-boot.*chart"):
        faults.asked(LOCAL, "fire")


def test_a_broken_chart_is_a_copy_and_ours_stay_whole() -> None:
    before = sorted(BUNDLED.rglob("*"))
    source = faults.settings(faults.KNOWN["chart"], LOCAL)["crosscloud:chartSource"]
    broken = Path(source["path"]) / "coredns" / "templates" / "broken.yaml"
    assert "fail" in broken.read_text()
    assert sorted(BUNDLED.rglob("*")) == before


def test_a_machine_that_never_boots_is_waited_for_a_minute() -> None:
    assert faults.settings(faults.KNOWN["no-boot"], AWS) == {"crosscloud:bootTimeoutMinutes": 1}
    assert faults.variables(faults.KNOWN["no-boot"]) == {"CROSSCLOUD_REHEARSAL_FAULT": "no-boot"}
    assert faults.variables(None) == {}
