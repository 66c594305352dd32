"""Logs of stages that failed, copied beside the page: bounded, plain text, and only from the run's own folder."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from crosscloud.report import names
from crosscloud.report.words import clean
from crosscloud.runs.record import Stage

#: Bytes of a log's end that are copied, and lines of it that are shown.
LIMIT, LINES = 256 * 1024, 30
#: Characters of a line that are shown.
LINE = 400


@dataclass(frozen=True)
class Log:
    """A copied log: its text, its place below the site, and how many bytes of its beginning are left out."""

    file: str
    text: str
    left_out: int = 0

    @property
    def href(self) -> str:
        """Its address, seen from a cell's page."""
        return f"../{self.file}"

    @property
    def tail(self) -> str:
        """The last lines."""
        lines = self.text.rstrip().splitlines()[-LINES:]
        return "\n".join(line if len(line) <= LINE else f"{line[:LINE]}…" for line in lines)


def log_of(folder: Path, cell: str, run: str, stage: Stage) -> Log | None:
    """Return the log of a run's stage, or None if there is none; a name that leads out of the folder is none."""
    if not stage.log:
        return None
    path = folder / stage.log
    try:
        if path.resolve().parent != folder.resolve():
            return None
        # A pipe would never end; a link was refused by the line above.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as handle:
            status = os.fstat(handle.fileno())
            if not stat.S_ISREG(status.st_mode):
                return None
            left_out = max(0, status.st_size - LIMIT)
            handle.seek(left_out)
            text = handle.read(LIMIT).decode("utf-8", errors="replace")
    except (OSError, ValueError):
        return None
    return Log(f"log/{cell}/{names.slug(run)}-{names.slug(stage.name)}.txt", clean(text), left_out)
