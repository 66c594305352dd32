"""What holds for every test."""

import gc
import signal

#: Objects made since the last look for garbage. At Python's 700 (and 10, 10) half the time of tests that load the SDKs'
#: tens of thousands of classes goes into looking at those again; pytest looks for what was left open at its end anyway.
_GARBAGE = (100_000, 20, 50)


def pytest_configure() -> None:
    """Look for garbage less often, and take interrupts as a program does that a person starts.

    A shell without job control has what it starts in the background ignore them, and with it all that tests start.
    """
    gc.set_threshold(*_GARBAGE)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
