"""A run's record survives its file, orders its stages, and is refused by file and key when it is something else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crosscloud import runs
from crosscloud.runs.record import Record, RecordError, Source, Stage, StageStatus, load, save

BEGIN = datetime(2026, 11, 22, 12, tzinfo=UTC)
SOURCE = Source(
    project="coredns/coredns", branch="master", commit="9" * 40, pipeline=5713, url="https://gitlab.test/5713"
)
RECORD = Record(
    stack="aws",
    cloud="aws",
    channel="head",
    id="7",
    started=BEGIN,
    release={
        "coredns": runs.record.TestedImage(image="registry.cncf.ci/coredns/coredns", tag="v1.15.0", source=SOURCE)
    },
)


def _stage(name: str, minutes: int, status: StageStatus = StageStatus.PASSED, seconds: float = 60) -> Stage:
    return Stage(name=name, status=status, started=BEGIN + timedelta(minutes=minutes), seconds=seconds)


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = RECORD.with_stage(_stage("cross-cloud", 1))
    save(tmp_path / "run", record)
    assert load(tmp_path / "run") == record
    assert [each.name for each in (tmp_path / "run").iterdir()] == ["run.json"]


def test_a_stage_takes_the_place_of_its_own_earlier_state() -> None:
    running = RECORD.with_stage(_stage("cross-cloud", 1, StageStatus.RUNNING)).with_stage(_stage("destroy", 5))
    done = running.with_stage(_stage("cross-cloud", 1, StageStatus.FAILED))
    assert [(each.name, each.status.value) for each in done.stages] == [
        ("cross-cloud", "failed"),
        ("destroy", "passed"),
    ]


def test_a_run_ends_with_its_last_stage() -> None:
    assert RECORD.ended == BEGIN
    record = RECORD.with_stage(_stage("cross-cloud", 1, seconds=600)).with_stage(_stage("destroy", 5))
    assert record.ended == BEGIN + timedelta(minutes=11)


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "No such file"), ("{", "Invalid JSON"), ('{"stack": "aws"}', "cloud: Field required")],
    ids=["missing", "cut short", "incomplete"],
)
def test_what_is_no_record_is_refused_by_file_and_key(tmp_path: Path, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / "run.json").write_text(text)
    with pytest.raises(RecordError, match=words) as refused:
        load(tmp_path)
    assert str(tmp_path / "run.json") in str(refused.value)
