"""``crosscloud review fetch``: the review that was made when the merge request of a commit was previewed.

A job's own token is enough: it may ask for a commit's merge requests and for artifacts by the merge request's ref
(https://docs.gitlab.com/ci/jobs/ci_job_token/). GitLab gives the artifact of the newest *successful* pipeline of that
ref; that this is the one of the merge request's last commit, the review itself has to say.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crosscloud.gitlab.client import GitlabError, asking, or_none
from crosscloud.review.model import Review, ReviewError

if TYPE_CHECKING:
    import gitlab

#: The job that previews a stack, and what it keeps: .gitlab/ci/review.yml.
JOB = "preview:{stack}"
FILE = ".crosscloud/previews/{stack}/review.json"
#: The refs of a merge request's pipelines: on a merge train, of its own commit, of what merging it would give.
_REFS = ("refs/merge-requests/{iid}/train", "refs/merge-requests/{iid}/head", "refs/merge-requests/{iid}/merge")


#: How many merge requests without a review are told, the newest first.
_TOLD = 5


class UnreviewedError(ReviewError):
    """Nobody could have reviewed a commit: no merge request brought it."""


@dataclass(frozen=True)
class Commit:
    """A commit of a branch of a project on GitLab."""

    project: str
    sha: str
    branch: str

    @classmethod
    def of_pipeline(cls, env: Mapping[str, str] = os.environ) -> "Commit":
        """Return the commit that a pipeline runs for; https://docs.gitlab.com/ci/variables/predefined_variables/."""
        values = [env.get(name, "") for name in ("CI_PROJECT_ID", "CI_COMMIT_SHA", "CI_COMMIT_BRANCH")]
        if not all(values):
            raise ReviewError(
                "CI_PROJECT_ID, CI_COMMIT_SHA and CI_COMMIT_BRANCH say what was merged, and they are not all set: "
                "this is for jobs of a pipeline on the default branch"
            )
        return cls(*values)


def fetch(gl: "gitlab.Gitlab", commits: Sequence[Commit], stack: str, *, job: str = "") -> Review:
    """Return the review of a stack that belongs to the merge request of a commit.

    ``commits`` are those that the stack lacks, the newest first: merge requests that do not touch the stack have no
    review of it, and the newest one that has counts. Whether that still fits is for `applying` to see. ``job`` is the
    name of the job that previews the stack. Raises `UnreviewedError` if no merge request brought any of the commits,
    and `ReviewError` if none of them has a review of its last commit, with the reason for each.
    """
    reasons: list[str] = []
    for commit in commits:
        for merge_request in _merge_requests(gl, commit):
            if not _brought(merge_request, commit):
                continue
            try:
                return _review(gl, commit.project, merge_request, stack, job or JOB.format(stack=stack))
            except ReviewError as error:
                reasons.append(f"  merge request !{merge_request['iid']}: {error}")
    newest = commits[0]
    if reasons:
        raise ReviewError(
            "\n".join([f"stack {stack} has no review of what commit {newest.sha[:8]} brings:", *reasons[:_TOLD]])
        )
    raise UnreviewedError(
        f"no merge request brought commit {newest.sha[:8]} to {newest.branch}, so that nobody has seen what it "
        "changes. Open one with the change, or let this job apply it unseen by `--allow-unreviewed`"
    )


def _merge_requests(gl: "gitlab.Gitlab", commit: Commit) -> list[dict[str, Any]]:
    with asking(f"the merge requests of commit {commit.sha[:8]}", needs="the scope read_api and the role Reporter"):
        project = gl.projects.get(commit.project, lazy=True)
        found = project.commits.get(commit.sha, lazy=True).merge_requests(get_all=True)
    return [dict(each) for each in found]


def _brought(merge_request: Mapping[str, Any], commit: Commit) -> bool:
    """Tell whether merging it made this commit the branch's newest: by a merge, a squash, or fast-forward."""
    heads = (merge_request.get(name) for name in ("merge_commit_sha", "squash_commit_sha", "sha"))
    target = merge_request.get("target_branch")
    return merge_request.get("state") == "merged" and target == commit.branch and commit.sha in heads


def _review(gl: "gitlab.Gitlab", project: str, merge_request: Mapping[str, Any], stack: str, job: str) -> Review:
    head, seen = str(merge_request["sha"]), []
    for ref in _REFS:
        review = _artifact(gl, project, ref.format(iid=merge_request["iid"]), stack, job)
        if review and review.commit == head and review.stack == stack:
            return review
        seen += [review.commit or "no commit"] if review else []
    if seen:
        raise ReviewError(
            f"its last preview that succeeded is of {seen[0][:8]}, and its last commit is {head[:8]}: the pipeline of "
            "that one failed or has not ended. Run its failed jobs again, then this job"
        )
    why = "; ".join(_reasons(gl, project, int(merge_request["iid"]), head, job))
    raise ReviewError(f"{why}. Run the job {job} of its pipeline again, then this job")


def _artifact(gl: "gitlab.Gitlab", project: str, ref: str, stack: str, job: str) -> Review | None:
    from gitlab.utils import EncodedId

    file = FILE.format(stack=stack)
    what = f"{file} of the job {job}"
    artifacts = gl.projects.get(project, lazy=True).artifacts
    content = or_none(
        what, lambda: artifacts.raw(EncodedId(ref), file, job), needs="the role Reporter and the scope read_api"
    )
    return Review.parse(content, what) if isinstance(content, bytes) else None


def _reasons(gl: "gitlab.Gitlab", project: str, iid: int, head: str, job: str) -> Iterator[str]:
    """Say why there is no artifact, as far as the token may ask for it: a job's own may not."""
    needs = "the scope read_api"
    try:
        with asking("the merge request's pipelines", needs=needs):
            known = gl.projects.get(project, lazy=True)
            pipelines = known.mergerequests.get(iid, lazy=True).pipelines.list(get_all=True)
        newest = next((each for each in pipelines if each.sha == head), None)
        if newest is None:
            yield f"its last commit {head[:8]} has no pipeline"
            return
        with asking("the pipeline's jobs", needs=needs):
            jobs = known.pipelines.get(newest.id, lazy=True).jobs.list(get_all=True)
    except GitlabError:
        yield (
            f"there is no review among the artifacts of the job {job} of a successful pipeline of it: the pipeline or "
            "the job failed, or the artifacts have expired"
        )
        return
    yield from _of_jobs([each for each in jobs if each.name == job], newest, job)


def _of_jobs(previews: list[Any], pipeline: Any, job: str) -> Iterator[str]:
    if not previews:
        yield f"its pipeline {pipeline.id} has no job {job}: it touches nothing of the stack, or has another name"
    elif previews[0].status != "success":
        yield f"the job {job} of its pipeline {pipeline.id} is {previews[0].status}"
    elif pipeline.status != "success":
        yield f"its pipeline {pipeline.id} is {pipeline.status}"
    else:
        yield f"the artifacts of the job {job} of its pipeline {pipeline.id} have expired, or were erased"
