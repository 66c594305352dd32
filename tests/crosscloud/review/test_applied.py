"""What a stack lacks is counted from the commit that was last applied to it, whatever was pushed since."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from crosscloud.gitlab.client import GitlabError, Settings, connect
from crosscloud.review import ReviewError
from crosscloud.review.applied import NOTHING, last_applied, since
from tests.gitlab import Stub, gitlab_stub
from tests.gitlab.model import Access

PROJECT = "cncf/crosscloud"


@pytest.fixture(scope="module")
def branch(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A clone with three commits, and these, the newest first."""
    folder = tmp_path_factory.mktemp("clone")
    git(folder, "init", "--quiet")
    for number in range(3):
        who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
        git(folder, *who, "commit", "--quiet", "--allow-empty", "--message", str(number))
    return folder, git(folder, "rev-list", "HEAD").split()


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def stub() -> Iterator[Stub]:
    with gitlab_stub() as made:
        made.project(PROJECT, visibility="private")
        made.job_token("job", project=PROJECT, access={PROJECT: Access.DEVELOPER})
        yield made


def deployed(stub: Stub, commit: str, status: str, environment: str = "aws") -> None:
    pipeline = stub.project(PROJECT).branch("main", commit).pipeline(status)
    pipeline.job("apply:aws", status=status, environment=environment)


def last(stub: Stub, branch: tuple[Path, list[str]], head: str) -> str:
    env = {"CI_SERVER_URL": stub.url, "CI_JOB_TOKEN": "job"}
    return last_applied(connect(Settings.from_environment(env)), PROJECT, "aws", head, folder=branch[0])


def test_an_attempt_that_failed_or_was_cancelled_did_not_apply(stub: Stub, branch: tuple[Path, list[str]]) -> None:
    newest, middle, oldest = branch[1]
    assert not last(stub, branch, newest), "nothing was tried"
    deployed(stub, middle, "failed")
    assert last(stub, branch, newest) == NOTHING
    deployed(stub, oldest, "success")
    deployed(stub, middle, "failed")
    deployed(stub, newest, "canceled")
    deployed(stub, newest, "success", environment="gce")
    assert last(stub, branch, newest) == oldest
    deployed(stub, middle, "success")
    assert last(stub, branch, newest) == middle


def test_an_older_job_that_is_run_again_takes_nothing_back(stub: Stub, branch: tuple[Path, list[str]]) -> None:
    newest, middle, oldest = branch[1]
    for commit in (oldest, newest, middle):
        deployed(stub, commit, "success")
    assert last(stub, branch, newest) == newest
    assert last(stub, branch, middle) == middle, "what came after it is none of its business"


def test_who_may_not_see_deployments_is_told_what_it_takes(stub: Stub, branch: tuple[Path, list[str]]) -> None:
    stub.state.projects[0].members.clear()
    with pytest.raises(GitlabError, match="the deployments to aws"):
        last(stub, branch, branch[1][0])


def test_the_commits_since_are_those_that_the_clone_has(branch: tuple[Path, list[str]]) -> None:
    folder, (newest, middle, oldest) = branch
    assert since(oldest, newest, folder=folder) == [newest, middle]
    assert since(newest, newest, folder=folder) == []
    assert since(NOTHING, newest, folder=folder) == [newest, middle, oldest], "or a clone that is too shallow"
    with pytest.raises(ReviewError, match="git does not know the commits before"):
        since(oldest, "d" * 40, folder=folder)
