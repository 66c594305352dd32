"""Why a project's part of a release can't be had."""

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from crosscloud.errors import CrosscloudError

Answer = TypeVar("Answer")
#: What it takes to read a project's pipelines and artifacts: docs.gitlab.com/user/permissions (CI/CD).
NEEDS = "the role Reporter in the project, and the scope read_api"


class UncollectedError(CrosscloudError):
    """A project's part of the release can't be had: ``wrong`` says why, ``allowed`` what would be right."""

    def __init__(self, wrong: str, allowed: str = "") -> None:
        self.wrong, self.allowed = wrong, allowed
        super().__init__(f"{wrong} ({allowed})" if allowed else wrong)


def or_none(call: Callable[[], Answer]) -> Answer | None:
    """Return what a call of the client returns, or ``None`` if GitLab does not have it."""
    from gitlab import exceptions

    try:
        return call()
    except exceptions.GitlabError as error:
        if error.response_code == HTTPStatus.NOT_FOUND:
            return None
        raise
