"""Applying what was reviewed, and nothing else.

What the preview was made of is compared twice: before anything is done, all of it; and again by the program when the
engine holds the stack's lock and nothing is changed yet, the state alone, since only other runs could have moved it
meanwhile. The engine is not asked to refresh, as the preview did not: what drifted is the drift job's to tell.

Pulumi's own plans (``preview --save-plan``, ``up --plan``) are not used: they are experimental, hold configuration and
inputs, and say nothing of what is not known before an update.
"""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from crosscloud.config import StackConfig
from crosscloud.review.model import MovedError, Review, moved, refusal
from crosscloud.review.recording import record, state_of
from crosscloud.review.under_lock import VARIABLE
from crosscloud.stacks import marks, recovery, stages
from crosscloud.stacks.pulumi import Stack

_MESSAGE = "crosscloud review {id}"


def ensure(stack: Stack, then: Review) -> bool:
    """Compare a stack with its review; tell whether an earlier attempt at this very review has begun to apply it.

    Raises `MovedError` if something else moved, with what did and what to do; nothing is changed.
    """
    changes = moved(then, record(stack, like=then))
    if not changes:
        return False
    if all(line.startswith("state: ") for line in changes) and _by_earlier_attempts(stack, then):
        return True
    raise MovedError(refusal(then, changes))


def deploy(stack: Stack, config: StackConfig, then: Review, *arguments: str) -> None:
    """Bring the stack to what was reviewed; ``arguments`` are the engine's, beside our own.

    Refuses with `MovedError` before anything is changed if something moved.
    """
    if ensure(stack, then):
        then = _gone_on_with(stack, config, then)
    with tempfile.TemporaryDirectory(prefix="crosscloud-") as folder:
        expected = Path(folder) / "review.json"
        then.save(expected)
        all_arguments = ("--message", _MESSAGE.format(id=then.id), *arguments)
        variables = {VARIABLE: str(expected)}
        stages.deploy(stack, config, *all_arguments, variables=variables, review=then.id)


def _gone_on_with(stack: Stack, config: StackConfig, then: Review) -> Review:
    """Mend what an earlier attempt left; return the review with the state from which this one goes on."""
    stages.say("the state has moved since the review by an earlier attempt to apply it; this one goes on from there")
    with marks.noted(stack):
        for line in recovery.recover(stack, by_program=config.access_ends):
            stages.say(line)
    state = state_of(stack, then.salt)
    if not _by_earlier_attempts(stack, then):  # somebody came between: that state must not become the expected one
        raise MovedError(refusal(then, list(then.state.changes("state", state))))
    return then.model_copy(update={"state": state})


def _by_earlier_attempts(stack: Stack, then: Review) -> bool:
    """Tell whether nobody but earlier attempts at this review has worked on the stack since.

    The engine's history has a run's message once it has ended; one that was killed is known by its note, which every
    other `up` and `down` takes away. What was done to finish what was interrupted is nobody else's work.
    """
    if marks.begun_review(stack) != then.id:
        return False
    ours = (_MESSAGE.format(id=then.id), recovery.MESSAGE)
    return all(entry.get("message") in ours for entry in stack.history() if _after(entry, then.saved))


def _after(entry: dict[str, Any], saved: datetime | None) -> bool:
    """Tell whether a run began after the state that was reviewed had been written."""
    return saved is None or datetime.fromisoformat(entry["startTime"]) > saved
