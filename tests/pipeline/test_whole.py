"""From a push to the page, with three of four cells broken: a chart, a machine that never boots, a wrong image."""

import re
from collections.abc import Iterator

import pytest

from crosscloud.machines import cleanup, store
from crosscloud.runs.record import Record, Stage, StageStatus
from tests.pipeline import account
from tests.pipeline.whole import Result, Wishes, pipeline

pytestmark = [pytest.mark.cluster, pytest.mark.engine, pytest.mark.machines]

GREEN, CHART, IMAGE, NO_BOOT = "local-stable", "aws-stable", "local-head", "aws-head"
WISHES = Wishes(channels=("stable", "head"), faults={CHART: "chart", IMAGE: "image", NO_BOOT: "no-boot"})


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Result]:
    with pipeline(WISHES, tmp_path_factory.mktemp("pipeline"), account.Account()) as made:
        yield made


def _failed(record: Record) -> Stage:
    failed = [stage for stage in record.stages if stage.status is not StageStatus.PASSED]
    assert len(failed) == 1, record
    return failed[0]


def _page(result: Result, cell: str) -> str:
    """Return the text of a cell's page."""
    found = [file for file in result.page.rglob("*.html") if cell in file.as_posix()]
    assert found, sorted(file.as_posix() for file in result.page.rglob("*.html"))
    return " ".join(re.sub(r"<[^>]+>", " ", found[0].read_text()).split())


def test_a_push_tests_what_its_branch_built(result: Result) -> None:
    source = result.records[GREEN].release["coredns"].source
    assert source is not None
    assert (source.project, source.branch) == ("coredns/coredns", "stable")
    pushed = result.records[IMAGE].release["coredns"].source
    assert pushed is not None
    assert pushed.branch == "master"


def test_one_failing_cell_never_reddens_another(result: Result) -> None:
    green = result.records[GREEN]
    assert [stage.name for stage in green.stages] == ["cross-cloud", "cross-project", "cncf-e2e", "destroy"]
    assert {stage.status for stage in green.stages} == {StageStatus.PASSED}
    assert account.stragglers(result.pipeline) == [
        f"cross-cloud:{NO_BOOT}",
        f"cross-project:{CHART}",
        f"cncf-e2e:{IMAGE}",
    ]


def test_a_machine_that_never_boots_is_told_at_its_stage_and_blames_nobody(result: Result) -> None:
    stage = _failed(result.records[NO_BOOT])
    assert stage.name == "cross-cloud"
    assert "boot" in stage.why
    assert stage.blames == ()


def test_a_chart_that_fails_is_told_at_its_stage_and_blames_its_project(result: Result) -> None:
    stage = _failed(result.records[CHART])
    assert (stage.name, stage.blames) == ("cross-project", ("coredns",))
    assert "this chart is broken on purpose" in stage.why


def test_a_wrong_image_is_told_by_the_checks(result: Result) -> None:
    stage = _failed(result.records[IMAGE])
    assert stage.name == "cncf-e2e"
    assert "node-exporter says that it is" in stage.why
    assert "the release names 9.9.9" in stage.why


@pytest.mark.parametrize(
    ("cell", "says"),
    [(NO_BOOT, "cross-cloud"), (CHART, "this chart is broken on purpose"), (IMAGE, "the release names 9.9.9")],
)
def test_the_page_says_which_stage_and_why(result: Result, cell: str, says: str) -> None:
    text = _page(result, cell)
    assert says in text
    assert _failed(result.records[cell]).name in text


def test_the_logs_are_kept_and_those_of_what_failed_are_on_the_page(result: Result) -> None:
    for cell, record in result.records.items():
        for stage in record.stages:
            assert stage.log
            assert (result.runs / cell / record.id / stage.log).read_text()
            on_page = result.page / "log" / cell / f"{record.id}-{stage.name}.txt"
            assert on_page.exists() == (stage.status is StageStatus.FAILED)


def test_no_token_gets_into_anything_that_is_kept(result: Result) -> None:
    for file in [*result.page.rglob("*"), *result.runs.rglob("*"), result.page.parent / "pipeline.log"]:
        if file.is_file():
            assert b"stub-job-token" not in file.read_bytes(), file


def test_everything_is_destroyed(result: Result) -> None:
    for cell, record in result.records.items():
        assert record.stages[-1].name == "destroy", cell
        assert record.stages[-1].status is StageStatus.PASSED, record.stages[-1].why
        assert [each for kind in store.FOLDERS for each in store.everything(kind) if f":{cell}::" in each.urn] == []
        assert [line for line in cleanup.leftovers() if f"{cell}-" in line] == []
    assert {job.name for job in result.pipeline.jobs if job.stage == "destroy" and not job.status} == {
        f"destroy:{cell}" for cell in result.records
    }


def test_the_page_has_a_history_for_the_next_one(result: Result) -> None:
    assert (result.page / "history.json").exists()
    assert sorted(result.records) == sorted([GREEN, CHART, IMAGE, NO_BOOT])
