"""What goes wrong on request: ``$CROSSCLOUD_REHEARSAL_FAULT``, set for the first `up` alone.

    no-capacity[=ZONE]    no machine can be had in the zone (in any)
    api-error[=N]         the N-th creation fails with the cloud's words for an error of its own
    no-boot               the first machine never boots
    slow-load-balancer    each load balancer takes a minute before it answers
    engine-crash[=N]      the engine is killed at the N-th creation

Creations are counted in this process, which lives as long as the run. The message of each says what to do.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from crosscloud.plugins.base import Call, PluginError

VARIABLE = "CROSSCLOUD_REHEARSAL_FAULT"
NAMES = ("no-capacity", "api-error", "no-boot", "slow-load-balancer", "engine-crash")
AGAIN = "Run the same command again: what was made is kept, and the rest is made then."
#: By then a network is there, and things in it, on every cloud.
_CREATION = 4
#: AWS says that a Network Load Balancer takes minutes to come; this is long enough to be waited for, and noticed.
_DELAY = 60.0
#: How long creations that have begun may take to end before the engine is killed, and the engine to write them down.
_PATIENCE, _CHECKPOINT = 120.0, 1.5

_changed = threading.Condition()
_count = {"begun": 0, "running": 0, "machines": 0, "crashing": 0}


def asked() -> tuple[str, str]:
    """Return the name and the value ("" without one) of the fault that is on; two empty texts if none is."""
    name, _, value = os.environ.get(VARIABLE, "").partition("=")
    if name and name not in NAMES:
        raise PluginError(f"{name!r} is no fault that can be rehearsed; there are {', '.join(NAMES)}")
    if name in ("api-error", "engine-crash") and value and not value.isdigit():
        raise PluginError(f"{name}={value}: it takes the number of a creation, counted from 1")
    return name, value


def capacity(zone: str, message: str) -> None:
    """Raise ``message``, the cloud's own words, if machines of that zone can't be had."""
    name, value = asked()
    if name == "no-capacity" and value in ("", zone):
        raise PluginError(
            f"{message}\nRun the same command again to try once more, or choose another zone or size in the stack's "
            "configuration. (This is the rehearsed fault no-capacity.)"
        )


def machine_never_boots() -> bool:
    """Tell whether the next machine stays dark: the first that asks, in a run with that fault. `fabric.boot` asks."""
    with _changed:
        _count["machines"] += 1
        return asked()[0] == "no-boot" and _count["machines"] == 1


def load_balancer_delay() -> float:
    """Return the seconds that a new load balancer takes before it answers."""
    return _DELAY if asked()[0] == "slow-load-balancer" else 0.0


@contextmanager
def creation(call: Call, words: str) -> Iterator[None]:
    """Surround a creation in the cloud: it may fail with ``words``, or take the engine with it."""
    name, value = asked()
    with _changed:
        # Once the engine is as good as dead no request of its reaches the cloud.
        while _count["crashing"]:
            _changed.wait()
        _count["begun"] += 1
        counted = name in ("api-error", "engine-crash")
        strikes = counted and _count["begun"] == int(value or _CREATION)
        if strikes and name == "engine-crash":
            _crash(call)
        _count["running"] += 1
    try:
        if strikes:
            raise PluginError(f"{words}\n{AGAIN} (This is the rehearsed fault api-error.)")
        yield
    finally:
        with _changed:
            _count["running"] -= 1
            _changed.notify_all()


def _crash(call: Call) -> None:
    """Kill the engine between two requests: one whose answer is lost would leave a thing that nobody knows of."""
    _count["crashing"] = 1
    _changed.wait_for(lambda: _count["running"] == 0, _PATIENCE)
    call.log("warning", f"the engine is killed now, as asked for (engine-crash). {AGAIN}")
    time.sleep(_CHECKPOINT)
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(_PATIENCE)  # this process ends with the engine
