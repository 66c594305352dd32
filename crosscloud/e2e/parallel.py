"""The same call for several things at the same time."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")
#: Calls at a time: they wait for the network, but an API server of a small cluster should not be flooded.
LIMIT = 8


def each(call: Callable[[A], B], things: Iterable[A]) -> list[B]:
    """Return ``call`` of each thing, in their order; the first failure is raised when all have ended."""
    with ThreadPoolExecutor(max_workers=LIMIT) as pool:
        return list(pool.map(call, things))
