"""The page's history is that of the page that was made last, whatever became of its pipeline."""

from datetime import timedelta

import pytest

from crosscloud.gitlab.client import GitlabError, Settings, connect
from crosscloud.gitlab.retrying import Patience
from crosscloud.runs.history import Published, fetch
from tests.gitlab import Fault, Stub, gitlab_stub
from tests.gitlab.model import Access, now

PROJECT = "crosscloud/crosscloud"
PUBLISHED = Published(PROJECT, "main")


def _pipeline(
    stub: Stub,
    history: str,
    status: str = "success",
    *,
    branch: str = "main",
    expired: bool = False,
    ago: timedelta = timedelta(),
) -> None:
    made = stub.project(PROJECT).branch(branch, "1" * 40).pipeline(status)
    made.job("destroy", environment="cell/aws-head")
    files = {"public/history.json": history}
    made.job("report", artifacts=files, expired=expired, environment="status", finished=now() - ago)


def _fetch(stub: Stub, *, role: int = Access.DEVELOPER) -> bytes | None:
    """Ask with the token of the job that makes the page."""
    settings = Settings(stub.url, stub.job_token("job", project=PROJECT, access={PROJECT: role}), True)
    return fetch(connect(settings, patience=Patience(attempts=1)), PUBLISHED)


def test_it_is_that_of_the_newest_page_also_if_a_cell_was_red() -> None:
    with gitlab_stub() as stub:
        _pipeline(stub, "old")
        _pipeline(stub, "new", "failed")
        stub.project(PROJECT).branch("main", "2" * 40).pipeline().job("up")  # a merge, which makes no page
        assert _fetch(stub) == b"new"


def test_of_two_pipelines_at_once_it_is_that_of_the_one_that_ended_last() -> None:
    with gitlab_stub() as stub:
        _pipeline(stub, "of both")
        _pipeline(stub, "of the one that began last", ago=timedelta(minutes=5))
        assert _fetch(stub) == b"of both"


def test_a_page_from_before_any_number_of_pipelines_is_found_in_one_question() -> None:
    with gitlab_stub() as stub:
        _pipeline(stub, "old", ago=timedelta(days=80))
        branch = stub.project(PROJECT).branch("main", "2" * 40)
        for _ in range(250):
            branch.pipeline().job("up")
        assert _fetch(stub) == b"old"
        assert [seen.path.rpartition("/")[2] for seen in stub.requests] == ["deployments", "history.json"]


def test_what_is_older_than_a_history_reaches_is_not_looked_at() -> None:
    with gitlab_stub() as stub:
        _pipeline(stub, "old", ago=timedelta(days=91))
        assert _fetch(stub) is None
        assert not stub.asked("artifacts")


def test_a_page_whose_artifacts_have_expired_is_passed_over() -> None:
    with gitlab_stub() as stub:
        _pipeline(stub, "old", ago=timedelta(hours=1))
        _pipeline(stub, "gone", expired=True)
        assert _fetch(stub) == b"old"


def test_a_page_of_another_branch_is_none() -> None:
    with gitlab_stub() as stub:
        _pipeline(stub, "old", ago=timedelta(hours=1))
        _pipeline(stub, "tried out", branch="change")
        assert _fetch(stub) == b"old"


def test_there_is_none_before_the_first_page() -> None:
    with gitlab_stub() as stub:
        stub.project(PROJECT).branch("main", "1" * 40).pipeline()
        assert _fetch(stub) is None


def test_a_token_of_ones_own_finds_it_too() -> None:
    with gitlab_stub() as stub:
        _pipeline(stub, "new")
        token = stub.token("mine", scopes=("read_api",), access={PROJECT: Access.DEVELOPER})
        assert fetch(connect(Settings(stub.url, token)), PUBLISHED) == b"new"


def test_a_role_that_may_not_is_an_error_and_no_empty_history() -> None:
    with gitlab_stub() as stub:
        _pipeline(stub, "new")
        with pytest.raises(GitlabError, match=r"the deployments to status: .*the role Developer"):
            _fetch(stub, role=Access.GUEST)


@pytest.mark.parametrize("asked", ["/deployments", "/artifacts"])
def test_a_server_that_fails_is_an_error_and_no_empty_history(asked: str) -> None:
    with gitlab_stub() as stub:
        _pipeline(stub, "old")
        stub.fault(Fault(f"GET .*{asked}", status=500, times=9))
        with pytest.raises(GitlabError):
            _fetch(stub)
