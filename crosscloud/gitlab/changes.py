"""The files that a merge request changes: git knows, and where its history is too short, GitLab."""

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from crosscloud.gitlab.client import GitlabError, asking

if TYPE_CHECKING:
    import gitlab

_NEEDS = "the scope read_api and, where the project is not public, the role Reporter"


class UnknownChangesError(GitlabError):
    """What is changed can't be told, at least not all of it."""


def from_git(base: str, *, head: str = "HEAD", folder: Path | None = None) -> list[str]:
    """Return the files that ``head`` changed since it left ``base``, renamed ones by both names.

    Paths count from the repository's root. Raises `UnknownChangesError` where the history does not reach back to
    ``base``, as in a shallow clone.
    """
    # Without rename detection a renamed file is one that went and one that came: both names.
    options = ["--name-only", "-z", "--no-renames", "--no-ext-diff", "--end-of-options"]
    try:
        done = subprocess.run(
            ["git", "diff", *options, f"{base}...{head}", "--"],
            cwd=folder,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            check=False,
        )
    except OSError as error:
        raise UnknownChangesError(f"git can't be run: {error.strerror}") from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[0]
        raise UnknownChangesError(f"git can't tell what is changed since {base}: {said}")
    return [name for name in done.stdout.split("\0") if name]


def from_gitlab(gl: "gitlab.Gitlab", project: str, merge_request: int) -> list[str]:
    """Return the files that a merge request changes, over every page, renamed ones by both names.

    Raises `UnknownChangesError` where GitLab shows only some of them (its limit of files in a diff), or has not counted
    them yet, as right after a push; and `GitlabError`.
    """
    from gitlab.utils import EncodedId

    what = f"the changes of merge request !{merge_request} of {project}"
    with asking(what, needs=_NEEDS):
        whole = gl.projects.get(project, lazy=True).mergerequests.get(merge_request)
        # docs.gitlab.com/api/merge_requests (list merge request diffs); python-gitlab's `diffs` are the versions.
        path = f"/projects/{EncodedId(project)}/merge_requests/{merge_request}/diffs"
        shown = gl.http_list(path, iterator=False, get_all=True)
        diffs = [dict(each) for each in shown]
    # docs.gitlab.com/api/merge_requests (changes_count): empty until GitLab has counted them, some time after a push.
    if not whole.changes_count:
        raise UnknownChangesError(f"{what}: GitLab has not counted them yet")
    if str(whole.changes_count) != str(len(diffs)):
        raise UnknownChangesError(f"{what}: GitLab shows {len(diffs)} of {whole.changes_count} files")
    return sorted({str(diff[name]) for diff in diffs for name in ("old_path", "new_path")})
