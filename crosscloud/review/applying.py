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
from crosscloud.review.recording import record
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
        stages.say(
            "the state has moved since the review by an earlier attempt to apply it; this one goes on from there"
        )
        for line in recovery.recover(stack, by_program=config.access_ends):
            stages.say(line)
        then = record(stack, like=then).model_copy(update={"recorded": then.recorded})
    marks.begin_review(stack, then.id)
    with tempfile.TemporaryDirectory(prefix="crosscloud-") as folder:
        expected = Path(folder) / "review.json"
        then.save(expected)
        all_arguments = ("--message", _MESSAGE.format(id=then.id), *arguments)
        stages.deploy(stack, config, *all_arguments, variables={VARIABLE: str(expected)}, refresh=False)


def _by_earlier_attempts(stack: Stack, then: Review) -> bool:
    """Tell whether nobody but earlier attempts at this review has worked on the stack since.

    The engine's history has a run's message once it has ended; one that was killed is known by its note.
    """
    if marks.begun_review(stack) != then.id:
        return False
    message = _MESSAGE.format(id=then.id)
    return all(entry.get("message") == message for entry in stack.history() if _after(entry, then.saved))


def _after(entry: dict[str, Any], saved: datetime | None) -> bool:
    """Tell whether a run began after the state that was reviewed had been written."""
    return saved is None or datetime.fromisoformat(entry["startTime"]) > saved
