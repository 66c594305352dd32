"""The page's history is that of the page that was made last, whatever became of its pipeline."""

import pytest

from crosscloud.gitlab.client import GitlabError, Settings, connect
from crosscloud.gitlab.retrying import Patience
from crosscloud.runs.history import Published, fetch
from tests.gitlab import Fault, Stub, gitlab_stub
from tests.gitlab.model import Access

PROJECT = "crosscloud/crosscloud"
PUBLISHED = Published(PROJECT, "main")


def _pipeline(stub: Stub, history: str | None, status: str = "success", *, expired: bool = False) -> None:
    made = stub.project(PROJECT).branch("main", "1" * 40).pipeline(status)
    if history is not None:
        made.job("report", artifacts={"public/history.json": history}, expired=expired)


def _fetch(stub: Stub, *, job_token: bool = False) -> bytes | None:
    if job_token:
        settings = Settings(stub.url, stub.job_token("job", project=PROJECT, access={PROJECT: Access.REPORTER}), True)
    else:
        settings = Settings(stub.url, stub.token("mine", scopes=("read_api",), access={PROJECT: Access.REPORTER}))
    return fetch(connect(settings, patience=Patience(attempts=1)), PUBLISHED, job_token=job_token)


def test_it_is_that_of_the_newest_page_also_if_a_cell_was_red() -> None:
    with gitlab_stub() as stub:
        _pipeline(stub, "old")
        _pipeline(stub, "new", "failed")
        _pipeline(stub, None)  # a merge, which makes no page
        assert _fetch(stub) == b"new"


def test_a_page_whose_artifacts_have_expired_is_passed_over() -> None:
    with gitlab_stub() as stub:
        _pipeline(stub, "old")
        _pipeline(stub, "gone", expired=True)
        assert _fetch(stub) == b"old"


def test_there_is_none_before_the_first_page() -> None:
    with gitlab_stub() as stub:
        _pipeline(stub, None)
        assert _fetch(stub) is None
        assert _fetch(stub, job_token=True) is None


def test_a_jobs_own_token_finds_that_of_the_newest_green_pipeline() -> None:
    with gitlab_stub() as stub:
        _pipeline(stub, "green")
        _pipeline(stub, "red", "failed")
        assert _fetch(stub, job_token=True) == b"green"


@pytest.mark.parametrize("job_token", [False, True])
def test_a_server_that_fails_is_an_error_and_no_empty_history(job_token: bool) -> None:
    with gitlab_stub() as stub:
        _pipeline(stub, "old")
        stub.fault(Fault("GET", status=500, times=9))
        with pytest.raises(GitlabError):
            _fetch(stub, job_token=job_token)
