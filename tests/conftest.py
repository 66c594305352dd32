"""What holds for every test."""

import signal


def pytest_configure() -> None:
    """Take interrupts as a program does that a person starts.

    A shell without job control has what it starts in the background ignore them, and with it all that tests start.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
