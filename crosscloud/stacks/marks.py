"""What a run notes in the backend: which job of a pipeline works on a stack, and which review was begun to be applied.

A lock names only a process and its machine, and a machine of a pipeline is gone when its job ends. The note lets the
next run ask GitLab whether the holder of a lock still lives. Notes are tags of the stack (``pulumi stack tag``), which
every backend has.
"""

import hashlib
import json
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Self

from pydantic import AwareDatetime, BaseModel, ValidationError

from crosscloud.stacks.pulumi import PulumiError, Stack

_RUN, _REVIEW = "crosscloud:run:{host}", "crosscloud:review"


class Mark(BaseModel):
    """A job that works on a stack: on which machine, since when; ``project`` and ``job`` are GitLab's ids."""

    host: str
    started: AwareDatetime
    project: str
    job: int
    url: str = ""

    @classmethod
    def of_this_job(cls, env: Mapping[str, str] = os.environ) -> Self | None:
        """Return the mark of the job that this process belongs to; ``None`` outside of pipelines.

        https://docs.gitlab.com/ci/variables/predefined_variables/
        """
        if not (env.get("CI_JOB_ID") and env.get("CI_PROJECT_ID")):
            return None
        return cls(
            host=platform.node(),
            started=datetime.now(UTC),
            project=env["CI_PROJECT_ID"],
            job=int(env["CI_JOB_ID"]),
            url=env.get("CI_JOB_URL", "")[:100],  # a tag holds 256 characters
        )


@contextmanager
def noted(stack: Stack) -> Iterator[None]:
    """Have the backend know for the length of the block which job works on the stack; outside of pipelines nothing."""
    mark = Mark.of_this_job()
    if mark is None:
        yield
        return
    try:
        stack.ask("stack", "tag", "set", _tag(mark.host), json.dumps(mark.model_dump(mode="json")))
    except PulumiError as error:
        print(f"    this job could not be noted in the backend, so that no later one will know it: {error}", flush=True)
    try:
        yield
    finally:
        forget(stack, mark.host)


def read(stack: Stack, host: str) -> Mark | None:
    """Return what the job that works on the stack from this machine noted; ``None`` if there is nothing."""
    try:
        return Mark.model_validate_json(stack.ask("stack", "tag", "get", _tag(host)))
    except (PulumiError, ValidationError):
        return None


def forget(stack: Stack, host: str) -> None:
    """Remove the note of a machine's job; nothing there is no error."""
    with suppress(PulumiError):
        stack.ask("stack", "tag", "rm", _tag(host))


def begin_review(stack: Stack, review: str) -> None:
    """Note that the review of this id is being applied."""
    stack.ask("stack", "tag", "set", _REVIEW, review)


def end_review(stack: Stack) -> None:
    """Note that somebody else works on the stack: whatever review was begun can't be gone on with."""
    with suppress(PulumiError):
        stack.ask("stack", "tag", "rm", _REVIEW)


def begun_review(stack: Stack) -> str:
    """Return the id of the review that was last begun to be applied; empty if none was."""
    try:
        return stack.ask("stack", "tag", "get", _REVIEW).strip()
    except PulumiError:
        return ""


def _tag(host: str) -> str:
    """Return the name of a machine's tag: 40 characters of letters, digits and few others at most."""
    return _RUN.format(host=hashlib.sha256(host.encode()).hexdigest()[:12])
