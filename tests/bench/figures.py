"""What a measurement gives."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One row of the table: a value for each run."""

    name: str
    values: list[float]
    unit: str = "s"


def timed(action: Callable[[], object]) -> float:
    """Return the seconds that an action takes."""
    started = time.monotonic()
    action()
    return time.monotonic() - started


def ratio(name: str, ours: list[float], theirs: list[float]) -> Figure:
    """Return the ratio of two figures, pair by pair: both were measured in the same run of the machine."""
    return Figure(name, [a / b for a, b in zip(ours, theirs, strict=True)], "times")
