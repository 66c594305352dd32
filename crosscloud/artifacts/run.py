"""All projects: built two at a time, published, and written down as a release."""

import os
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from crosscloud.artifacts import builder, output, registry, versions
from crosscloud.artifacts.catalogue.model import Project
from crosscloud.artifacts.errors import ArtifactError
from crosscloud.artifacts.tools import crane, go_version, interrupt, run
from crosscloud.errors import CrosscloudError

#: Builds at a time: Go keeps several cores busy while it compiles, but links and downloads on one.
AT_ONCE = 2
#: The registry whose name releases bear.
RELEASE_REGISTRY = "registry.cncf.ci"


@dataclass(frozen=True)
class Published:
    """An artifact under its name and tag."""

    artifact: builder.Artifact
    image: str
    tag: str


class Reporter(Protocol):
    """Is told what becomes of each project; from several threads."""

    def started(self, project: Project, version: str) -> None:
        """Tell that a project's build begins."""

    def finished(self, project: Project, published: Published) -> None:
        """Tell that a project is built and published."""

    def failed(self, project: Project, error: CrosscloudError) -> None:
        """Tell that a project failed."""


@dataclass
class Options:
    """What a run is to do. ``push``: a registry (with an optional path) that the images are sent to as well."""

    channel: versions.Channel = "stable"
    port: int = registry.DEFAULT_PORT
    push: str | None = None
    refresh: bool = False
    job: str = field(default_factory=lambda: job_number(os.environ))


class BuildsFailedError(ArtifactError):
    """Some projects could not be built; each one's words were reported."""


def job_number(environment: Mapping[str, str]) -> str:
    """Return the number that ends a tag: the CI job's, else the pipeline's, else 0."""
    return environment.get("CI_JOB_ID") or environment.get("CI_PIPELINE_IID") or "0"


def build_all(projects: list[Project], options: Options, report: Reporter) -> list[Published]:
    """Build and publish ``projects``, then write release.env and support.env; return them in the order given.

    All are tried: when some fail, BuildsFailedError is raised at the end and the two files are left as they were.
    """
    status = registry.start(options.port)
    compiler = go_version()
    begin_first = sorted(projects, key=lambda project: -project.seconds)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        work: dict[str, Future[Published | None]] = {
            project.name: pool.submit(_one, project, options, compiler, status, report) for project in begin_first
        }
        try:
            done = {name: future.result() for name, future in work.items()}
        except BaseException:
            # Ctrl-C: what has not begun never does, and nothing is left running.
            pool.shutdown(wait=False, cancel_futures=True)
            interrupt()
            raise
    failed = [project.title for project in projects if done[project.name] is None]
    if failed:
        raise BuildsFailedError(f"{len(failed)} of {len(projects)} failed: {', '.join(failed)}")
    published = [one for project in projects if (one := done[project.name])]
    output.write(projects, published)
    return published


def _one(
    project: Project, options: Options, compiler: str, status: registry.Status, report: Reporter
) -> Published | None:
    """Build and publish one project; its failure is reported and does not end the others."""
    try:
        version = versions.resolve(project, options.channel, refresh=options.refresh)
        report.started(project, version)
        artifact = builder.build(project, version, compiler, status.address)
        tag = artifact.tag(options.job)
        name = f"{options.push or RELEASE_REGISTRY}/{project.image.repository}"
        # Machines ask the local registry for the path alone: containerd's mirror drops the host.
        registry.publish(status.port, name.partition("/")[2], tag, artifact.folder / "image")
        if options.push:
            push(artifact.folder / "image", f"{name}:{tag}")
    except CrosscloudError as error:
        report.failed(project, error)
        return None
    published = Published(artifact, name, tag)
    report.finished(project, published)
    return published


def push(layout: Path, reference: str) -> None:
    """Push an image to another registry, with the user's own docker credentials."""
    run([crane(), "push", layout, reference], what=f"{reference} can't be pushed")
