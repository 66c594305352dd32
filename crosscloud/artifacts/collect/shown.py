"""What a person sees of collecting: a line a project as it ends, and a table of the release at the end."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from crosscloud.artifacts.collect.catalogue import Wanted
from crosscloud.artifacts.collect.jobs import NAME
from crosscloud.artifacts.collect.parts import Part
from crosscloud.artifacts.collect.run import moved_on
from crosscloud.errors import CrosscloudError
from crosscloud.problems import ProblemsError, counted
from crosscloud.provenance import SHORT_COMMIT

if TYPE_CHECKING:
    from rich.status import Status
    from rich.table import Table

#: Columns for the table where nobody says how wide the place is, as in a job's log; and those that it takes as a rule.
WIDTH, TAKEN = 140, 94
_DIGEST = slice(len("sha256:"), len("sha256:") + 12)


class Progress:
    """A reporter (see run.Reporter) that prints on ``console``."""

    def __init__(self, console: Console, url: str) -> None:
        self._console, self._url = console, url
        self._left = 0
        self._lock = threading.Lock()
        self._status: Status | None = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Say on a terminal that there is more to come while the block runs."""
        if not self._console.is_terminal:
            yield
            return
        with self._console.status(f"asking {self._url}") as status:
            self._status = status
            yield

    def started(self, _: Wanted) -> None:
        """Note that a project is asked about."""
        with self._lock:
            self._left += 1
            self._update()

    def finished(self, part: Part) -> None:
        """Say that a part is found."""
        source = part.found.source
        self._end(part.wanted, "✓", "green", f"pipeline {source.pipeline} of {source.commit[:SHORT_COMMIT]}")

    def failed(self, wanted: Wanted, error: CrosscloudError) -> None:
        """Say that a part can't be had, in a few words; the error at the end has all of them."""
        problems = error.problems if isinstance(error, ProblemsError) else ()
        words = f"{problems[0].key} {problems[0].wrong}".strip() if problems else str(error).splitlines()[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        self._end(wanted, "✗", "bold red", words + more)

    def _end(self, wanted: Wanted, mark: str, style: str, words: str) -> None:
        with self._lock:
            self._left -= 1
            line = Text.assemble("    ", (mark, style), " ", (str(wanted), "bold"), f"  {words}")
            self._console.print(line, highlight=False, soft_wrap=True)
            self._update()

    def _update(self) -> None:
        if self._status:
            self._status.update(f"asking {self._url} about {counted(self._left, 'project')}")


def table(found: Sequence[Part], width: int = WIDTH) -> "Table":
    """Return the table of a release: where each image comes from, and what it is, its digest where there is room."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    digests = ["digest"] if width >= TAKEN else []
    for heading in ("project", "branch", "commit", "pipeline", "tag", *digests):
        made.add_column(heading, overflow="fold", justify="right" if heading == "pipeline" else "left")
    for part in found:
        source, image = part.found.source, part.image
        commit = source.commit[:SHORT_COMMIT]
        digest = [(image.digest or "")[_DIGEST] for _ in digests]
        made.add_row(source.project, source.branch, commit, str(source.pipeline), image.tag, *digest)
    return made


def notes(found: Sequence[Part]) -> list[str]:
    """Return a line for each branch that has moved on from what was collected."""
    return [
        f"{wanted} has moved on to {head[:SHORT_COMMIT]}, {_why(wanted)}" for wanted, head in moved_on(found).items()
    ]


def _why(wanted: Wanted) -> str:
    if wanted.pipeline is not None:
        return f"but {wanted.variables}_PIPELINE asks for pipeline {wanted.pipeline}"
    return f"which has no successful pipeline with a {NAME} yet"
