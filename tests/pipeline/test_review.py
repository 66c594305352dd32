"""A merge request's jobs, run: the preview reaches the job that posts, and merging applies what was previewed alone."""

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crosscloud import kubeconfig, paths
from crosscloud.review import Review
from crosscloud.stacks.files import without_salt
from tests.gitlab import Stub, gitlab_stub
from tests.gitlab.model import Access
from tests.gitlab.setup import MergeRequestSetup
from tests.pipeline import checkout, runner
from tests.pipeline.runner import Pipeline
from tests.processes import finished, start

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
        return self.apply(before, after)

    def apply(self, before: str, after: str) -> Pipeline:
        """Run the job of the local stack for a push of the default branch; GitLab keeps what became of it."""
        done = self.run("apply:local", CI_PIPELINE_SOURCE="push", CI_COMMIT_BEFORE_SHA=before, CI_COMMIT_SHA=after)
        status = "failed" if done.job("apply:local").status else "success"
        pipeline = self.stub.project(checkout.PROJECT).branch(checkout.BRANCH, after).pipeline(status)
        pipeline.job("apply:local", status=status, environment="local")
        return done

    def state(self) -> str:
        """Return the stack's state, as its file has it; empty if there is none."""
        found = list((self.home / "state").rglob("local.json"))
        return found[0].read_text() if found else ""


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
    assert not project.state(), "nothing was made"


def _without_machines(name: str, kubeconfig: Path) -> dict[str, str]:
    """Return a stack on a cluster that is said to be there: a name in the state, and nothing that asks or fills it."""
    existing = (paths.ROOT / "components" / "existing.py").read_text()
    asks = "version, nodes = _ask(chosen)"
    assert asks in existing
    return {
        "components/existing.py": existing.replace(asks, 'version, nodes = "v1.0.0", []'),
        "components/cross_project.py": '"""Double."""\n\n\nclass CrossProject:\n'
        "    def __init__(self, *_: object) -> None:\n        self.prometheus: dict[str, str] = {}\n",
        "Pulumi.local.yaml": f"config:\n  crosscloud:cloud: existing\n  crosscloud:clusterName: {name}\n"
        f"  crosscloud:releaseFile: .crosscloud/release.env\n  crosscloud:existing: {{kubeconfig: {kubeconfig}}}\n",
    }


def test_merging_applies_what_was_previewed_and_nothing_once_somebody_else_has_been_at_work(
    project: Project, tmp_path: Path
) -> None:
    file = tmp_path / "kubeconfig"
    kubeconfig.write(file, kubeconfig.parse(json.dumps(_KUBECONFIG), source="a cluster that does not answer"))
    previewed, request = project.review(_without_machines("reviewed", file))
    kept = previewed.artifacts("preview:local") / ".crosscloud" / "previews" / "local"
    review = Review.load(kept / "review.json")

    applied = project.merge(request, kept, {})
    assert "crosscloud:cluster:Existing::reviewed" in project.state(), applied.output
    assert _history(project)[0]["message"] == f"crosscloud review {review.id}"
    assert "can't be checked: " in applied.output, "all but the checks, for want of a cluster"
    assert applied.job("apply:local").status == 1

    _by_hand(project, _without_machines("by-hand", file))
    before = project.state()
    # A push of documents alone takes up what the failed job left undone, and its review is the one from before.
    refused = project.apply(*checkout.change(project.folder, {"docs/rehearsal.md": "#\n"}, branch=checkout.BRANCH))
    assert refused.job("apply:local").status == 1
    assert "crosscloud:cluster:Existing by-hand is new" in refused.output, refused.output
    assert "Nothing was changed." in refused.output
    assert project.state() == before


#: Nothing listens at this port.
_KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "none", "cluster": {"server": "https://127.0.0.1:9"}}],
    "users": [{"name": "none", "user": {"token": "none"}}],
    "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
    "current-context": "none",
}


def _history(project: Project) -> list[dict[str, Any]]:
    """Return the engine's runs on the stack that have ended, the newest first."""
    found = sorted((project.home / "state").rglob("local-*.history.json"), reverse=True)
    return [json.loads(file.read_text()) for file in found]


def _by_hand(project: Project, files: dict[str, str]) -> None:
    """Bring the stack up from the checkout, with some files changed, as somebody would who passes by the pipeline."""
    for name, text in files.items():
        (project.folder / name).write_text(text)
    environment = runner.environment(project.home) | {"PYTHONPATH": str(project.folder)}
    command = [sys.executable, "-m", "crosscloud.cli", "up", "--stack", "local", "--no-check", "--no-policies"]
    finished(start(command, project.folder, environment), timeout=120)
    checkout.restore(project.folder)
