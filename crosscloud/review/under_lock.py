"""The last look at the state before anything is changed; the program takes it, while the engine holds the lock."""

import os
from pathlib import Path

from crosscloud.review.model import MovedError, Review, refusal
from crosscloud.review.recording import state_of
from crosscloud.stacks.pulumi import Stack

#: Names for the program the file of the review whose state it has to find.
VARIABLE = "CROSSCLOUD_REVIEW"


def ensure_state(stack: str) -> None:
    """Compare the state that the engine works on with the review that is being applied, if one is.

    To be called before the first resource is named. Raises `MovedError` if another run has changed the state.
    """
    if not (file := os.environ.get(VARIABLE)):
        return
    then = Review.load(Path(file))
    changes = [line for line in then.state.changes("state", state_of(Stack(stack), then.salt)) if not _settled(line)]
    if changes:
        raise MovedError(refusal(then, changes))


def _settled(line: str) -> bool:
    """Tell whether this is only what an interrupted run had left open, which is mended before a review is applied."""
    return line.startswith("state: interrupted ") and line.endswith(" is gone")
