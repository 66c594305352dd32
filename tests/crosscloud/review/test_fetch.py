"""The review of what was merged is found by its commit; everything else is refused with the reason and what to do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crosscloud.cli.review import fetch as command
from crosscloud.errors import CrosscloudError
from crosscloud.gitlab.client import Settings, connect
from crosscloud.review import Review, ReviewError
from crosscloud.review.fetch import FILE, Commit, UnreviewedError, fetch
from tests.crosscloud.review.reviews import review
from tests.gitlab import Stub, gitlab_stub
from tests.gitlab.model import Access
from tests.gitlab.setup import MergeRequestSetup

PROJECT, JOB = "cncf/crosscloud", "preview:aws"
HEAD, MERGED, EARLIER = "c0ffee00" * 5, "5eed5eed" * 5, "ea71ea71" * 5


@pytest.fixture(scope="module")
def server() -> Iterator[Stub]:
    with gitlab_stub() as stub:
        yield stub


@pytest.fixture
def stub(server: Stub, monkeypatch: pytest.MonkeyPatch) -> Stub:
    """A private project, and the token of a job on its default branch."""
    server.state.projects.clear()
    server.state.tokens.clear()
    server.faults.clear()
    server.project(PROJECT, visibility="private")
    server.job_token("job", project=PROJECT, access={PROJECT: Access.DEVELOPER})
    for name in ("CROSSCLOUD_GITLAB_URL", "CROSSCLOUD_GITLAB_TOKEN", "CROSSCLOUD_GITLAB_TOKEN_FILE", "GITLAB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CI_SERVER_URL", server.url)
    monkeypatch.setenv("CI_JOB_TOKEN", "job")
    monkeypatch.setenv("CI_PROJECT_ID", str(server.project(PROJECT).project.id))
    monkeypatch.setenv("CI_COMMIT_SHA", MERGED)
    monkeypatch.setenv("CI_COMMIT_BRANCH", "main")
    return server


def merged(stub: Stub, *, commit: str = HEAD) -> MergeRequestSetup:
    return stub.project(PROJECT).merge_request("more workers", commit=commit).merged(MERGED)


def preview(commit: str = HEAD, stack: str = "aws") -> dict[str, str]:
    made = review(config={"crosscloud:cloud": "aws"}).model_copy(update={"commit": commit, "stack": stack})
    return {FILE.format(stack="aws"): made.model_dump_json()}


def found() -> Review:
    return fetch(connect(Settings.from_environment()), [Commit.of_pipeline()], "aws")


def with_token(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a token of one's own, which may ask for pipelines and jobs, too."""
    stub.token("own", scopes=("read_api",), access={PROJECT: Access.REPORTER})
    monkeypatch.setenv("CROSSCLOUD_GITLAB_TOKEN", "own")


def test_the_jobs_own_token_is_enough(stub: Stub) -> None:
    merged(stub).pipeline().job(JOB, artifacts=preview())
    assert found().commit == HEAD
    assert {seen.token for seen in stub.requests} == {"JOB-TOKEN"}


