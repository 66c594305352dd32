"""What a stage leaves: its place in the record, its reason, its log; however it ends."""

import os
import signal
from pathlib import Path

import pytest

from crosscloud.cells.cell import Cell, CellPlace
from crosscloud.cells.reasons import Verdict
from crosscloud.cells.run import Run, current
from crosscloud.cells.stages import NotBegunError, check, cluster, project
from crosscloud.errors import CrosscloudError
from crosscloud.runs import record
from crosscloud.runs.record import Stage, StageStatus
from crosscloud.stacks.pulumi import Stack
from tests.crosscloud.cells.conftest import release

CELL = Cell("local", "head")


@pytest.fixture
def run() -> Run:
    return current(CELL, begins=True)


def _stages(run: Run) -> dict[str, Stage]:
    return {stage.name: stage for stage in record.load(run.folder).stages}


def test_a_stage_that_passes_is_told_with_its_log(run: Run) -> None:
    assert run.stage("cross-cloud", lambda: print("made it")) == 0
    stage = _stages(run)["cross-cloud"]
    assert (stage.status, stage.why, stage.log) == (StageStatus.PASSED, "", "cross-cloud.log")
    assert (run.folder / "cross-cloud.log").read_text() == "made it\n"


def test_it_is_running_as_long_as_it_runs(run: Run) -> None:
    run.stage("cross-cloud", lambda: seen.append(_stages(run)["cross-cloud"].status))
    assert seen == [StageStatus.RUNNING]


seen: list[StageStatus] = []


def test_a_stage_that_fails_says_why_in_one_line_and_in_its_log(run: Run) -> None:
    def fails() -> None:
        raise CrosscloudError("there is no\n  disk left")

    assert run.stage("cross-cloud", fails) == 1
    stage = _stages(run)["cross-cloud"]
    assert (stage.status, stage.why, stage.blames) == (StageStatus.FAILED, "there is no disk left", ())
    assert "error: there is no\n  disk left" in (run.folder / "cross-cloud.log").read_text()


def test_a_record_that_was_cut_short_keeps_no_cell_from_its_destruction(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run.stage("cross-cloud", lambda: None)
    (run.folder / record.FILE).write_text('{"stack": "lo')
    (run.folder / "stage-cross-cloud.json").write_text("{")
    assert run.stage("destroy", lambda: None) == 0
    assert list(_stages(run)) == ["destroy"]
    told = capsys.readouterr().out
    assert "run.json is no record of a run" in told
    assert "stage-cross-cloud.json is no stage of a run" in told


def test_a_verdict_is_a_failure(run: Run) -> None:
    assert run.stage("cncf-e2e", lambda: Verdict("dns: no answer", ("coredns",))) == 1
    assert _stages(run)["cncf-e2e"].blames == ("coredns",)


def test_a_job_that_is_cancelled_has_failed_and_says_so(run: Run) -> None:
    def cancelled() -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        run.stage("cross-cloud", cancelled)
    stage = _stages(run)["cross-cloud"]
    assert (stage.status, stage.why) == (StageStatus.FAILED, "the job was ended before this stage was over")


def test_the_engine_is_waited_for_when_a_job_is_cancelled(run: Run, tmp_path: Path) -> None:
    """It writes down what it has made: a stack whose engine is left alone stays locked, and something may be lost."""
    engine = tmp_path / "bin" / "pulumi"
    engine.parent.mkdir()
    # a job is cancelled by a signal to all of its processes, of which this is one
    engine.write_text("#!/bin/sh\ntrap 'sleep 0.3; echo state is written; exit 1' TERM\nkill -TERM $PPID $$\nsleep 9\n")
    engine.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stack, "_pulumi", lambda _: str(engine))
        patch.setattr("crosscloud.stacks.pulumi._LAST_WORDS", 0)
        patch.setattr(CellPlace, "environment", lambda _: dict(os.environ))
        CELL.place.project.mkdir(parents=True)
        with pytest.raises(KeyboardInterrupt):
            run.stage("cross-cloud", lambda: CELL.own.show("up"))
    assert "state is written" in (run.folder / "cross-cloud.log").read_text()


