"""The jobs of a pipeline, and the one among them that carries ``release.env`` in its artifacts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from crosscloud.artifacts.collect.errors import NEEDS, UncollectedError
from crosscloud.errors import CrosscloudError
from crosscloud.gitlab.client import GitlabError, asking, or_none

NAME = "release.env"
#: More than this is no release.env: ten lines of at most a few hundred characters.
LIMIT = 64 * 1024


@dataclass(frozen=True)
class Look:
    """What a look into the jobs of a pipeline showed.

    ``files`` are the file's texts by the names of the jobs that carry it, all the same. ``hidden`` are the jobs whose
    artifacts are gone or may not be read, with the reason: nobody can say whether the file is among them. ``hint`` is
    what may help where there is no file.
    """

    files: Mapping[str, str]
    hidden: Mapping[str, CrosscloudError]
    hint: str = ""


def look(project: Any, pipelines: Sequence[Any]) -> Look:
    """Look for the file in the jobs of these pipelines, a pipeline or the child pipelines of one.

    Two jobs that carry files that differ are refused: neither is the one.
    """
    jobs = list(_jobs(pipelines))
    files, hidden = list[tuple[str, str]](), dict[str, CrosscloudError]()
    for job in jobs:
        try:
            text = _read(project, job) if getattr(job, "artifacts_file", None) else None
        except GitlabError as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            hidden[str(job.name)] = error
            continue
        if text is not None:
            files.append((str(job.name), text))
        elif _erased(job) or _expired(job):
            # Also of one whose archive is listed: it stays until GitLab's clean-up comes by, but is not given out.
            hidden[str(job.name)] = _why_gone(job)
    if len({text for _, text in files}) > 1:
        names = " and ".join(sorted({job for job, _ in files}))
        raise UncollectedError(
            f"jobs {names} of pipeline {pipelines[0].id} carry different {NAME} files", "one job has to write it"
        )
    return Look(dict(files), hidden, _hint(jobs))


def _jobs(pipelines: Sequence[Any]) -> Iterator[Any]:
    """Yield the jobs that succeeded, newest first, without those that were retried since.

    A job that failed and was allowed to may have left a file as well; nobody vouches for that one.
    """
    for pipeline in pipelines:
        with asking(f"the jobs of pipeline {pipeline.id}", needs=NEEDS):
            jobs = pipeline.jobs.list(get_all=True, per_page=100)
        yield from sorted((job for job in jobs if job.status == "success"), key=lambda job: -job.id)


def _read(project: Any, job: Any) -> str | None:
    kept = project.jobs.get(job.id, lazy=True)
    body = or_none(f"the artifacts of {_named(job)}", lambda: kept.artifact(NAME), needs=NEEDS)
    if body is None:
        return None
    what = f"{NAME} of {_named(job)}"
    if len(body) > LIMIT:
        raise UncollectedError(f"{what} is {len(body)} bytes long", f"a {NAME} has a few lines")
    try:
        return str(body, "utf-8-sig")  # some editors begin a file with a byte-order mark
    except UnicodeDecodeError:
        raise UncollectedError(f"{what} is not text in UTF-8", f"a {NAME} has a few lines of text") from None


def _why_gone(job: Any) -> UncollectedError:
    what = f"there is no {NAME} any more: the artifacts of {_named(job)}"
    if _erased(job):
        return UncollectedError(f"{what} were erased", "run a new pipeline on the branch")
    return UncollectedError(
        f"{what} expired on {str(job.artifacts_expire_at)[:10]}",
        "run a new pipeline on the branch; `artifacts:expire_in: never` keeps them",
    )


def _hint(jobs: Iterable[Any]) -> str:
    """Say what is the matter if a job reports the file as variables only, which can't be downloaded."""
    for job in jobs:
        kinds = {str(each.get("file_type")) for each in getattr(job, "artifacts", None) or ()}
        if "dotenv" in kinds:
            return f"job {job.name} has it in artifacts:reports:dotenv only; name it in artifacts:paths as well"
    return ""


def _named(job: Any) -> str:
    return f"job {job.name} in pipeline {job.pipeline['id']}"


def _erased(job: Any) -> bool:
    return bool(getattr(job, "erased_at", None))


def _expired(job: Any) -> bool:
    until = getattr(job, "artifacts_expire_at", None)
    return bool(until) and datetime.fromisoformat(str(until)) <= datetime.now(UTC)
