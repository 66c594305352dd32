"""What is kept of runs outlives their folders, for 90 days, and is never lost without a word."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from crosscloud.report import store
from crosscloud.report.history import History, merged, of_runs, settled
from crosscloud.report.read import read
from crosscloud.report.site import make
from crosscloud.report.verdict import State
from tests.crosscloud.report.sample import NOW, Night, sample, write

DNS = Night(checks={"dns": "no answer"})


def history(folder: Path) -> History:
    return settled(of_runs(read(folder).runs, NOW), NOW)


def states(found: History, cell: str = "aws-head", project: str = "coredns") -> list[str]:
    return [run.projects[project].state.value for run in found.cells[cell].runs]


def test_it_is_read_as_it_was_written_and_equal_runs_make_equal_files(tmp_path: Path) -> None:
    sample(tmp_path / "runs", days=6, clouds=("aws", "gke"))
    found = history(tmp_path / "runs")
    text = store.dump(found)
    (tmp_path / "history.json").write_text(text)
    again = store.load(tmp_path / "history.json")
    assert again == found
    assert store.dump(again) == text
    assert json.loads(text)["version"] == 1


def test_runs_whose_folders_are_gone_stay(tmp_path: Path) -> None:
    write(tmp_path / "a", "aws", "head", NOW - timedelta(days=1), Night(), number=1)
    write(tmp_path / "b", "aws", "head", NOW - timedelta(hours=1), DNS, number=2)
    both = settled(merged(history(tmp_path / "a"), history(tmp_path / "b")), NOW)
    assert states(both) == ["failed", "passed"]
    assert both == settled(merged(both, history(tmp_path / "b")), NOW)


def test_a_folder_says_more_than_what_was_kept_while_its_run_went_on(tmp_path: Path) -> None:
    began = NOW - timedelta(minutes=20)
    write(tmp_path / "a", "aws", "head", began, Night(running="cross-project"), number=1)
    write(tmp_path / "b", "aws", "head", began, DNS, number=1)
    before = history(tmp_path / "a")
    assert states(before) == ["running"]
    assert states(settled(merged(before, history(tmp_path / "b")), NOW)) == ["failed"]


def test_an_older_history_takes_no_verdict_back(tmp_path: Path) -> None:
    began = NOW - timedelta(minutes=20)
    write(tmp_path / "a", "aws", "head", began, Night(running="cross-project"), number=1)
    write(tmp_path / "b", "aws", "head", began, DNS, number=1)
    assert states(settled(merged(history(tmp_path / "b"), history(tmp_path / "a")), NOW)) == ["failed"]


def test_of_two_folders_of_a_run_the_one_that_got_further_counts(tmp_path: Path) -> None:
    began = NOW - timedelta(minutes=20)
    write(tmp_path / "z", "aws", "head", began, Night(running="cross-project"), number=1)
    write(tmp_path / "a", "aws", "head", began, DNS, number=1)
    assert states(history(tmp_path)) == ["failed"]


def test_a_run_that_was_last_seen_running_is_cut_short_later(tmp_path: Path) -> None:
    write(tmp_path, "aws", "head", NOW - timedelta(minutes=20), Night(running="cross-project"), number=1)
    later = settled(history(tmp_path), NOW + timedelta(hours=4))
    assert states(later) == ["infrastructure"]
    assert later.cells["aws-head"].runs[0].projects["coredns"].why == (
        "the run was cut short: nothing was heard of it for 4 hours"
    )


def test_after_90_days_a_run_is_let_go(tmp_path: Path) -> None:
    for number, days in enumerate((1, 89, 91)):
        write(tmp_path, "aws", "head", NOW - timedelta(days=days), Night(), number=number)
    write(tmp_path, "gce", "head", NOW - timedelta(days=91), Night(), number=9)
    found = history(tmp_path)
    assert list(found.cells) == ["aws-head"]
    assert [run.id for run in found.cells["aws-head"].runs] == ["0", "1"]


def test_a_run_of_a_machine_whose_clock_is_ahead_does_not_hide_those_after_it(tmp_path: Path) -> None:
    write(tmp_path / "a", "aws", "head", NOW + timedelta(days=30), DNS, number=1)
    first = settled(history(tmp_path / "a"), NOW)
    (early,) = first.cells["aws-head"].runs
    assert early.ended == NOW
    assert "clock of its machine is 30 days ahead" in early.trouble
    later = NOW + timedelta(hours=2)
    write(tmp_path / "b", "aws", "head", NOW + timedelta(hours=1), Night(), number=2)
    found = settled(merged(first, of_runs(read(tmp_path / "b").runs, later)), later)
    assert [run.id for run in found.cells["aws-head"].runs] == ["2", "1"]
    assert settled(found, later) == found


def test_clocks_that_differ_by_minutes_are_no_trouble(tmp_path: Path) -> None:
    write(tmp_path, "aws", "head", NOW + timedelta(minutes=10), Night(), number=1)
    (run,) = history(tmp_path).cells["aws-head"].runs
    assert (run.started, run.trouble) == (NOW + timedelta(minutes=10), "")


BROKEN = {
    "half a file": ('{"version": 1, "ima', "it is broken"),
    "no history": ("[]", "it is no history of runs"),
    "nothing": ("", "it is broken"),
    "a newer form": ('{"version": 2}', "its form is version 2; version 1 is what can be read here"),
    "an older form": ('{"version": 0, "cells": {}}', "its form is version 0"),
    "without images": ('{"version": 1, "cells": {}}', "it is broken: 'images'"),
    "an unsafe name": (
        '{"version": 1, "images": [], "cells": {"../x-head": {"stack": "../x", "cloud": "x", "channel": "head"}}}',
        "runs",
    ),
    "a wrong cell": (
        '{"version": 1, "images": [], "cells": {"a": {"stack": "x", "cloud": "x", "channel": "head", "runs": []}}}',
        "'a' is no cell's name",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_history_that_can_not_be_read_is_told_and_kept_beside_the_page(tmp_path: Path, case: str) -> None:
    text, words = BROKEN[case]
    write(tmp_path / "runs", "aws", "head", NOW, DNS, number=1)
    (tmp_path / "earlier.json").write_text(text)
    made = make(tmp_path / "runs", tmp_path / "site", tmp_path / "earlier.json", NOW)
    assert len(made.problems) == 1
    assert made.problems[0].startswith("the history earlier.json is not used: ")
    assert words in made.problems[0]
    (aside,) = (tmp_path / "site").glob("history.unread-*.json")
    assert aside.read_text() == text
    assert aside.name in made.problems[0]
    assert aside.name in (tmp_path / "site" / "index.html").read_text()
    assert states(store.load(tmp_path / "site" / "history.json")) == ["failed"]


def test_the_history_in_the_output_is_taken_along_and_an_older_one_takes_nothing_away(tmp_path: Path) -> None:
    for number in (1, 2):
        began = NOW - timedelta(hours=9 - number)
        write(tmp_path / f"runs-{number}", "aws", "head", began, Night(), number=number)
        make(tmp_path / f"runs-{number}", tmp_path / "site", None, NOW)
        (tmp_path / f"history-{number}.json").write_bytes((tmp_path / "site" / "history.json").read_bytes())
    older = tmp_path / "history-1.json"
    made = make(tmp_path / "runs-1", tmp_path / "site", older, NOW)
    assert [run.id for run in made.rows[0].cell.runs] == ["2", "1"]
    elsewhere = make(tmp_path / "runs-1", tmp_path / "other", tmp_path / "history-2.json", NOW)
    assert [run.id for run in elsewhere.rows[0].cell.runs] == ["2", "1"]


def test_a_history_that_is_not_there_is_told(tmp_path: Path) -> None:
    write(tmp_path / "runs", "aws", "head", NOW, Night(), number=1)
    made = make(tmp_path / "runs", tmp_path / "site", tmp_path / "none.json", NOW)
    assert made.problems == [f"there is no history at {tmp_path / 'none.json'}: only what is at hand is shown"]
    assert made.rows[0].standings[0].state is State.PASSED
