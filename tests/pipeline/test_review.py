"""A merge request's jobs, run: the preview reaches the job that posts, and merging applies what was previewed alone."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from crosscloud import paths
from crosscloud.stacks.files import without_salt
from tests.gitlab import Stub, gitlab_stub
from tests.gitlab.model import Access
from tests.gitlab.setup import MergeRequestSetup
from tests.pipeline import checkout, runner
from tests.pipeline.runner import Pipeline

pytestmark = pytest.mark.engine
JOB, NOTES = "stub-job-token", "stub-note-token"
OWN = ("CI_PROJECT_ID", "CI_MERGE_REQUEST_PROJECT_ID", "CI_MERGE_REQUEST_PROJECT_PATH")


@dataclass(frozen=True)
class Project:
    """The project on the stub, a checkout of it, and a home whose backend has no stack yet."""

    stub: Stub
    folder: Path
    home: Path

    def run(self, job: str, **variables: str) -> Pipeline:
        """Run a job and what it needs."""
        secrets = {"*": {"CI_JOB_TOKEN": JOB}, "note/*": {"CROSSCLOUD_GITLAB_TOKEN": NOTES}}
        told = dict.fromkeys(OWN, checkout.PROJECT) | variables
        return runner.run(self.folder, told, secrets=secrets, jobs=[job], home=self.home)

    def review(self, files: dict[str, str]) -> tuple[Pipeline, MergeRequestSetup]:
        """Open a merge request that changes some files, and run the jobs of the local stack in its pipeline."""
        before, after = checkout.change(self.folder, files, branch="change")
        request = self.stub.project(checkout.PROJECT).merge_request("A change", commit=after)
        done = self.run(
            "note:local",
            CI_PIPELINE_SOURCE="merge_request_event",
            CI_MERGE_REQUEST_SOURCE_PROJECT_PATH=checkout.PROJECT,
            CI_MERGE_REQUEST_IID=str(request.merge_request.iid),
            CI_MERGE_REQUEST_DIFF_BASE_SHA=before,
            CI_COMMIT_SHA=after,
        )
        return done, request

    def merge(self, request: MergeRequestSetup, reviewed: Path, files: dict[str, str]) -> Pipeline:
        """Merge it, with some files changed since, and run the job of the local stack on the default branch."""
        artifacts = {f".crosscloud/previews/local/{file.name}": file.read_text() for file in reviewed.iterdir()}
        request.pipeline().job("preview:local", artifacts=artifacts)
        before, after = checkout.change(self.folder, files, branch=checkout.BRANCH)
        request.merged(after)
        return self.run("apply:local", CI_PIPELINE_SOURCE="push", CI_COMMIT_BEFORE_SHA=before, CI_COMMIT_SHA=after)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    place = tmp_path_factory.mktemp("review")
    (place / "home").mkdir()
    for name in ("release.env", "support.env"):
        shutil.copyfile(paths.home() / name, place / "home" / name)
    with gitlab_stub() as stub:
        stub.job_token(JOB, project=checkout.PROJECT, access={checkout.PROJECT: Access.DEVELOPER})
        stub.token(NOTES, user="note-bot", access={checkout.PROJECT: Access.REPORTER})
        checkout.make(place / "checkout", stub.url)
        yield Project(stub, place / "checkout", place / "home")


def _workers(count: int) -> dict[str, str]:
    text = without_salt((paths.ROOT / "Pulumi.local.yaml").read_text())
    return {"Pulumi.local.yaml": f"{text}  crosscloud:workers: {{count: {count}}}\n"}


def test_a_change_of_docs_alone_previews_nothing_and_posts_nothing(project: Project) -> None:
    done, request = project.review({"docs/rehearsal.md": "# Rehearsals\n"})
    assert [(job.name, job.status) for job in done.jobs] == [("preview:local", 0), ("note:local", 0)], done.output
    assert "stack local is not touched" in done.output
    assert request.merge_request.notes == []


def test_a_change_of_a_stack_is_previewed_and_noted_and_nothing_else_is_applied(project: Project) -> None:
    done, request = project.review(_workers(2))
    assert [(job.name, job.status) for job in done.jobs] == [("preview:local", 0), ("note:local", 0)], done.output
    assert len(request.merge_request.notes) == 1
    assert "<!-- crosscloud:preview:local -->" in request.merge_request.notes[0].body
    kept = done.artifacts("preview:local") / ".crosscloud" / "previews" / "local"
    assert {"note.md", "widget.json", "review.json", "diff.txt"} <= {file.name for file in kept.iterdir()}
    assert NOTES not in done.output

    applied = project.merge(request, kept, _workers(3))
    assert [(job.name, job.status) for job in applied.jobs] == [("apply:local", 1)], applied.output
    assert "crosscloud:workers" in applied.output, "it says what moved since the review"
    assert not list((project.home / "state").rglob("local.json")), "nothing was made"
