"""How a project stands in a run, and why."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a project stands in a run."""

    PASSED = "passed"
    FAILED = "failed"
    INFRASTRUCTURE = "infrastructure"
    RUNNING = "running"
    NOT_RUN = "not-run"


@dataclass(frozen=True)
class Verdict:
    """A project's state, and why in one line; a pass needs no reason."""

    state: State
    why: str = ""


Verdicts = dict[str, Verdict]
