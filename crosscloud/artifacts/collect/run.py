"""All five projects at once: tried each, reported together, and written as one release or not at all."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from crosscloud import provenance, release
from crosscloud.artifacts.collect import parts
from crosscloud.artifacts.collect.catalogue import Wanted
from crosscloud.artifacts.collect.channels import Channel
from crosscloud.artifacts.collect.digests import Registries
from crosscloud.artifacts.collect.parts import Part
from crosscloud.artifacts.errors import ArtifactError
from crosscloud.errors import CrosscloudError
from crosscloud.files import write_text
from crosscloud.problems import Problem, ProblemsError, shown
from crosscloud.registry import ensure_host
from crosscloud.release import PROJECTS, Image, Release
from crosscloud.runs.provenance import Provenance, render

if TYPE_CHECKING:
    from gitlab import Gitlab

    from crosscloud.gitlab.retrying import Patience


@dataclass(frozen=True)
class Options:
    """What a run is to do. ``url`` is the GitLab that is asked; ``registry`` (``host:port``) stands in for all others.

    ``pause`` is the first one in seconds before a registry is asked again. ``stop`` ends all waiting of those that
    `patience` and `registries` are given to, and their tries.
    """

    channel: Channel
    output: Path
    url: str
    registry: str | None = None
    pause: float = Registries.pause
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def patience(self) -> "Patience":
        """How long clients try: as long as they do elsewhere, but not after an interruption."""
        from crosscloud.gitlab.retrying import Patience

        return Patience(sleep=self._sleep)

    @property
    def registries(self) -> Registries:
        """How registries are asked."""
        return Registries(self.registry, self.pause, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        if self.stop.wait(seconds):
            raise KeyboardInterrupt  # in a thread of its own: it ends here, and does not try again


class Reporter(Protocol):
    """Is told what becomes of each project; from several threads."""

    def started(self, wanted: Wanted) -> None:
        """Tell that a project is asked about."""

    def finished(self, part: Part) -> None:
        """Tell that a project's part is found."""

    def failed(self, wanted: Wanted, error: CrosscloudError) -> None:
        """Tell that a project's part can't be had."""


def collect(
    wanted: Sequence[Wanted], options: Options, connect: Callable[[], "Gitlab"], report: Reporter
) -> list[Part]:
    """Collect the parts of a release and write it, with its provenance beside it; return the parts in their order.

    ``connect`` makes a client, one for each project: they are not made for use by several threads. All projects are
    tried; if any fails, `ProblemsError` has every problem and the two files are as they were.
    """
    if options.output.is_dir():
        raise ArtifactError(f"{shown(options.output)} is a folder; --output names the file to write")
    if options.registry:
        ensure_host(options.registry)
    with ThreadPoolExecutor(len(wanted)) as pool:
        try:
            done = list(pool.map(lambda one: _one(one, options, connect, report), wanted))
        except BaseException:
            options.stop.set()  # an interruption: nobody waits any longer, and the threads come to their ends
            raise
    problems = [problem for each in done if isinstance(each, CrosscloudError) for problem in _problems(each)]
    found = [each for each in done if isinstance(each, Part)]
    if problems:
        failed = len(wanted) - len(found)
        raise ProblemsError(
            f"{failed} of {len(wanted)} projects can't be collected from {options.url} (channel {options.channel}), "
            f"so {shown(options.output)} was not written",
            problems,
        )
    write(found, options)
    return found


def write(found: Sequence[Part], options: Options) -> None:
    """Write the release and its provenance.

    Each file is replaced whole. Whoever comes between the two, or after a crash there, sees a provenance that holds the
    digest of another text than the release's, and does not believe it. Raises `ArtifactError` if that is so after all,
    since another process collects into the same file.
    """
    images: dict[str, Image] = {PROJECTS[part.wanted.prefix]: part.image for part in found}
    text = release.render(Release(**images))
    told = Provenance(
        collected=datetime.now(UTC).replace(microsecond=0),
        channel=options.channel,
        gitlab=options.url,
        release=provenance.digest_of(text),
        projects={part.wanted.prefix: part.found.source for part in found},
    )
    try:
        write_text(provenance.file_of(options.output), render(told))
        write_text(options.output, text)
    except OSError as error:
        raise ArtifactError(f"{shown(options.output)} can't be written: {error.strerror}") from None
    if not provenance.load(options.output, lambda _: None):
        raise ArtifactError(f"{shown(options.output)} was written by another process at the same moment; collect again")


def moved_on(found: Sequence[Part]) -> Mapping[Wanted, str]:
    """Return the branches whose newest commit is not the one whose images were collected, with that commit."""
    return {part.wanted: part.found.head for part in found if part.found.behind}


def _one(wanted: Wanted, options: Options, connect: Callable[[], "Gitlab"], report: Reporter) -> Part | CrosscloudError:
    """Collect one project's part; its failure is returned, and does not end the others."""
    report.started(wanted)
    try:
        part = parts.collect(connect(), wanted, options.registries)
    except CrosscloudError as error:
        report.failed(wanted, error)
        return error
    report.finished(part)
    return part


def _problems(error: CrosscloudError) -> Sequence[Problem]:
    return error.problems if isinstance(error, ProblemsError) else [Problem("", str(error))]
