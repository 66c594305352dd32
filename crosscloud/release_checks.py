"""What can be wrong with a release file, each with its line."""

import difflib
import io
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from crosscloud.problems import Problem
from crosscloud.reference import is_digest, is_name, is_tag, parse
from crosscloud.release import PROJECTS, Image

_HALVES = ("IMAGE", "TAG")
_PARTS = (*_HALVES, "DIGEST")
_KEYS = tuple(f"{prefix}_{part}" for prefix in PROJECTS for part in _PARTS)


@dataclass(slots=True)
class Findings:
    """A release file's values, and what is wrong with them in the order of the lines."""

    path: Path
    last_line: int
    projects: Collection[str]
    values: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def of(cls, text: str, path: Path, projects: Collection[str] = PROJECTS) -> "Findings":
        """Parse and check a release file's text; ``path`` is only what the problems name.

        ``projects`` are the prefixes that it has to have, where it is a part of a release.
        """
        found = cls(path, max(1, len(text.splitlines())), projects)
        for binding in parse_stream(io.StringIO(text)):
            found._take(binding)
        for key, value in found.values.items():
            found._check_value(key, value)
        for prefix in projects:
            found._check_pair(prefix)
        found.problems.sort(key=lambda problem: problem.line or 0)
        return found

    def image(self, prefix: str) -> Image:
        """Return the image that a project's lines name, where nothing is wrong with them."""
        return Image(self.values[f"{prefix}_IMAGE"], self.values[f"{prefix}_TAG"], self.values.get(f"{prefix}_DIGEST"))

    def _add(self, key: str, wrong: str, allowed: str = "", *, line: int) -> None:
        self.problems.append(Problem(key, wrong, allowed, file=self.path, line=line))

    def _take(self, binding: Binding) -> None:
        """Note one line's key and value; python-dotenv counts the blank lines before it as its own."""
        blank = binding.original.string[: -len(binding.original.string.lstrip()) or None]
        line = binding.original.line + blank.count("\n")
        bare = binding.error or (binding.key is not None and binding.value is None)
        if bare:
            self._add(binding.key or "", "is not an assignment", "KEY=value, one a line", line=line)
        if binding.key is None or (bare and binding.key not in _KEYS):
            return
        if binding.key not in _KEYS:
            self._add(binding.key, "names no project of a release", _nearest(binding.key), line=line)
        elif binding.key.rpartition("_")[0] not in self.projects:
            self._add(binding.key, "belongs to another project", f"only lines of {_listed(self.projects)}", line=line)
        elif binding.key in self.lines:
            self._add(binding.key, f"is already set on line {self.lines[binding.key]}", "once", line=line)
        else:
            self.lines[binding.key] = line
            if binding.value is not None:
                self.values[binding.key] = binding.value

    def _check_value(self, key: str, value: str) -> None:
        if not value:
            self._add(key, "is empty", "leave the line out or give it a value", line=self.lines[key])
            return
        for wrong, allowed in _CHECKS[key.rpartition("_")[2]](value):
            self._add(key, wrong, allowed, line=self.lines[key])

    def _check_pair(self, prefix: str) -> None:
        halves = [f"{prefix}_{half}" for half in _HALVES]
        present = [key for key in (*halves, f"{prefix}_DIGEST") if key in self.lines]
        missing = [key for key in halves if key not in self.lines]
        if missing and present:
            for key in missing:
                self._add(key, f"is missing beside {present[0]}", "a pair needs both", line=self.lines[present[0]])
        elif missing:
            every = "a release names every project" if len(self.projects) > 1 else "the file is about this project"
            self._add(" and ".join(missing), f"are missing: {every}", _listed(self.projects), line=self.last_line)


def _listed(projects: Collection[str]) -> str:
    return ", ".join(projects)


def _nearest(key: str) -> str:
    project, _, part = key.upper().rpartition("_")
    close = difflib.get_close_matches(project, PROJECTS, n=1)
    if close and part in _PARTS:
        return f"did you mean {close[0]}_{part}?"
    return f"X_IMAGE, X_TAG and X_DIGEST for X = {', '.join(PROJECTS)}"


def _check_image(value: str) -> Iterator[tuple[str, str]]:
    if is_name(value):
        return
    whole = parse(value)
    if whole:
        yield f"{value!r} carries a tag or digest", f"the name alone, {whole.name!r}; X_TAG and X_DIGEST have the rest"
    else:
        yield f"{value!r} is not an image's name", "as registry.cncf.ci/coredns/coredns, its path in lower case"


def _check_tag(value: str) -> Iterator[tuple[str, str]]:
    if value == "latest":
        yield "'latest' names a different image every day", "a tag that stays, such as ci-v1.6.3.fd07e315.6097"
    elif not is_tag(value):
        yield f"{value!r} is not a tag", "at most 128 of A-Z a-z 0-9 _ . -, beginning with none of . and -"


def _check_digest(value: str) -> Iterator[tuple[str, str]]:
    if not is_digest(value):
        yield f"{value!r} is not a digest", "sha256: and 64 hexadecimal digits in lower case"


_CHECKS: dict[str, Callable[[str], Iterator[tuple[str, str]]]] = {
    "IMAGE": _check_image,
    "TAG": _check_tag,
    "DIGEST": _check_digest,
}
