"""``crosscloud rehearse`` as a user runs it, on a stack of a test's own."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosscloud.rehearsal.place import place_of
from tests.processes import finished, start
from tests.rehearsal.harness import Rehearsal, write_stack

#: Seconds after which a rehearsal is taken for stuck.
_PATIENCE = 600.0


@dataclass(frozen=True)
class Command:
    """A user's project with one stack file."""

    folder: Path
    cloud: str
    name: str

    def rehearse(self, *arguments: str, check: bool = True) -> str:
        """Run the command; return what it printed, errors among it."""
        process = start(
            [sys.executable, "-m", "crosscloud.cli", "rehearse", "--stack", self.name, *arguments],
            self.folder,
            {**os.environ, "CROSSCLOUD_PROJECT": str(self.folder), "COLUMNS": "160"},
        )
        return finished(process, timeout=_PATIENCE, check=check, ended_by=signal.SIGINT)

    def engine(self) -> Rehearsal:
        """Return the engine's side of the rehearsal, to look at its state and previews."""
        return Rehearsal(self.folder, self.cloud, self.name, machines=True)


@contextmanager
def command(cloud: str, folder: Path, name: str, **values: Any) -> Iterator[Command]:
    """A stack that can be rehearsed; whatever of a rehearsal is left at the end is taken down."""
    write_stack(folder, cloud, name, values)
    made = Command(folder, cloud, name)
    try:
        yield made
    finally:
        made.rehearse("--down", check=False)
        assert not place_of(name).folder.exists()
