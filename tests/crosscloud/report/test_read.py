"""Run folders are read wherever they lie; what can't be read is told and keeps nothing else off the page."""

import os
from pathlib import Path

import pytest

from crosscloud.report.logs import LIMIT, log_of
from crosscloud.report.read import JUNIT_LIMIT, read
from crosscloud.runs.record import Stage, StageStatus
from tests.crosscloud.report.sample import NOW, Night, junit_with, write

STAGE = Stage(name="cncf-e2e", status=StageStatus.FAILED, started=NOW, log="cncf-e2e.log")


def test_runs_are_found_at_any_depth(tmp_path: Path) -> None:
    write(tmp_path / "job-1" / "runs", "aws", "head", NOW, Night(), number=7)
    write(tmp_path, "local", "stable", NOW, Night(checks={"dns": "no answer\n(waited 90 s)"}), number=8)
    found = read(tmp_path)
    assert [(run.record.cell, run.record.id) for run in found.runs] == [("aws-head", "7"), ("local-stable", "8")]
    assert found.problems == []
    checks = {check.name: check for check in found.runs[1].checks or ()}
    assert (checks["dns"].status, checks["dns"].lines) == ("failed", ("no answer", "(waited 90 s)"))
    assert (checks["alerts"].status, checks["alerts"].lines) == ("passed", ("what alerts saw",))
    assert found.runs[0].kubernetes == "1.38.0-rc.1"


def test_the_folder_may_be_missing(tmp_path: Path) -> None:
    assert read(tmp_path).problems == []
    assert "there is no folder of runs at" in read(tmp_path / "none").problems[0]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"schema_version"', '"schema', "Invalid JSON"),
        ('"head"', '"../../etc"', "channel: '../../etc' can't be part of an address"),
        ('"stack": "aws"', '"stack": "a<b>"', "stack: 'a<b>' can't be part of an address"),
        ('"schema_version": 1', '"schema_version": 2', "schema_version: Input should be 1"),
        ('"id": "7"', '"id": 7', "id: Input should be a valid string"),
    ],
)
def test_a_record_that_is_none_is_told_and_the_others_are_read(tmp_path: Path, old: str, new: str, words: str) -> None:
    broken = write(tmp_path, "aws", "head", NOW, Night(), number=7) / "run.json"
    write(tmp_path, "local", "head", NOW, Night(), number=7)
    broken.write_text(broken.read_text().replace(old, new))
    found = read(tmp_path)
    assert [run.record.cell for run in found.runs] == ["local-head"]
    assert len(found.problems) == 1
    assert found.problems[0].startswith("aws-head/7: run.json")
    assert words in found.problems[0]
    assert str(tmp_path) not in found.problems[0]


@pytest.mark.parametrize("text", ["<testsuites>", "", "<html/>", "x" * (JUNIT_LIMIT + 1), "\x00"])
def test_a_report_of_checks_that_is_none_leaves_the_run(tmp_path: Path, text: str) -> None:
    folder = write(tmp_path, "aws", "head", NOW, Night(), number=7)
    (folder / "e2e.xml").write_text(text)
    found = read(tmp_path)
    assert [run.checks for run in found.runs] == [None]
    assert found.problems[0].startswith("aws-head/7: e2e.xml is no report of checks: ")


def test_entities_that_grow_without_end_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, "aws", "head", NOW, Night(), number=7)
    levels = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(12))
    text = f'<!DOCTYPE t [<!ENTITY e0 "{"x" * 99}">{levels}]><testsuites><testsuite name="&e12;"/></testsuites>'
    (folder / "e2e.xml").write_text(text)
    assert "amplification" in read(tmp_path).problems[0]


def test_words_of_a_check_lose_what_a_terminal_or_a_reader_would_obey(tmp_path: Path) -> None:
    folder = write(tmp_path, "aws", "head", NOW, Night(checks={"dns": "x"}), number=7)
    (folder / "e2e.xml").write_text(junit_with("dns", "m", "\u202ered\u2066 text\u0085 here\n\n  and more"))
    (run,) = read(tmp_path).runs
    assert (run.checks or ())[0].lines == ("red text here", "and more")


def test_a_log_is_bounded_and_plain(tmp_path: Path) -> None:
    (tmp_path / "cncf-e2e.log").write_bytes(b"a" * LIMIT + b"\n\x1b[31mred\x1b[0m \xff end\n")
    log = log_of(tmp_path, "aws-head", "7/../8", STAGE)
    assert log is not None
    assert log.file == "log/aws-head/7-8-cncf-e2e.txt"
    assert log.left_out == len(b"\n\x1b[31mred\x1b[0m \xff end\n")
    assert log.text.endswith("\nred \ufffd end\n")
    assert len(log.tail) < 1000


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "link", "pipe", "folder", "none", "a\x00b"])
def test_a_log_outside_of_the_runs_folder_is_none(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (tmp_path / "secret").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    assert log_of(folder, "aws-head", "7", STAGE.model_copy(update={"log": name})) is None
