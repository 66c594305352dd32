"""The connection to GitLab: python-gitlab, with bounded retries and errors that say what to do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from crosscloud.gitlab.errors import GitlabError, explained
from crosscloud.gitlab.settings import Settings

if TYPE_CHECKING:
    import gitlab

    from crosscloud.gitlab.retrying import Patience

__all__ = ["GitlabError", "Settings", "asking", "connect", "explained", "or_none"]

Answer = TypeVar("Answer")


def connect(settings: Settings, *, patience: "Patience | None" = None) -> "gitlab.Gitlab":
    """Return a client for a server; nothing is asked yet. ``patience`` says how often and how long it tries again."""
    from crosscloud.gitlab.retrying import Client, Patience

    return Client(settings, patience or Patience())


@contextmanager
def asking(what: str, *, needs: str = "") -> Iterator[None]:
    """Turn what goes wrong in the block into a `GitlabError` that begins with ``what``."""
    import gitlab.exceptions
    import requests

    try:
        yield
    except (gitlab.exceptions.GitlabError, requests.RequestException) as error:
        raise explained(error, what, needs=needs) from None


def or_none(what: str, ask: Callable[[], Answer], *, needs: str = "") -> Answer | None:
    """Return what GitLab answers, or ``None`` if it does not have it; `GitlabError`, as `asking`, of all else."""
    try:
        with asking(what, needs=needs):
            return ask()
    except GitlabError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise
