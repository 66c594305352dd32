"""A project's part of a release: its own lines, all of them and no others, and the digest that its tag stands for."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from crosscloud import registry
from crosscloud.artifacts.collect.catalogue import Wanted
from crosscloud.artifacts.collect.errors import UncollectedError
from crosscloud.artifacts.collect.jobs import NAME
from crosscloud.artifacts.collect.pipelines import Found, find
from crosscloud.gitlab.client import GitlabError
from crosscloud.problems import Problem, ProblemsError
from crosscloud.release import Image
from crosscloud.release_checks import Findings

if TYPE_CHECKING:
    from gitlab import Gitlab

#: Times that a registry is asked which is busy or can't be reached, and the first pause in seconds, which doubles.
TRIES, PAUSE = 4, 0.5


@dataclass(frozen=True)
class Part:
    """A project's image, its digest included, and how it was found."""

    wanted: Wanted
    image: Image
    found: Found


def collect(gl: "Gitlab", wanted: Wanted, *, registry: str | None = None, pause: float = PAUSE) -> Part:
    """Find a project's ``release.env``, check it, and ask the registry what its tag stands for.

    ``registry`` (``host:port``) is asked instead of the one in the image's name. Raises `ProblemsError`.
    """
    try:
        found = find(gl, wanted)
        image = read(found.text, wanted)
        return Part(wanted, pinned(image, registry=registry, pause=pause), found)
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
    values = findings.values
    return Image(
        values[f"{wanted.prefix}_IMAGE"], values[f"{wanted.prefix}_TAG"], values.get(f"{wanted.prefix}_DIGEST")
    )


def pinned(image: Image, *, registry: str | None, pause: float) -> Image:
    """Return the image with the digest that its tag has in the registry, which has to be the one it names, if any."""
    digest = _ask(image, registry, pause)
    if image.digest and image.digest != digest:
        raise UncollectedError(
            f"its {NAME} says that tag {image.tag} is {image.digest}, but in the registry it is {digest}",
            "the tag was pushed again; a new pipeline on the branch writes a new file",
        )
    return replace(image, digest=digest)


def _ask(image: Image, host: str | None, pause: float) -> str:
    from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

    tries = Retrying(
        stop=stop_after_attempt(TRIES),
        wait=wait_exponential_jitter(multiplier=pause, jitter=pause),
        retry=retry_if_exception(lambda error: isinstance(error, registry.RegistryError) and error.passing),
        reraise=True,
    )
    try:
        return tries(registry.digest, image.image, image.tag, registry=host)
    except registry.MissingError:
        where = f" in {host}" if host else ""
        raise UncollectedError(
            f"there is no image {image.image}:{image.tag}{where}",
            "the pipeline has to push it before its release.env is published",
        ) from None
    except registry.RegistryError as error:
        raise UncollectedError(str(error)) from None
