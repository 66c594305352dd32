"""Fetching the history of the status page from the pipeline that published it last.

The history lies among the artifacts of the job that makes the page. GitLab gives artifacts by a branch only of the
newest *successful* pipeline (https://docs.gitlab.com/api/job_artifacts/), and a release pipeline with a red cell is
none; so pipelines are gone through by their ids, which takes a token of one's own: a job's may not list them
(https://docs.gitlab.com/ci/jobs/ci_job_token/).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from crosscloud.gitlab.client import asking, or_none

if TYPE_CHECKING:
    import gitlab

#: Pipelines of the branch that are looked at, newest first: those of merges and of drift make no page.
LIMIT = 200
_NEEDS = "the role Reporter and the scope read_api"


@dataclass(frozen=True)
class Published:
    """Where a page's history is: the project, the branch, the job, and the file in its artifacts."""

    project: str
    branch: str
    job: str = "report"
    file: str = "public/history.json"


def fetch(gl: "gitlab.Gitlab", published: Published, *, job_token: bool = False) -> bytes | None:
    """Return the newest history, or None if none was published yet.

    With a job's own token it is the one of the newest pipeline that was wholly green. Raises `GitlabError` for
    anything but its absence: a page made without its history would forget it.
    """
    if job_token:
        return _of_branch(gl, published)
    project = gl.projects.get(published.project, lazy=True)
    with asking(f"the pipelines of {published.branch}", needs=_NEEDS):
        pipelines = project.pipelines.list(iterator=True, ref=published.branch, order_by="id", sort="desc")
        for pipeline in islice(pipelines, LIMIT):
            for job in _jobs(pipeline, published.job):
                if found := _of_job(project, int(job.id), published.file):
                    return found
    return None


def _jobs(pipeline: Any, name: str) -> Iterator[Any]:
    return (job for job in pipeline.jobs.list(iterator=True, scope=["success"]) if job.name == name)


def _of_job(project: Any, number: int, file: str) -> bytes | None:
    """Return the file, or None where the job's artifacts have expired."""
    job = project.jobs.get(number, lazy=True)
    return or_none(f"{file} of job {number}", lambda: job.artifact(file), needs=_NEEDS)


def _of_branch(gl: "gitlab.Gitlab", published: Published) -> bytes | None:
    from gitlab.utils import EncodedId

    artifacts: Any = gl.projects.get(published.project, lazy=True).artifacts
    where = (EncodedId(published.branch), published.file, published.job)
    return or_none(f"{published.file} of {published.branch}", lambda: artifacts.raw(*where), needs=_NEEDS)
