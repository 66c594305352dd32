"""Waiting with an end, and with the reason for it."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from crosscloud.e2e.model import Failed, NotYet

T = TypeVar("T")
#: Seconds between two looks at the cluster: short beside what is waited for, long beside what a look costs.
INTERVAL = 0.5


class Deadline:
    """A moment after which nothing is waited for any more; checks that begin together share its ``stop``."""

    def __init__(
        self, seconds: float, *, stop: threading.Event | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds
        self._stop = stop or threading.Event()

    @property
    def remaining(self) -> float:
        """Seconds that are left, never below 0; 0 as soon as ``stop`` is set."""
        return 0.0 if self._stop.is_set() else max(0.0, self._end - self._clock())

    def until(self, attempt: Callable[[], T]) -> T:
        """Try until ``attempt`` returns instead of raising ``NotYet``; it is tried at least once.

        When the time is up, raise ``Failed`` with the last reason: the state that was last seen says more than any
        earlier one.
        """
        while True:
            try:
                return attempt()
            except NotYet as reason:
                if self._stop.is_set():
                    raise Failed(f"{reason}\n(interrupted)") from None
                if self.remaining <= INTERVAL:
                    raise Failed(f"{reason}\n(waited {self.seconds:.0f} s)") from None
            self._stop.wait(INTERVAL)