def test_the_command_writes_it_for_its_owner_alone(
    stub: Stub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    merged(stub).pipeline().job(JOB, artifacts=preview())
    file = tmp_path / "review.json"
    command("aws", file)
    assert Review.load(file).commit == HEAD
    assert file.stat().st_mode & 0o777 == 0o600
    assert "commit c0ffee00" in capsys.readouterr().out


def test_a_pipeline_of_the_merged_result_counts_for_the_commit_that_it_was_made_of(stub: Stub) -> None:
    request = merged(stub)
    request.pipeline().job(JOB, artifacts=preview(commit="01dc0de0" * 5))
    request.pipeline(commit="a11a11a1" * 5).job(JOB, artifacts=preview())
    request.project.pipelines[-1].ref = f"refs/merge-requests/{request.merge_request.iid}/merge"
    assert found().commit == HEAD


def test_of_several_merge_requests_the_one_that_was_merged_by_the_commit_counts(stub: Stub) -> None:
    project = stub.project(PROJECT)
    other = project.merge_request("the same commits, still open", branch="other", commit=MERGED)
    other.pipeline().job(JOB, artifacts=preview(commit=MERGED))
    before = project.merge_request("it has the commit from there", branch="before", commit="beef" * 10)
    before.merged("dead" * 10).merge_request.commits.append(MERGED)
    merged(stub).pipeline().job(JOB, artifacts=preview())
    assert found().commit == HEAD


def test_a_direct_push_is_refused_unless_it_is_allowed_in_so_many_words(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stub.project(PROJECT).merge_request("another one", commit=HEAD)
    with pytest.raises(UnreviewedError, match=r"no merge request brought commit 5eed5eed to main.*--allow-unreviewed"):
        found()
    monkeypatch.setattr("crosscloud.review.record", lambda _stack: review())
    file = tmp_path / "review.json"
    command("aws", file, allow_unreviewed=True)
    assert "UNREVIEWED: no merge request brought commit 5eed5eed" in capsys.readouterr().out
    assert file.exists()


def test_an_older_preview_than_the_last_commit_is_refused(stub: Stub) -> None:
    request = merged(stub)
    request.pipeline(commit="01dc0de0" * 5).job(JOB, artifacts=preview(commit="01dc0de0" * 5))
    request.pipeline("failed").job(JOB, status="failed")
    with pytest.raises(ReviewError, match=r"is of 01dc0de0, and its last commit is c0ffee00"):
        found()


@pytest.mark.parametrize(
    ("pipeline", "job", "reason"),
    [
        ("failed", {"name": JOB, "status": "failed"}, r"the job preview:aws of its pipeline \d+ is failed"),
        ("success", {"name": JOB, "artifacts": preview(), "expired": True}, "have expired, or were erased"),
        ("failed", {"name": JOB, "artifacts": preview()}, r"its pipeline \d+ is failed"),
        ("success", {"name": "preview:gce", "artifacts": preview()}, "touches nothing of the stack"),
    ],
)
def test_a_review_that_is_not_there_is_told_with_its_reason_as_far_as_the_token_may_ask(
    stub: Stub, monkeypatch: pytest.MonkeyPatch, pipeline: str, job: dict[str, Any], reason: str
) -> None:
    merged(stub).pipeline(pipeline).job(**job)
    with pytest.raises(ReviewError, match="the job failed, or the artifacts have expired") as general:
        found()
    assert "Run the job preview:aws of its pipeline again" in str(general.value)
    with_token(stub, monkeypatch)
    with pytest.raises(ReviewError, match=reason):
        found()


def test_a_last_commit_without_a_pipeline_is_told(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    merged(stub)
    with_token(stub, monkeypatch)
    with pytest.raises(ReviewError, match="its last commit c0ffee00 has no pipeline"):
        found()


def test_a_file_that_is_no_review_is_refused(stub: Stub) -> None:
    merged(stub).pipeline().job(JOB, artifacts={FILE.format(stack="aws"): '{"schema_version": 2}'})
    with pytest.raises(ReviewError, match="is no review of this crosscloud: schema_version"):
        found()


def test_a_token_without_the_right_is_told_what_it_lacks(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    merged(stub).pipeline().job(JOB, artifacts=preview())
    stub.token("weak", scopes=("read_user",), access={PROJECT: Access.REPORTER})
    monkeypatch.setenv("CROSSCLOUD_GITLAB_TOKEN", "weak")
    with pytest.raises(CrosscloudError, match="lacks the scope"):
        found()


def test_outside_of_a_pipeline_it_says_where_it_belongs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI_COMMIT_SHA", raising=False)
    with pytest.raises(ReviewError, match="this is for jobs of a pipeline on the default branch"):
        Commit.of_pipeline()


def test_what_an_attempt_before_left_undone_is_found_behind_a_merge_that_does_not_touch_the_stack(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crosscloud.review.applied.since", lambda *_: [MERGED, EARLIER])
    stub.project(PROJECT).merge_request("workers", commit=HEAD).merged(EARLIER).pipeline().job(JOB, artifacts=preview())
    docs = stub.project(PROJECT).merge_request("docs", branch="docs", commit="d0c5" * 10).merged(MERGED)
    docs.pipeline().job(JOB)
    file = tmp_path / "review.json"
    command("aws", file, since="b" * 40)
    assert Review.load(file).commit == HEAD
    with pytest.raises(ReviewError, match="stack aws has no review of what commit 5eed5eed brings"):
        command("aws", file)
