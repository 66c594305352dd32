"""What this program wrote on GitLab earlier is found again by a hidden line at its beginning and by its own author."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from crosscloud.gitlab.client import GitlabError, asking

if TYPE_CHECKING:
    import gitlab

#: docs.gitlab.com/api/notes (body), and of descriptions docs.gitlab.com/api/issues: characters.
LONGEST = 1_000_000
_ORDER = re.compile(r"/[A-Za-z]")
#: The hidden second line of what a pipeline wrote. Their ids are of the whole server, and grow:
#: docs.gitlab.com/ci/variables/predefined_variables (CI_PIPELINE_ID)
_PIPELINE = re.compile(r"<!-- crosscloud:pipeline:(\d+) -->")
#: How often something is written whose answer was lost, each time after looking whether it is there.
_ATTEMPTS = 3


@dataclass(frozen=True)
class Posted:
    """What was done with a note or an issue, and where it is; ``url`` is empty where there is none.

    ``outdated`` is what was to be written: something newer is there, and was left.
    """

    action: Literal["created", "updated", "unchanged", "outdated", "closed", "none"]
    url: str = ""


def marker(kind: str, name: str) -> str:
    """Return the hidden line, an HTML comment, of what there is one of for each name: ``marker("preview", "aws")``."""
    return f"<!-- crosscloud:{kind}:{name} -->"


def marked(mark: str, body: str, name: str, *, pipeline: int = 0) -> str:
    """Return a text that begins with the marker, has it nowhere else, and gives GitLab no orders.

    ``pipeline`` is the id of the one that writes it, if one does, for `pipeline_of`. A line such as ``/merge`` is a
    quick action, done as the bot: docs.gitlab.com/user/project/quick_actions. With a backslash before it, it is shown
    as it was. Raises `GitlabError`, which begins with ``name``, if it is too long.
    """
    lines = [line for line in body.replace("\r", "").split("\n") if not _hidden(line.strip(), mark)]
    lines = [f"\\{line}" if _ORDER.match(line) else line for line in lines]
    first = [mark, f"<!-- crosscloud:pipeline:{pipeline} -->"] if pipeline else [mark]
    text = "\n".join([*first, *lines]).rstrip()
    if len(text) > LONGEST:
        raise GitlabError(f"{name}: {len(text):,} characters are too many: GitLab takes {LONGEST:,}")
    return text


def _hidden(line: str, mark: str) -> bool:
    return line == mark or _PIPELINE.fullmatch(line) is not None


def pipeline_of(text: str | None) -> int:
    """Return the id of the pipeline that wrote a marked text, 0 if none says so."""
    lines = (text or "").lstrip().splitlines()[1:2]
    found = _PIPELINE.fullmatch(lines[0].strip()) if lines else None
    return int(found[1]) if found else 0


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


def make(name: str, create: Callable[[], object], look: Callable[[], list[Any]], *, needs: str) -> list[Any]:
    """Write something new by ``create``; return all that ``look`` finds then: another job may have written one, too.

    Where the answer was lost, looking is what tells whether it was written. Raises `GitlabError`.
    """
    lost: GitlabError | None = None
    for _ in range(_ATTEMPTS):
        lost = None
        try:
            with asking(name, needs=needs):
                create()
        except GitlabError as error:
            if not error.passing:
                raise
            lost = error
        if found := look():
            return found
        if lost is None:
            break
    raise lost or GitlabError(f"{name}: GitLab took it, and does not show it")
