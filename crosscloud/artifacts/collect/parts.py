"""A project's part of a release: its own lines, all of them and no others, and the digest that its tag stands for."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from crosscloud.artifacts.collect.catalogue import Wanted
from crosscloud.artifacts.collect.digests import Registries
from crosscloud.artifacts.collect.errors import UncollectedError
from crosscloud.artifacts.collect.jobs import NAME
from crosscloud.artifacts.collect.pipelines import Found, find
from crosscloud.gitlab.client import GitlabError
from crosscloud.problems import Problem, ProblemsError
from crosscloud.release import Image
from crosscloud.release_checks import Findings

if TYPE_CHECKING:
    from gitlab import Gitlab


@dataclass(frozen=True)
class Part:
    """A project's image, its digest included, and how it was found."""

    wanted: Wanted
    image: Image
    found: Found


def collect(gl: "Gitlab", wanted: Wanted, registries: Registries) -> Part:
    """Find a project's ``release.env``, check it, and ask the registry what its tag stands for.

    Raises `ProblemsError`.
    """
    try:
        found = find(gl, wanted)
        image = read(found.text, wanted)
        return Part(wanted, registries.pinned(image), found)
    except (UncollectedError, GitlabError) as error:
        wrong, allowed = getattr(error, "wrong", str(error)), getattr(error, "allowed", "")
        problem = Problem("", wrong, allowed, source=str(wanted))
        raise ProblemsError(f"{wanted} can't be collected", [problem]) from None


def read(text: str, wanted: Wanted) -> Image:
    """Return the image that a project's ``release.env`` names.

    Raises `ProblemsError` with each line that is wrong: a half of the pair is missing, a key is another project's, …
    """
    findings = Findings.of(text, Path(NAME), [wanted.prefix])
    if findings.problems:
        problems = [replace(each, file=None, source=f"{wanted} {NAME}:{each.line}") for each in findings.problems]
        raise ProblemsError(f"the {NAME} of {wanted} is refused", problems)
    return findings.image(wanted.prefix)
