"""What of the default branch a stack has: the commits up to the last one whose ``apply`` job succeeded.

The job deploys to an environment of the stack's name, and GitLab keeps which deployments succeeded. So what an attempt
that failed, or was cancelled, left undone is found again by the next push, whatever that one changes. A job's own token
may ask for deployments (https://docs.gitlab.com/ci/jobs/fine_grained_permissions/).
"""

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from crosscloud.gitlab.client import asking
from crosscloud.review.model import ReviewError

if TYPE_CHECKING:
    import gitlab

#: How many commits, and deployments, are looked back; the jobs' clones hold as many (GIT_DEPTH).
REACH = 50
#: GitLab's own word for no commit, and its statuses of deployments that came to nothing.
NOTHING, _FAILED = "0" * 40, ("failed", "canceled")


def last_applied(gl: "gitlab.Gitlab", project: str, stack: str, head: str, *, folder: Path | None = None) -> str:
    """Return the newest commit up to ``head`` that was applied to the stack.

    `NOTHING` if all that was tried failed; empty if nothing was tried yet.
    """
    known = _before(head, folder)
    if found := _deployed(gl, project, stack, "success").intersection(known):
        return next(commit for commit in known if commit in found)
    return NOTHING if any(_deployed(gl, project, stack, each).intersection(known) for each in _FAILED) else ""


def since(base: str, head: str, *, folder: Path | None = None) -> list[str]:
    """Return the commits of a branch after ``base`` up to its newest one ``head``, the newest first.

    All that the clone has where ``base`` is none of them.
    """
    known = _before(head, folder)
    return known[: known.index(base)] if base in known else known


def _deployed(gl: "gitlab.Gitlab", project: str, stack: str, status: str) -> set[str]:
    """Return the commits of the newest deployments of this status."""
    wanted = {"environment": stack, "status": status, "order_by": "id", "sort": "desc"}
    with asking(f"the deployments to {stack}", needs="the scope read_api and the role Developer"):
        listed = gl.projects.get(project, lazy=True).deployments
        return {each.sha for each in listed.list(per_page=REACH, get_all=False, query_parameters=wanted)}


def _before(head: str, folder: Path | None) -> list[str]:
    """Return the commits that were the branch's newest one after another, as far as the clone has them."""
    command = ["git", "rev-list", "--first-parent", f"--max-count={REACH}", "--end-of-options", head]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    except OSError as error:
        raise ReviewError(f"git can't be run: {error.strerror}") from None
    except subprocess.CalledProcessError as error:
        raise ReviewError(f"git does not know the commits before {head}: {error.stderr.strip()}") from None
    return done.stdout.split()
