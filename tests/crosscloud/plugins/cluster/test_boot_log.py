"""What is read out of machines' boot logs."""

from pathlib import Path

import pytest

from crosscloud.plugins.crosscloud import boot_log


@pytest.fixture
def logs(tmp_path: Path) -> dict[str, str]:
    good, bad = tmp_path / "good.log", tmp_path / "bad.log"
    good.write_text(
        "\x1b[0;32m  OK\x1b[0m started\r\ncrosscloud[3s] pulling an image\ncrosscloud[9s] making the cluster\n"
    )
    lines = [f"line {number}" for number in range(100)]
    bad.write_text("\n".join([*lines, "crosscloud[4s] BOOTSTRAP FAILED while: pulling (exit status 1)", ""]))
    return {"good": str(good), "bad": str(bad), "none": "", "gone": str(tmp_path / "gone")}


def test_the_machines_that_failed_are_named(logs: dict[str, str]) -> None:
    assert boot_log.failures(logs) == ["bad"]


def test_progress_is_the_last_thing_that_the_bootstrap_said(logs: dict[str, str]) -> None:
    assert boot_log.progress(logs["good"]) == "making the cluster"
    assert boot_log.progress(logs["none"]) == ""


def test_an_excerpt_has_the_last_lines_without_the_terminals_escapes(logs: dict[str, str]) -> None:
    excerpt = boot_log.excerpt(logs, ["good", "bad"])
    assert "\x1b" not in excerpt
    assert "BOOTSTRAP FAILED while: pulling" in excerpt
    assert "line 61" in excerpt
    assert "line 60\n" not in excerpt


def test_a_log_that_can_not_be_read_is_said_to_be_missing(logs: dict[str, str]) -> None:
    assert "gone has no boot log that can be read here" in boot_log.excerpt(logs, ["gone"])
