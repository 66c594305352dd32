"""A stub of GitLab's API for each test, and a client that does not really wait."""

from collections.abc import Callable, Iterator

import gitlab
import pytest

from crosscloud.gitlab.client import Settings, connect
from crosscloud.gitlab.retrying import Patience
from tests.gitlab import Stub, gitlab_stub

PROJECT = "cncf/cross-cloud"
BOT = "glpat-bot"
REPORTER, DEVELOPER = 20, 30


@pytest.fixture
def stub() -> Iterator[Stub]:
    with gitlab_stub() as stub:
        stub.project(PROJECT, visibility="private")
        stub.token(BOT, user="crosscloud-bot", access={PROJECT: REPORTER})
        yield stub


@pytest.fixture
def waits() -> list[float]:
    """How long a client of `client` would have waited, each time."""
    return []


@pytest.fixture
def client(stub: Stub, waits: list[float]) -> Callable[..., gitlab.Gitlab]:
    """Return a client by its token; the bot's is the usual one."""

    def make(token: str = BOT, *, job: bool = False) -> gitlab.Gitlab:
        source = "CI_JOB_TOKEN" if job else "CROSSCLOUD_GITLAB_TOKEN"
        settings = Settings(stub.url, token, job_token=job, source=source if token else "")
        return connect(settings, patience=Patience(attempts=4, sleep=waits.append))

    return make
