"""What GitLab refuses is told in words, and what may pass is tried again, but not for ever."""

from collections.abc import Callable
from typing import Literal

import gitlab
import pytest

from crosscloud.gitlab.client import GitlabError, Settings, asking, connect
from crosscloud.gitlab.retrying import Patience
from tests.gitlab import Fault, Stub, gitlab_stub

PROJECT = "cncf/cross-cloud"
Client = Callable[..., gitlab.Gitlab]


def refusal(gl: gitlab.Gitlab, project: str = PROJECT) -> GitlabError:
    with pytest.raises(GitlabError) as refused, asking(f"the branches of {project}", needs="the role Reporter"):
        gl.projects.get(project, lazy=True).branches.list(get_all=True)
    return refused.value


def test_every_page_is_read(stub: Stub, client: Client) -> None:
    for number in range(230):
        stub.project(PROJECT).branch(f"topic/{number}", "a" * 40)
    assert len(client().projects.get(PROJECT).branches.list(get_all=True)) == 231
    assert [seen.query["page"] for seen in stub.asked("/branches")[1:]] == ["2", "3"]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 522])
def test_what_may_pass_is_tried_again(stub: Stub, client: Client, waits: list[float], status: int) -> None:
    stub.fault(Fault(match="branches", status=status, times=2))
    assert client().projects.get(PROJECT, lazy=True).branches.list(get_all=True)
    assert len(waits) == 2


@pytest.mark.parametrize("kind", ["half", "drop", "lost"])
def test_a_broken_connection_is_tried_again(
    stub: Stub, client: Client, waits: list[float], kind: Literal["half", "drop", "lost"]
) -> None:
    stub.fault(Fault(kind=kind, match="branches", times=2))
    assert client().projects.get(PROJECT, lazy=True).branches.list(get_all=True)
    assert len(waits) == 2


def test_waits_grow_and_differ(stub: Stub, client: Client, waits: list[float]) -> None:
    stub.fault(Fault(match="branches", status=503, times=3))
    client().projects.get(PROJECT, lazy=True).branches.list(get_all=True)
    assert [low <= wait <= low + 1 for low, wait in zip((1, 2, 4), waits, strict=True)] == [True] * 3


def test_the_rate_limit_is_waited_for_as_long_as_it_asks(stub: Stub, client: Client, waits: list[float]) -> None:
    stub.fault(Fault(match="branches", status=429, retry_after=7))
    client().projects.get(PROJECT, lazy=True).branches.list(get_all=True)
    assert waits == [pytest.approx(7.1)]


@pytest.mark.parametrize(
    ("asked", "words"), [(86400, "24 hours"), (300, "5 minutes"), ("Wed, 21 Oct 2099 07:28:00 GMT", "days")]
)
def test_a_rate_limit_of_a_day_is_not_waited_for(
    stub: Stub, client: Client, waits: list[float], asked: int | str, words: str
) -> None:
    stub.fault(Fault(match="branches", status=429, retry_after=asked, times=9))
    told = refusal(client())
    assert "the branches of cncf/cross-cloud: GitLab's rate limit is reached: it asks to wait" in str(told)
    assert f"{words}. Run it again then" in str(told)
    assert (told.status, told.passing, waits) == (429, True, [])


def test_trying_again_has_an_end(stub: Stub, client: Client, waits: list[float]) -> None:
    stub.fault(Fault(match="branches", status=502, times=99))
    assert "an error of its own (status 502), and trying again did not help" in str(refusal(client()))
    assert (len(stub.requests), len(waits)) == (4, 3)


def test_what_makes_something_is_not_sent_twice(stub: Stub, client: Client) -> None:
    stub.fault(Fault(match="POST", kind="lost"))
    with pytest.raises(gitlab.exceptions.GitlabError):
        client().projects.get(PROJECT, lazy=True).issues.create({"title": "one"})
    assert [issue.title for issue in client().projects.get(PROJECT).issues.list(get_all=True)] == ["one"]


def test_a_throttled_write_was_not_done_and_is_sent_again(stub: Stub, client: Client) -> None:
    stub.fault(Fault(match="POST", status=429))
    client().projects.get(PROJECT, lazy=True).issues.create({"title": "one"})
    assert len(stub.asked("POST")) == 2


