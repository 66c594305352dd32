"""Where a rehearsal lives, and what of it is there."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from crosscloud import paths
from crosscloud.errors import CrosscloudError
from crosscloud.rehearsal import isolation
from crosscloud.stacks.pulumi import Stack
from crosscloud.stacks.workspace import Apart

#: The project's name, and so a part of every URN: no rehearsal is ever taken for a real stack.
PROJECT = "crosscloud-rehearsal"


class BusyError(CrosscloudError):
    """Another rehearsal of the stack is at work."""


def rehearsals() -> Path:
    """Return the folder of all rehearsals of this checkout."""
    return paths.home() / "rehearsals"


@dataclass(frozen=True)
class Place(Apart):
    """The folder of one rehearsal: ``project``, ``state``, ``cloud`` (what the simulated cloud knows), and so on."""

    def environment(self) -> dict[str, str]:
        """Return the variables of the rehearsal's engine, those that are remembered among them."""
        return {**isolation.environment(self.folder), **self.remembered()}

    def remember(self, variables: Mapping[str, str]) -> None:
        """Have every later run of the engine get these variables too: where a service is, whether machines boot."""
        self._variables.touch(mode=0o600)
        self._variables.write_text(json.dumps({**self.remembered(), **variables}))

    @property
    def _variables(self) -> Path:
        return self.folder / "variables.json"

    def remembered(self) -> dict[str, str]:
        """Return those variables."""
        try:
            found: dict[str, str] = json.loads(self._variables.read_text() or "{}")
        except FileNotFoundError:
            return {}
        return found


def place_of(stack: str) -> Place:
    """Return the place of the rehearsal of a stack; nothing need be there yet."""
    return Place(rehearsals() / stack)


def rehearsed(stack: str) -> Stack:
    """Return the stack that a rehearsal makes of the user's stack of this name."""
    return Stack(stack, place_of(stack))


@contextmanager
def held(place: Place) -> Iterator[None]:
    """Hold a rehearsal for the length of the block; raise `BusyError` if it is held already."""
    file = place.folder.with_suffix(".lock")
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with file.open("a") as handle:
        try:
            flock(handle, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            raise BusyError(f"a rehearsal of stack {place.folder.name} is at work; wait for its end") from None
        yield
