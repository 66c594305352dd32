"""One preview as the command does it: of a stack or its rehearsal, with the review of what it was made of."""

from collections.abc import Sequence
from pathlib import Path

from crosscloud import credentials
from crosscloud.errors import CrosscloudError
from crosscloud.preview import engine, run, state
from crosscloud.preview.hiding import Hiding
from crosscloud.preview.model import Diagnostic, Preview
from crosscloud.review import Review, record
from crosscloud.stacks.pulumi import Stack
from crosscloud.stacks.up import read_config


def preview(
    name: str, *, rehearsed: bool = False, full_size: bool = False, policy: Path | None = None
) -> tuple[Preview, Review]:
    """Preview a stack; return what was found, and the review, which was recorded before.

    What is wrong with the stack's file is raised before anything is asked.
    """
    if rehearsed:
        from crosscloud.preview.rehearsing import rehearsal

        with rehearsal(Stack(name), full_size=full_size) as (stack, exclude):
            return _reviewed(stack, policy, exclude, rehearsed=True)
    stack = Stack(name)
    read_config(stack, files_exist=False)
    return _reviewed(stack, policy)


def refused(name: str, error: CrosscloudError, *, rehearsed: bool) -> Preview:
    """Return the preview of a stack of which there can be none: its file, or something that it needs, is wrong."""
    workspace = Stack(name).workspace
    message = Hiding(credentials.values(workspace.environment()))(str(error))
    commit = run.commit(workspace.project)
    return Preview(name, errors=(Diagnostic(message),), failed=True, rehearsed=rehearsed, commit=commit)


def _reviewed(
    stack: Stack, policy: Path | None, exclude: Sequence[str] = (), *, rehearsed: bool = False
) -> tuple[Preview, Review]:
    engine.load()  # while Pulumi exports the state
    deployment = state.deployment_of(stack) or {}
    review = record(stack, deployment=deployment)
    found = run.preview(stack, policy=policy, exclude=exclude, deployment=deployment, rehearsed=rehearsed)
    return found, review
