"""Waiting: bounded, and never without a reason."""

import threading
import time

import pytest

from crosscloud.e2e.model import Failed, NotYet
from crosscloud.e2e.wait import Deadline


def test_what_is_there_is_returned_at_once() -> None:
    assert Deadline(0).until(lambda: "there") == "there"


def test_what_comes_later_is_waited_for() -> None:
    tries = iter([NotYet("one"), NotYet("two"), None])

    def attempt() -> str:
        problem = next(tries)
        if problem:
            raise problem
        return "there"

    assert Deadline(10).until(attempt) == "there"


def test_the_wait_ends_with_the_last_reason() -> None:
    states = iter(range(1000))

    def attempt() -> None:
        raise NotYet(f"state {next(states)}")

    started = time.monotonic()
    with pytest.raises(Failed, match=r"^state [1-9][0-9]*\n\(waited 0 s\)$"):
        Deadline(0.1).until(attempt)
    assert time.monotonic() - started < 2


def test_what_waiting_does_not_change_is_not_waited_for() -> None:
    tries = []

    def attempt() -> None:
        tries.append(1)
        raise Failed("wrong")

    with pytest.raises(Failed, match="wrong"):
        Deadline(10).until(attempt)
    assert len(tries) == 1


def test_an_interruption_ends_the_wait_at_once() -> None:
    stop = threading.Event()
    deadline = Deadline(60, stop=stop)
    threading.Timer(0.1, stop.set).start()

    def attempt() -> None:
        raise NotYet("never there")

    started = time.monotonic()
    with pytest.raises(Failed, match=r"never there\n\(interrupted\)"):
        deadline.until(attempt)
    assert time.monotonic() - started < 5