def test_an_error_that_nobody_expected_is_told_and_its_traceback_is_in_the_log(run: Run) -> None:
    def breaks() -> None:
        raise KeyError("regoin")

    assert run.stage("cross-cloud", breaks) == 1
    stage = _stages(run)["cross-cloud"]
    assert (stage.status, stage.why, stage.blames) == (StageStatus.FAILED, "KeyError: 'regoin'", ())
    assert "Traceback" in (run.folder / "cross-cloud.log").read_text()


def test_the_record_is_whole_whichever_jobs_artifacts_came_last(run: Run) -> None:
    run.stage("cross-cloud", lambda: None)
    early = (run.folder / "run.json").read_bytes()
    run.stage("cross-project", lambda: None)
    (run.folder / "run.json").write_bytes(early)  # the artifacts of the first job, put over those of the second
    run.stage("cncf-e2e", lambda: None)
    assert list(_stages(run)) == ["cross-cloud", "cross-project", "cncf-e2e"]


def test_a_job_that_is_run_again_tells_of_itself(run: Run) -> None:
    run.stage("cross-cloud", lambda: Verdict("not yet"))
    run.stage("cross-cloud", lambda: print("again"))
    assert _stages(run)["cross-cloud"].status is StageStatus.PASSED
    assert (run.folder / "cross-cloud.log").read_text() == "again\n"


def test_what_is_tested_stands_in_the_record(run: Run, tmp_path: Path) -> None:
    (tmp_path / "release.env").write_text(release("v1.37.2"))
    run.releases(tmp_path / "release.env")
    told = record.load(run.folder)
    assert told.kubernetes == "1.37.2"
    assert told.release["coredns"].tag == "v1.37.2"


def test_all_jobs_of_a_pipeline_are_one_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CI_PIPELINE_ID", "57")
    monkeypatch.setenv("CI_PIPELINE_URL", "https://gitlab.test/57")
    monkeypatch.setenv("CROSSCLOUD_RUNS", str(tmp_path / "runs"))
    run = current(CELL)
    run.stage("cross-cloud", lambda: None)
    assert run.folder == tmp_path / "runs" / "local-head" / "57"
    assert record.load(run.folder).url == "https://gitlab.test/57"


def test_by_hand_a_run_begins_with_its_cluster(run: Run) -> None:
    assert current(CELL) == run


@pytest.mark.parametrize("status", [StageStatus.FAILED, StageStatus.RUNNING, None])
def test_nothing_goes_on_from_a_stage_that_did_not_pass(run: Run, status: StageStatus | None) -> None:
    if status is StageStatus.FAILED:
        run.stage("cross-cloud", lambda: Verdict("no machine came"))
    elif status:
        made = Stage(name="cross-cloud", status=status, started=run.record().started)
        record.save(run.folder, run.record().with_stage(made))
    with pytest.raises(NotBegunError, match="cross-cloud of local-head did not pass") as refused:
        project(CELL)
    assert refused.value.exit_code == 3
    with pytest.raises(NotBegunError, match="cross-project of local-head did not pass"):
        check(CELL)
    told = run.record().stages
    assert not [stage for stage in told if stage.name in ("cross-project", "cncf-e2e")]


def test_a_stack_that_is_not_there_leaves_no_trace_of_a_cell() -> None:
    cell = Cell("mars", "head")
    with pytest.raises(CrosscloudError, match=r"no Pulumi\.mars\.yaml; the stacks of this project are aws, local"):
        cluster(cell)
    assert not cell.place.folder.exists()


def test_what_is_refused_leaves_no_trace_of_a_cell() -> None:
    with pytest.raises(NotBegunError):
        project(CELL)
    assert not CELL.place.folder.exists(), "others of this machine would wait for its destruction"
