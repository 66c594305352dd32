"""What is to be collected: a branch of a GitLab project for each part of a release, by channel and by variables."""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from crosscloud.artifacts.collect.channels import CHANNELS, Channel
from crosscloud.problems import Problem, ProblemsError, counted
from crosscloud.release import PROJECTS

__all__ = ["CHANNELS", "Catalogue", "Channel", "Entry", "Wanted", "catalogue", "misspelt", "wanted"]

FILE = Path(__file__).with_name("projects.yaml")

#: What git forbids in a branch's name: git-scm.com/docs/git-check-ref-format.
_NO_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|//|@\{|^[-/.]|[/.]$|^refs/|\.lock$")
#: A project's full path: group, any subgroups, name. docs.gitlab.com/user/reserved_names (limitations).
_PATH = re.compile(r"[A-Za-z0-9_][\w.-]*(?:/[A-Za-z0-9_][\w.-]*)+")
#: What variables end in: X_BRANCH, X_PROJECT, X_PIPELINE.
_ENDS = ("BRANCH", "PROJECT", "PIPELINE")
#: How alike two names have to be for one to be taken as the other, misspelt.
_ALIKE = 0.8


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Entry(_Part):
    """One project's entry in the catalogue's file."""

    project: str = Field(pattern=_PATH.pattern)
    variables: str
    branches: Mapping[Channel, str] = Field(default_factory=dict)


class Catalogue(_Part):
    """The catalogue's file: exactly the projects of a release, and a branch for every channel."""

    channels: Mapping[Channel, str]
    projects: Mapping[str, Entry]

    @model_validator(mode="after")
    def _is_whole(self) -> "Catalogue":
        if set(self.channels) != set(CHANNELS) or set(self.projects) != set(PROJECTS):
            raise ValueError(f"it needs the channels {', '.join(CHANNELS)} and the projects {', '.join(PROJECTS)}")
        return self


@dataclass(frozen=True)
class Wanted:
    """One part of a release. ``prefix`` is that of its lines, ``variables`` that of what says otherwise.

    ``pipeline`` is the one of the branch that is wanted; ``None`` is the newest that succeeded.
    """

    prefix: str
    variables: str
    project: str
    branch: str
    pipeline: int | None = None

    def __str__(self) -> str:
        """Return project and branch as messages name them: ``coredns/coredns@master``."""
        return f"{self.project}@{self.branch}"


@cache
def catalogue(file: Path = FILE) -> Catalogue:
    """Read the catalogue."""
    from ruamel.yaml import YAML

    return Catalogue.model_validate(YAML(typ="safe").load(file))


def wanted(channel: Channel, environment: Mapping[str, str]) -> list[Wanted]:
    """Return the five parts of a channel, with the environment's word over the catalogue's; empty ones say nothing.

    Raises `ProblemsError` with every variable whose value is no branch, project or pipeline.
    """
    found, problems = [], list[Problem]()
    for prefix, entry in catalogue().projects.items():
        project = environment.get(f"{entry.variables}_PROJECT") or entry.project
        branch = environment.get(f"{entry.variables}_BRANCH") or entry.branches.get(
            channel, catalogue().channels[channel]
        )
        pipeline = environment.get(f"{entry.variables}_PIPELINE", "")
        wrong = list(_problems(entry.variables, project, branch, pipeline))
        problems += wrong
        if not wrong:
            found.append(Wanted(prefix, entry.variables, project, branch, int(pipeline) if pipeline else None))
    if problems:
        raise ProblemsError(f"{counted(len(problems), 'error')} in the environment", problems)
    return found


def misspelt(environment: Mapping[str, str]) -> list[str]:
    """Return a line for each variable that is nearly one of ours: it says nothing, and may have been meant to."""
    known = {f"{entry.variables}_{end}" for entry in catalogue().projects.values() for end in _ENDS}
    lines = []
    for name in sorted(environment):
        if name.startswith("CI_") or name in known or not environment[name]:
            continue
        meant = _meant(name, known)
        if meant:
            lines.append(f"{name} is not a variable of crosscloud, and ignored; did you mean {meant}?")
    return lines


def _meant(name: str, known: set[str]) -> str | None:
    stem, _, end = name.upper().rpartition("_")
    ends = difflib.get_close_matches(end, _ENDS, n=1, cutoff=_ALIKE)
    if not stem or not ends:
        return None
    for prefix, entry in catalogue().projects.items():
        if stem.replace("_", "") in {word.replace("_", "") for word in (prefix, entry.variables, PROJECTS[prefix])}:
            return f"{entry.variables}_{ends[0]}"
    return next(iter(difflib.get_close_matches(name.upper(), sorted(known), n=1, cutoff=_ALIKE)), None)


def _problems(variables: str, project: str, branch: str, pipeline: str) -> Iterator[Problem]:
    where = "the environment"
    if pipeline and not (pipeline.isdecimal() and pipeline.isascii()):
        yield Problem(f"{variables}_PIPELINE", f"{pipeline!r} is not a pipeline's id", "a number", source=where)
    if _NO_BRANCH.search(branch):
        yield Problem(f"{variables}_BRANCH", f"{branch!r} is not a branch's name", "as master or ci-v1.6", source=where)
    if not _PATH.fullmatch(project):
        allowed = "its full path, as coredns/coredns"
        yield Problem(f"{variables}_PROJECT", f"{project!r} is not a GitLab project", allowed, source=where)