@pytest.mark.parametrize(
    ("token", "told"),
    [
        ({"expired": True}, "GitLab does not accept the token in CROSSCLOUD_GITLAB_TOKEN: Token is expired"),
        ({"revoked": True}, "GitLab does not accept the token in CROSSCLOUD_GITLAB_TOKEN: Token was revoked"),
        ({"scopes": ("read_registry",)}, "the token in CROSSCLOUD_GITLAB_TOKEN lacks the scope api or read_api"),
        ({"access": {PROJECT: 10}}, "may not do that (Forbidden). It takes the role Reporter"),
        ({}, "it is not there, or the token in CROSSCLOUD_GITLAB_TOKEN may not see it"),
    ],
)
def test_a_refusal_says_whose_token_lacks_what(stub: Stub, client: Client, token: dict[str, object], told: str) -> None:
    stub.token("glpat-other", user="other", **token)  # type: ignore[arg-type]  # a table of keywords
    error = str(refusal(client("glpat-other")))
    assert error.startswith("the branches of cncf/cross-cloud: ")
    assert told in error
    assert "glpat-other" not in error


@pytest.mark.parametrize("before", [0, 290])
def test_a_token_in_the_servers_own_words_is_not_repeated_nor_a_part_of_it(client: Client, before: int) -> None:
    gl = client("glpat-0123456789")

    def refuse() -> None:
        error = gitlab.exceptions.GitlabHttpError("x" * before + " glpat-0123456789 is bad", 400)
        error.given = gl.given  # type: ignore[attr-defined]  # as the client does
        raise error

    with pytest.raises(GitlabError) as refused, asking("it"):
        refuse()
    assert "[token]" in str(refused.value)
    assert "glpat" not in str(refused.value)


def test_an_unknown_token_is_refused(client: Client) -> None:
    error = str(refusal(client("glpat-wrong")))
    assert "GitLab does not accept the token in CROSSCLOUD_GITLAB_TOKEN: Unauthorized" in error
    assert "Make a new one" in error


def test_a_jobs_token_where_none_is_taken_and_no_token_are_told_to_be_replaced(stub: Stub, client: Client) -> None:
    stub.job_token("job-1", project=PROJECT, access={PROJECT: 30})
    for gl in (client("job-1", job=True), client("")):
        with pytest.raises(GitlabError, match="Give a token of one's own as CROSSCLOUD_GITLAB_TOKEN"), asking("me"):
            gl.auth()


def test_a_jobs_token_that_is_not_on_the_allowlist_is_told_so(stub: Stub, client: Client) -> None:
    stub.job_token("job-1", project="cncf/other", access={PROJECT: 30})
    error = str(refusal(client("job-1", job=True)))
    assert "the job's own token in CI_JOB_TOKEN may not do that" in error
    assert "not allowed from other to cross-cloud" in error
    assert "allowlist" in error


def test_what_python_gitlab_wraps_still_says_who_was_refused(client: Client) -> None:
    with pytest.raises(GitlabError, match="the token in CROSSCLOUD_GITLAB_TOKEN may not see it"), asking("the job"):
        client().projects.get(PROJECT, lazy=True).jobs.get(4711)


def test_a_server_that_is_not_there_is_named() -> None:
    with gitlab_stub() as gone:
        url = gone.url
    gl = connect(Settings(url, "secret-token"), patience=Patience(attempts=1))
    told = f"the user: {url} can't be reached: is the address right"
    with pytest.raises(GitlabError, match=told) as refused, asking("the user"):
        gl.auth()
    assert refused.value.passing


def test_a_page_that_is_no_gitlab_is_told(stub: Stub, client: Client) -> None:
    stub.fault(Fault(match="branches", status=200, times=9))
    assert "does not answer as GitLab does" in str(refusal(client()))


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (403, "answers with a web page (status 403): is that GitLab's address"),
        (404, "answers with a web page (status 404): is that GitLab's address"),
        (413, "it is too large for this GitLab (a proxy's answer)"),
    ],
)
def test_a_web_page_of_whatever_is_before_gitlab_is_told_and_not_shown(
    stub: Stub, client: Client, status: int, told: str
) -> None:
    stub.fault(Fault(match="branches", status=status))
    error = str(refusal(client()))
    assert told in error
    assert "<" not in error


def test_a_token_is_not_taken_along_to_another_server(stub: Stub, client: Client) -> None:
    with gitlab_stub() as storage:
        elsewhere = storage.url.replace("127.0.0.1", "localhost")
        stub.fault(Fault(match="branches", status=302, location=f"{elsewhere}/api/v4/projects/1"))
        refusal(client())
        assert [seen.token for seen in storage.requests] == [""]
