"""Recording a review of a stack as it is now."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crosscloud import commits
from crosscloud.review import program, settings, state
from crosscloud.review.model import Part, Review
from crosscloud.stacks.pulumi import Stack


def record(stack: Stack, *, deployment: Mapping[str, Any] | None = None, like: Review | None = None) -> Review:
    """Return the review of a stack as it is now; begin with it, so that what moves meanwhile is seen.

    ``deployment`` is the stack's exported state, where the caller has it; a stack that is not there yet has an empty
    one. ``like`` is the review that the new one is to be compared with. Raises what is wrong with the stack's file.
    """
    from crosscloud.stacks.up import read_config

    config = read_config(stack, files_exist=False)
    if deployment is None:
        deployment = stack.deployment() if stack.exists() else {}
    text = like.salt if like else secrets.token_hex(16)
    salt = bytes.fromhex(text)
    return Review(
        project=stack.workspace.name,
        stack=stack.name,
        commit=commits.of_pipeline() or None,
        saved=state.saved(deployment),
        salt=text,
        state=Part.of(state.items(deployment), salt),
        program=Part.of(program.items(stack.workspace.project, config), salt),
        config=Part.of(settings.config_items(stack.file), salt),
        release=Part.of(settings.release_items(Path(config.release_file)), salt),
    )


def state_of(stack: Stack, salt: str) -> Part:
    """Return the part of a review that the stack's state is."""
    return Part.of(state.items(stack.deployment()), bytes.fromhex(salt))
