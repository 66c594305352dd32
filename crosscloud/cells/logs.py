"""A stage's log: all that it and its commands print goes to the terminal as before, and into a file without secrets."""

import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path

from crosscloud import credentials

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
#: Seconds that what was printed has to reach the file, once the stage is over.
_PATIENCE = 5.0


@contextmanager
def teed(log: Path, environment: Mapping[str, str] | None = None) -> Iterator[None]:
    """Copy standard output and error of this process and its children into ``log`` for the length of the block."""
    hide = masking(os.environ if environment is None else environment)
    log.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o644)
    _flush()
    terminal, errors = os.dup(1), os.dup(2)
    reading, writing = os.pipe()
    copier = threading.Thread(target=_copy, args=(reading, terminal, file, hide), daemon=True)
    copier.start()
    for number in (1, 2):
        os.dup2(writing, number)
    # Its own text goes the same way, whatever stands for standard output in this process.
    text = os.fdopen(writing, "w", buffering=1, encoding="utf-8")
    try:
        with redirect_stdout(text), redirect_stderr(text):
            yield
    finally:
        text.close()
        os.dup2(terminal, 1)
        os.dup2(errors, 2)
        # A daemon that the stage started and that kept the pipe would have this wait for ever.
        copier.join(_PATIENCE)
        os.close(errors)


def masking(environment: Mapping[str, str]) -> "re.Pattern[str] | None":
    """Return a pattern that finds the credentials among the variables; None if there are none."""
    known = sorted(credentials.values(environment), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, known))) if known else None


def _copy(reading: int, terminal: int, file: int, hide: "re.Pattern[str] | None") -> None:
    with os.fdopen(reading, "rb") as source:
        for raw in source:
            line = raw.decode(errors="replace")
            if hide:
                line = hide.sub("[hidden]", line)
            # A full disk, or a terminal that is gone: what isn't read here would have the stage wait for ever.
            for place, text in ((terminal, line), (file, _CONTROL.sub("", line))):
                with suppress(OSError):
                    os.write(place, text.encode())
    os.close(terminal)
    os.close(file)


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
