"""Which commit is at work: that of a pipeline of GitLab, or that of a checkout.

https://docs.gitlab.com/ci/variables/predefined_variables/
"""

import os
import re
import subprocess
from pathlib import Path

from crosscloud import paths

#: A merge request's own commit goes before one that GitLab made of it to try the merge.
_VARIABLES = ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "CI_COMMIT_SHA")
_SHA = re.compile(r"[0-9a-f]{7,64}")


def of_pipeline() -> str:
    """Return the commit that a pipeline works on; empty outside of one."""
    told = (os.environ.get(name, "") for name in _VARIABLES)
    return next((sha for sha in told if _SHA.fullmatch(sha)), "")


def of_checkout(folder: Path = paths.ROOT) -> str:
    """Return the commit that a folder has checked out; empty where git can't tell, as in an image."""
    command = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
