"""A stage's log: all that it and its commands print goes to the terminal as before, and into a file without secrets."""

import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
#: Variables whose values are nobody's to read.
_SECRET = re.compile(r"TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIAL|PRIVATE|ACCESS_KEY", re.IGNORECASE)
_NAMES_A_FILE = re.compile(r"_(FILE|PATH|DIR)$")
#: Shorter values are words that appear anywhere.
_SHORTEST = 8
#: Seconds that what was printed has to reach the file, once the stage is over.
_PATIENCE = 5.0


@contextmanager
def teed(log: Path, environment: Mapping[str, str] | None = None) -> Iterator[None]:
    """Copy standard output and error of this process and its children into ``log`` for the length of the block."""
    hide = masking(os.environ if environment is None else environment)
    log.parent.mkdir(parents=True, exist_ok=True)
    _flush()
    terminal, errors = os.dup(1), os.dup(2)
    reading, writing = os.pipe()
    copier = threading.Thread(target=_copy, args=(reading, terminal, log, hide), daemon=True)
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
    """Return a pattern that finds the values of secret variables; None if there are none."""
    values = {
        line
        for name, value in environment.items()
        if _SECRET.search(name) and not _NAMES_A_FILE.search(name)
        for line in value.splitlines()
        if len(line) >= _SHORTEST
    }
    return re.compile("|".join(re.escape(each) for each in sorted(values, key=len, reverse=True))) if values else None


def _copy(reading: int, terminal: int, log: Path, hide: "re.Pattern[str] | None") -> None:
    with os.fdopen(reading, "rb") as source, log.open("a", encoding="utf-8") as file:
        for raw in source:
            line = raw.decode(errors="replace")
            if hide:
                line = hide.sub("[hidden]", line)
            os.write(terminal, line.encode())
            file.write(_CONTROL.sub("", line))
            file.flush()
    os.close(terminal)


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
