"""What a merge request changes, from whoever can tell it."""

import sys
from collections.abc import Mapping

from crosscloud.errors import CrosscloudError
from crosscloud.gitlab.changes import UnknownChangesError, from_git, from_gitlab
from crosscloud.gitlab.client import GitlabError, Settings, connect


class BaseError(CrosscloudError):
    """Nothing says what changes are counted from."""


def changed_files(base: str, env: Mapping[str, str]) -> list[str] | None:
    """Return the files that are changed since ``base``: git's answer, else that of GitLab about the merge request.

    None if neither can tell, which is said on the standard error. Raises `BaseError` outside of a merge request's
    pipeline without a base.
    """
    if not base:
        raise BaseError("give the files, or --base with what the changes are counted from, such as --base origin/main")
    try:
        return from_git(base)
    except UnknownChangesError as error:
        print(f"{error}; GitLab is asked instead", file=sys.stderr)
    project = env.get("CI_MERGE_REQUEST_PROJECT_ID", "")
    number = env.get("CI_MERGE_REQUEST_IID", "")
    if not project or not number.isdecimal():
        print("this is no merge request's pipeline, so that GitLab can't tell either", file=sys.stderr)
        return None
    try:
        return from_gitlab(connect(Settings.from_environment(env)), project, int(number))
    except GitlabError as error:
        print(error, file=sys.stderr)
        return None
