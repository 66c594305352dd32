"""Which token is used, and that none is shown."""

from pathlib import Path

import pytest

from crosscloud.gitlab.client import GitlabError, Settings

CI = {"CI_SERVER_URL": "https://gitlab.cncf.ci", "CI_JOB_TOKEN": "job-secret"}


def test_ones_own_token_goes_before_the_jobs() -> None:
    settings = Settings.from_environment({**CI, "GITLAB_TOKEN": "common", "CROSSCLOUD_GITLAB_TOKEN": "own"})
    assert (settings.url, settings.token, settings.job_token) == ("https://gitlab.cncf.ci", "own", False)
    assert Settings.from_environment({**CI, "GITLAB_TOKEN": "common"}).source == "GITLAB_TOKEN"
    assert Settings.from_environment(CI).job_token


def test_a_jobs_token_is_not_sent_to_another_server() -> None:
    settings = Settings.from_environment({**CI, "CROSSCLOUD_GITLAB_URL": "https://gitlab.com/"})
    assert (settings.url, settings.token) == ("https://gitlab.com", "")


def test_without_anything_what_is_public_on_gitlab_com_can_be_read() -> None:
    settings = Settings.from_environment({})
    assert (settings.url, settings.token, settings.who) == ("https://gitlab.com", "", "a request without a token")


def test_a_token_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from-file\n")
    assert Settings.from_environment({"CROSSCLOUD_GITLAB_TOKEN_FILE": str(file)}).token == "from-file"
    with pytest.raises(GitlabError, match="CROSSCLOUD_GITLAB_TOKEN_FILE names can't be read: No such file"):
        Settings.from_environment({"CROSSCLOUD_GITLAB_TOKEN_FILE": str(tmp_path / "none")})


def test_a_token_is_never_shown() -> None:
    assert "job-secret" not in repr(Settings.from_environment(CI))
    with pytest.raises(GitlabError) as refused:
        Settings.from_environment({"GITLAB_TOKEN": "glpat-1 glpat-2"})
    assert "what GITLAB_TOKEN holds is no token" in str(refused.value)
    assert "glpat" not in str(refused.value)


def test_an_address_without_a_scheme_is_refused_by_the_variable_that_has_it() -> None:
    with pytest.raises(GitlabError, match=r"CROSSCLOUD_GITLAB_URL is 'gitlab\.com': an address such as https://"):
        Settings.from_environment({**CI, "CROSSCLOUD_GITLAB_URL": "gitlab.com"})


@pytest.mark.parametrize("url", ["https://oauth2:glpat-1234@gitlab.com", "oauth2:glpat-1234@gitlab.com"])
def test_a_token_in_the_address_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(GitlabError, match="must not hold a password or a token") as refused:
        Settings.from_environment({"CROSSCLOUD_GITLAB_URL": url})
    assert "1234" not in str(refused.value)


@pytest.mark.parametrize(("env", "why"), [(CI, "CI_JOB_TOKEN can't"), ({}, "there is none")])
def test_writing_needs_a_token_that_may_write(env: dict[str, str], why: str) -> None:
    with pytest.raises(
        GitlabError, match=rf"the note needs a token that may write, and {why}.*role Reporter.*scope api"
    ):
        Settings.from_environment(env).writing("the note")
