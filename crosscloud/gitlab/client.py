"""The connection to GitLab: python-gitlab, with bounded retries and errors that say what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from crosscloud.gitlab.errors import GitlabError, explained
from crosscloud.gitlab.settings import Settings

if TYPE_CHECKING:
    import gitlab

    from crosscloud.gitlab.retrying import Patience

__all__ = ["GitlabError", "Settings", "asking", "connect", "explained"]


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
