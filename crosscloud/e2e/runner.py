"""Running the checks: all at the same time, each until its deadline, and everything they made taken away afterwards."""

import threading
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from typing import Any

from crosscloud.e2e.bench import Bench
from crosscloud.e2e.cluster import Api
from crosscloud.e2e.model import Check, Context, E2eError, Failed, NotYet, Options, Result, Status
from crosscloud.e2e.wait import Deadline
from crosscloud.release import Release

#: What is told of a check as it goes: the check, and its result once there is one.
Listener = Callable[[Check, Result | None], None]


@dataclass(frozen=True)
class Run:
    """One run of the checks: their results in their order, seconds, and what could not be taken away (or nothing)."""

    results: list[Result]
    seconds: float
    leftovers: str = ""

    @property
    def passed(self) -> bool:
        """Whether every check passed and nothing was left behind."""
        return not self.leftovers and all(result.status is Status.PASSED for result in self.results)


def run(
    checks: Sequence[Check],
    api: Api,
    release: Release,
    options: Options,
    listener: Listener,
) -> Run:
    """Run the checks and return what came of them; an interruption ends them early, tidies up and is raised again."""
    stop, started = threading.Event(), time.monotonic()
    bench = Bench(api, options.probe_image)
    context = Context(api, release, bench, Deadline(options.timeout, stop=stop), options)
    with ThreadPoolExecutor(max_workers=len(checks) + 2) as pool:
        start = pool.submit(bench.start)
        futures = [pool.submit(_one, check, context, listener) for check in checks]
        users = [future for check, future in zip(checks, futures, strict=True) if check.probes]
        tidy = pool.submit(_tidy, bench, [start, *users])
        try:
            _wait([*futures, tidy])
        except BaseException:
            # An interruption: the checks end at their next look at the clock, and then their probes are taken away.
            stop.set()
            if tidy.result():
                raise E2eError(tidy.result()) from None
            raise
    return Run([future.result() for future in futures], time.monotonic() - started, tidy.result())


def _tidy(bench: Bench, users: Sequence["Future[Any]"]) -> str:
    """Take the probes away as soon as nobody uses them: a cluster needs some seconds for it."""
    wait_for(users)
    return bench.remove()


def _wait(futures: Sequence["Future[Any]"]) -> None:
    """Wait in short steps: a signal is handled between them, not at the end of one long wait."""
    while any(not future.done() for future in futures):
        wait_for(futures, timeout=0.2)


def _one(check: Check, context: Context, listener: Listener) -> Result:
    started = time.monotonic()
    listener(check, None)
    status, seen, reason = Status.PASSED, list[str](), ""
    try:
        seen = check.run(context)
    except (Failed, NotYet) as error:
        status, reason = Status.FAILED, str(error)
    except Exception:  # a fault in one check must not hide what the others found
        status, reason = Status.ERROR, traceback.format_exc()
    result = Result(check, status, time.monotonic() - started, seen, reason)
    listener(check, result)
    return result
