"""What this program wrote on GitLab earlier is found again by a hidden line at its beginning and by its own author."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from crosscloud.gitlab.client import asking

if TYPE_CHECKING:
    import gitlab

_ORDER = re.compile(r"/[A-Za-z]")


@dataclass(frozen=True)
class Posted:
    """What was done with a note or an issue, and where it is; ``url`` is empty where there is none."""

    action: Literal["created", "updated", "unchanged", "removed", "closed", "none"]
    url: str = ""


def marker(kind: str, name: str) -> str:
    """Return the hidden line, an HTML comment, of what there is one of for each name: ``marker("preview", "aws")``."""
    return f"<!-- crosscloud:{kind}:{name} -->"


def marked(mark: str, body: str) -> str:
    """Return a text that begins with the marker, has it nowhere else, and gives GitLab no orders.

    A line such as ``/merge`` is a quick action, done as the bot: docs.gitlab.com/user/project/quick_actions. With a
    backslash before it, it is shown as it was.
    """
    lines = [line for line in body.replace("\r", "").split("\n") if line.strip() != mark]
    lines = [f"\\{line}" if _ORDER.match(line) else line for line in lines]
    return "\n".join([mark, *lines]).rstrip()


def bears(mark: str, text: str | None) -> bool:
    """Say whether a text begins with the marker. A quotation of it further down is not it."""
    lines = (text or "").lstrip().splitlines()
    return bool(lines) and lines[0].strip() == mark


def same(one: str | None, other: str) -> bool:
    """Say whether GitLab has this text already: it takes blanks off a text's end, and carriage returns."""
    return (one or "").replace("\r", "").rstrip() == other.replace("\r", "").rstrip()


def own_id(gl: "gitlab.Gitlab") -> int:
    """Return the id of the user that the client acts as: for a project access token, a bot of its own."""
    with asking("the user that the token belongs to", needs="the scope api"):
        gl.auth()
    return int(gl.user.id) if gl.user else 0
