"""Fetching the history of the status page from where it was published last.

The history lies among the artifacts of the job that makes the page, and that job deploys to an environment of its own.
So the deployments of the environment lead to it, the last one first, in one question: whatever became of the rest of
the pipeline, and also where an older pipeline ended after a newer one. A job's own token may ask for deployments and
for artifacts (https://docs.gitlab.com/ci/jobs/ci_job_token/).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from crosscloud.gitlab.client import asking, or_none
from crosscloud.runs.record import KEPT

if TYPE_CHECKING:
    import gitlab

_NEEDS = "the role Developer and the scope read_api"


@dataclass(frozen=True)
class Published:
    """Where pages' histories are: the project, the branch, the environment, and the file in the job's artifacts."""

    project: str
    branch: str
    environment: str = "status"
    file: str = "public/history.json"


def fetch(gl: "gitlab.Gitlab", published: Published) -> bytes | None:
    """Return the newest history, or None if none was published in the days that a history reaches back.

    Raises `GitlabError` for anything but its absence: a page made without its history would forget it.
    """
    project = gl.projects.get(published.project, lazy=True)
    # GitLab lists by ``finished_after`` only what succeeded, in this order: https://docs.gitlab.com/api/deployments/
    wanted = {
        "environment": published.environment,
        "status": "success",
        "order_by": "finished_at",
        "sort": "desc",
        "finished_after": (datetime.now(UTC) - KEPT).isoformat(timespec="seconds"),
    }
    with asking(f"the deployments to {published.environment}", needs=_NEEDS):
        for deployment in project.deployments.list(iterator=True, query_parameters=wanted):
            # One that was made through the API has no job.
            if deployment.ref != published.branch or not deployment.deployable:
                continue
            if found := _of_job(project, deployment.deployable["id"], published.file):
                return found
    return None


def _of_job(project: Any, number: int, file: str) -> bytes | None:
    """Return the file, or None where the job's artifacts have expired."""
    job = project.jobs.get(number, lazy=True)
    return or_none(f"{file} of job {number}", lambda: job.artifact(file), needs=_NEEDS)
