"""What is wrong with a file that a person wrote: where, what, and what would be right; all of it at once."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crosscloud.errors import CrosscloudError

if TYPE_CHECKING:
    from pydantic import ValidationError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend.

    ``key`` is the full name that the file uses (``crosscloud:workers.count``, ``COREDNS_TAG``) or empty when the whole
    file is meant; ``allowed`` says what would be right; ``line`` counts from 1. ``source`` takes the place of the file
    for a value that did not come from one.
    """

    key: str
    wrong: str
    allowed: str = ""
    file: Path | None = None
    line: int | None = None
    source: str = ""

    @property
    def where(self) -> str:
        """Return ``file:line`` as editors and terminals make it clickable, or what gave the value."""
        if self.file is None:
            return self.source
        return f"{shown(self.file)}:{self.line}" if self.line else shown(self.file)

    def __str__(self) -> str:
        """Return the problem as one line: where, key, what is wrong, what is allowed."""
        text = ": ".join(part for part in (self.where, self.key, self.wrong) if part)
        return f"{text} ({self.allowed})" if self.allowed else text


class ProblemsError(CrosscloudError):
    """A file is refused. ``problems`` holds all that is wrong with it; the message lists them, one a line."""

    def __init__(self, headline: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join([f"{headline}:", *(f"  {problem}" for problem in self.problems)]))


def counted(number: int, noun: str) -> str:
    """Return a count with its noun: ``1 error``, ``3 errors``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def first_wrong(error: "ValidationError") -> str:
    """Return the first thing that a model finds wrong with what a program wrote: where, and what."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where}: {first['msg']}" if where else first["msg"]


def shown(path: Path) -> str:
    """Return a path as a person would write it: relative to the working directory when it lies below it."""
    try:
        return os.fspath(path.relative_to(Path.cwd()))
    except ValueError:
        return os.fspath(path)
