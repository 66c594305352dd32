"""`crosscloud note` puts what a preview found onto its merge request, or says what it lacks."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from crosscloud.cli.app import app
from crosscloud.errors import CrosscloudError
from crosscloud.preview import note, summary
from crosscloud.preview.model import Change, Diagnostic, Finding, Op, Preview
from crosscloud.preview.posting import PostingError, Target, quiet
from tests.gitlab import Stub
from tests.gitlab.setup import MergeRequestSetup

PROJECT = "cncf/cross-cloud"
CREATE = Change(Op.CREATE, "aws:ec2/vpc:Vpc", "net", "urn:pulumi:aws::crosscloud::aws:ec2/vpc:Vpc::net")
FINDING = Finding("no-open-api", "the API is open", mandatory=True)


@pytest.fixture
def merge_request(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> MergeRequestSetup:
    """Make a merge request, and the environment of the job that posts to it."""
    for name in (
        "GITLAB_TOKEN",
        "CROSSCLOUD_GITLAB_URL",
        "CROSSCLOUD_GITLAB_TOKEN_FILE",
        "STACK",
        "CI_JOB_URL",
        "CI_PIPELINE_ID",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CI_SERVER_URL", stub.url)
    monkeypatch.setenv("CI_JOB_TOKEN", "job-secret")
    monkeypatch.setenv("CI_PROJECT_ID", PROJECT)
    monkeypatch.setenv("CI_MERGE_REQUEST_IID", "1")
    monkeypatch.setenv("CROSSCLOUD_GITLAB_TOKEN", "glpat-bot")
    return stub.project(PROJECT).merge_request()


def previewed(folder: Path, stack: str = "aws", **found: object) -> Path:
    (folder / stack).mkdir(parents=True, exist_ok=True)
    text = note.render(Preview(stack, **found))  # type: ignore[arg-type]  # a table of keywords
    (folder / stack / "note.md").write_text(text)
    return folder


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["note", *arguments])
    if isinstance(result.exception, CrosscloudError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_the_note_is_posted_and_updated(stub: Stub, merge_request: MergeRequestSetup, tmp_path: Path) -> None:
    first = run("-s", "aws", "--from", str(previewed(tmp_path, changes=(CREATE,))))
    second = run("aws", "--from", str(previewed(tmp_path, changes=(CREATE, CREATE))))
    (posted,) = merge_request.merge_request.notes
    where = f"{stub.url}/{PROJECT}/-/merge_requests/1#note_{posted.id}"
    assert first == f"note of aws on merge request !1: created: {where}\n"
    assert second == f"note of aws on merge request !1: updated: {where}\n"
    assert posted.body.startswith("<!-- crosscloud:preview:aws -->\n### `aws` · `+2 ")


def test_no_changes_updates_a_note_but_makes_none(merge_request: MergeRequestSetup, tmp_path: Path) -> None:
    assert "no changes, and no note" in run("-s", "aws", "--from", str(previewed(tmp_path)))
    assert merge_request.merge_request.notes == []
    run("-s", "aws", "--from", str(previewed(tmp_path, changes=(CREATE,))))
    assert "updated" in run("-s", "aws", "--from", str(previewed(tmp_path)))
    assert summary.result(Preview("aws")) in merge_request.merge_request.notes[0].body


@pytest.mark.parametrize(
    ("found", "silent"),
    [
        (Preview("aws"), True),
        (Preview("aws", policies=True), True),
        (Preview("aws", changes=(CREATE,)), False),
        (Preview("aws", errors=(Diagnostic("no"),), failed=True), False),
        (Preview("aws", findings=(FINDING,), policies=True, failed=True), False),
    ],
)
def test_only_what_has_nothing_to_tell_is_quiet(found: Preview, silent: bool) -> None:
    assert quiet(note.render(found)) is silent


def test_a_stack_that_is_not_touched_any_more_says_so(merge_request: MergeRequestSetup, tmp_path: Path) -> None:
    run("-s", "aws", "--gone")
    assert merge_request.merge_request.notes == []
    run("-s", "aws", "--from", str(previewed(tmp_path, changes=(CREATE,))))
    assert "updated" in run("-s", "aws", "--gone")
    assert "`aws` · not touched any more" in merge_request.merge_request.notes[0].body


def test_a_slow_job_of_an_earlier_pipeline_leaves_the_note_of_a_later_one(
    merge_request: MergeRequestSetup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(previewed(tmp_path, changes=(CREATE,)))
    monkeypatch.setenv("CI_PIPELINE_ID", "7")
    run("-s", "aws", "--from", folder)
    monkeypatch.setenv("CI_PIPELINE_ID", "6")
    before = merge_request.merge_request.notes[0].body
    for arguments in (["--from", folder], ["--gone"]):
        assert "left as it is, for a later pipeline wrote it: http" in run("-s", "aws", *arguments)
    assert merge_request.merge_request.notes[0].body == before


@pytest.mark.usefixtures("merge_request")
def test_a_missing_token_is_told_before_anything(stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CROSSCLOUD_GITLAB_TOKEN")
    with pytest.raises(CrosscloudError, match="the note of aws needs a token that may write, and CI_JOB_TOKEN can't"):
        run("-s", "aws", "--from", str(tmp_path / "none"))
    assert stub.requests == []


@pytest.mark.usefixtures("merge_request")
def test_a_preview_that_is_not_there_is_told(stub: Stub, tmp_path: Path) -> None:
    with pytest.raises(
        PostingError, match=r"aws/note\.md, can't be read: No such file.*crosscloud preview aws --output"
    ):
        run("-s", "aws", "--from", str(tmp_path))
    assert stub.requests == []


@pytest.mark.usefixtures("merge_request")
def test_another_stacks_note_is_refused(stub: Stub, tmp_path: Path) -> None:
    previewed(tmp_path, "gce", changes=(CREATE,))
    (tmp_path / "gce").rename(tmp_path / "aws")
    with pytest.raises(PostingError, match="is not the note of stack aws"):
        run("-s", "aws", "--from", str(tmp_path))
    assert stub.requests == []


def test_a_note_that_a_branch_has_written_can_t_give_orders(merge_request: MergeRequestSetup, tmp_path: Path) -> None:
    folder = previewed(tmp_path, changes=(CREATE,))
    with (folder / "aws" / "note.md").open("a") as file:
        file.write("\n/close\n")
    run("-s", "aws", "--from", str(folder))
    assert merge_request.merge_request.state == "opened"
    assert merge_request.merge_request.notes[0].body.endswith("\n\\/close")


def test_the_merge_requests_own_project_goes_before_that_of_a_fork(
    stub: Stub, merge_request: MergeRequestSetup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.project("somebody/cross-cloud")
    monkeypatch.setenv("CI_PROJECT_ID", "somebody/cross-cloud")
    monkeypatch.setenv("CI_MERGE_REQUEST_PROJECT_ID", PROJECT)
    run("-s", "aws", "--from", str(previewed(tmp_path, changes=(CREATE,))))
    assert len(merge_request.merge_request.notes) == 1


@pytest.mark.parametrize(
    ("project", "number", "missing"),
    [
        ("", "", r"the project: --project.*, and the number of the merge request: --merge-request"),
        (PROJECT, "", "the number of the merge request"),
        (PROJECT, "!7", "the number of the merge request"),
        (PROJECT, "0", "the number of the merge request"),
        ("", "7", "the project"),
    ],
)
def test_where_it_belongs_is_asked_for_all_at_once(project: str, number: str, missing: str) -> None:
    with pytest.raises(PostingError, match=missing):
        Target.of(project, number)


def test_a_pipeline_that_is_no_number_is_refused() -> None:
    with pytest.raises(PostingError, match="the id of the pipeline is 'newest': a number such as CI_PIPELINE_ID"):
        Target.of(PROJECT, "7", "newest")
