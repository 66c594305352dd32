"""A merge request's jobs, run: the preview's files reach the job that posts, and what is not touched is left alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crosscloud import paths
from tests.gitlab import Stub, gitlab_stub
from tests.gitlab.model import Access, MergeRequest
from tests.pipeline import checkout, runner
from tests.pipeline.runner import Pipeline

pytestmark = pytest.mark.engine
JOB, NOTES = "stub-job-token", "stub-note-token"


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with gitlab_stub() as made:
        made.job_token(JOB, project=checkout.PROJECT, access={checkout.PROJECT: Access.DEVELOPER})
        made.token(NOTES, user="note-bot", access={checkout.PROJECT: Access.REPORTER})
        yield made


@pytest.fixture(scope="module")
def folder(stub: Stub, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("review") / "checkout"
    checkout.make(made, stub.url)
    return made


def _review(stub: Stub, folder: Path, files: dict[str, str]) -> tuple[Pipeline, MergeRequest]:
    """Open a merge request with a change of some files, and run the jobs of the local stack in its pipeline."""
    before, after = checkout.change(folder, files)
    request = stub.project(checkout.PROJECT).merge_request("A change", commit=after)
    for file in files:
        request.changes(file)
    told = {
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": checkout.PROJECT,
        "CI_MERGE_REQUEST_PROJECT_PATH": checkout.PROJECT,
        "CI_MERGE_REQUEST_PROJECT_ID": checkout.PROJECT,
        "CI_MERGE_REQUEST_IID": str(request.merge_request.iid),
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": before,
        "CI_COMMIT_SHA": after,
        "CI_PROJECT_ID": checkout.PROJECT,
    }
    secrets = {"*": {"CI_JOB_TOKEN": JOB}, "note/*": {"CROSSCLOUD_GITLAB_TOKEN": NOTES}}
    return runner.run(folder, told, secrets=secrets, jobs=["note:local"]), request.merge_request


def test_a_change_of_docs_alone_previews_nothing_and_posts_nothing(stub: Stub, folder: Path) -> None:
    done, request = _review(stub, folder, {"docs/rehearsal.md": "# Rehearsals\n"})
    assert [(job.name, job.status) for job in done.jobs] == [("preview:local", 0), ("note:local", 0)], done.output
    assert "stack local is not touched" in done.output
    assert request.notes == []


def test_a_change_of_a_stack_is_previewed_and_its_note_posted(stub: Stub, folder: Path) -> None:
    text = (paths.ROOT / "Pulumi.local.yaml").read_text() + "  crosscloud:workers: {count: 2}\n"
    done, request = _review(stub, folder, {"Pulumi.local.yaml": text})
    assert [(job.name, job.status) for job in done.jobs] == [("preview:local", 0), ("note:local", 0)], done.output
    assert len(request.notes) == 1
    assert "<!-- crosscloud:preview:local -->" in request.notes[0].body
    kept = done.artifacts("preview:local") / ".crosscloud" / "previews" / "local"
    assert {"note.md", "widget.json", "review.json", "diff.txt"} <= {file.name for file in kept.iterdir()}
    assert NOTES not in done.output
