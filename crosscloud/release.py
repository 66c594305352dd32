"""The release: the images under test, as ``release.env`` names them.

One pair a project, ``X_IMAGE`` and ``X_TAG``, and optionally ``X_DIGEST``, which pins what the tag stood for. Reading
the file is here; what can be wrong with it is in ``release_checks``.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from crosscloud.problems import Problem, ProblemsError, counted, shown
from crosscloud.reference import Reference

#: The projects of a release: the prefix of their variables, and their attribute of ``Release``.
PROJECTS: Mapping[str, str] = {
    "ALERT_MANAGER": "alertmanager",
    "COREDNS": "coredns",
    "KUBERNETES": "kubernetes",
    "NODE_EXPORTER": "node_exporter",
    "PROMETHEUS": "prometheus",
}

_NUMBER = r"(?:0|[1-9][0-9]*)"
_PRE_RELEASE = r"(?:-(?P<stage>alpha|beta|rc)\.?(?P<step>[0-9]+))?"
_ENDS = r"(?=$|[._+-])"
_VERSIONS = (
    # v1.37.2, 1.15.0, ci-v1.6.3.fd07e315.6097, v1.38.0-rc.1
    re.compile(rf"(?:ci-)?v?({_NUMBER})\.({_NUMBER})\.({_NUMBER}){_ENDS}{_PRE_RELEASE}"),
    # ci-v1-6-3.job.5949: only after a "v", or every date (2026-11-22) would be a version
    re.compile(rf"(?:ci-)?v({_NUMBER})-({_NUMBER})-({_NUMBER}){_ENDS}{_PRE_RELEASE}"),
)


class ReleaseError(ProblemsError):
    """A release file is refused; ``problems`` says with line and key what is wrong."""


def version_of(tag: str) -> str | None:
    """Return the version in a tag, as ``1.37.2`` or ``1.38.0-rc.1``; ``None`` if it names no full version."""
    for pattern in _VERSIONS:
        if match := pattern.match(tag):
            core = ".".join(match.group(1, 2, 3))
            return f"{core}-{match['stage']}.{match['step']}" if match["stage"] else core
    return None


@dataclass(frozen=True, slots=True)
class Image:
    """One project's image: its name without tag, the tag, and the digest where it is known (``sha256:…``)."""

    image: str
    tag: str
    digest: str | None = None

    @property
    def reference(self) -> str:
        """Return what a machine pulls: by digest where it is known, else by tag."""
        return f"{self.image}@{self.digest}" if self.digest else f"{self.image}:{self.tag}"

    @property
    def version(self) -> str | None:
        """Return the project's version as the tag tells it (``1.37.2``), or ``None`` if it doesn't."""
        return version_of(self.tag)

    @property
    def registry(self) -> str:
        """Return the registry's host, for charts that want it apart; empty if the image's name has none."""
        return Reference(self.image).registry

    @property
    def repository(self) -> str:
        """Return the image's name without the registry's host."""
        return Reference(self.image).repository


@dataclass(frozen=True, slots=True)
class Release:
    """The images of the five projects that are tested together."""

    alertmanager: Image
    coredns: Image
    kubernetes: Image
    node_exporter: Image
    prometheus: Image

    def __iter__(self) -> Iterator[tuple[str, Image]]:
        """Yield each project's attribute name with its image, in the order of the file."""
        for attribute in PROJECTS.values():
            yield attribute, getattr(self, attribute)


def load(path: Path) -> Release:
    """Read a release file.

    Raises ``ReleaseError`` with everything that is wrong: a file that can't be read, a line that is no assignment, a
    missing project or half of a pair, an empty value, ``latest``, an invalid reference, a duplicate or unknown key.
    """
    from crosscloud.release_checks import Findings

    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors begin a file with a byte-order mark
    except FileNotFoundError:
        hint = "`crosscloud artifacts build` writes one; the one at the top of the checkout shows the form"
        raise _refused(path, [Problem("", "there is no such release file", hint, file=path)]) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not text in UTF-8"
        raise _refused(path, [Problem("", f"can't be read: {reason}", file=path)]) from None
    findings = Findings.of(text, path)
    if findings.problems:
        raise _refused(path, findings.problems)
    return Release(**{attribute: findings.image(prefix) for prefix, attribute in PROJECTS.items()})


def render(release: Release) -> str:
    """Return a release file's text: one ``KEY=value`` a line, sorted, digests where they are known."""
    lines = []
    for prefix, attribute in PROJECTS.items():
        image: Image = getattr(release, attribute)
        lines += [f"{prefix}_IMAGE={image.image}", f"{prefix}_TAG={image.tag}"]
        if image.digest:
            lines.append(f"{prefix}_DIGEST={image.digest}")
    return "\n".join(sorted(lines)) + "\n"


def _refused(path: Path, problems: list[Problem]) -> ReleaseError:
    return ReleaseError(f"{counted(len(problems), 'error')} in the release {shown(path)}", problems)
