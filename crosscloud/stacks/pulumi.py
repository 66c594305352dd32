"""Running the ``pulumi`` command on a stack, and reading what it knows of it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosscloud import paths
from crosscloud.engine.environment import pulumi_environment
from crosscloud.errors import CrosscloudError
from crosscloud.locking import locked


class PulumiError(CrosscloudError):
    """Pulumi failed; what it said stands above, or in the message where its output was not shown."""


@contextmanager
def changing_stacks() -> Iterator[None]:
    """Hold what a stack's creation and the clean-up after the last one must not do at once."""
    with locked(paths.home() / "stacks.lock"):
        yield


@dataclass(frozen=True)
class Stack:
    """A stack of this project, by name; its configuration is ``Pulumi.<name>.yaml``."""

    name: str

    @property
    def file(self) -> Path:
        """The stack's configuration file."""
        return paths.project() / f"Pulumi.{self.name}.yaml"

    def show(self, *arguments: str) -> None:
        """Run a pulumi command on the stack, with its display; raise `PulumiError` if it fails."""
        # Where nobody watches, a line for each change is enough.
        quiet = [] if sys.stdout.isatty() else ["--suppress-progress", "--non-interactive"]
        status = subprocess.run(
            [*self._command(arguments), *quiet], cwd=paths.project(), env=_environment(), check=False
        )
        if status.returncode:
            raise PulumiError(f"pulumi {arguments[0]} of stack {self.name} failed; why stands above")

    def ask(self, *arguments: str) -> str:
        """Run a pulumi command on the stack and return what it prints; raise `PulumiError` with its words."""
        done = _quietly(self._command(arguments))
        if done.returncode:
            words = (done.stderr.strip() or done.stdout.strip()).removeprefix("error: ")
            raise PulumiError(f"pulumi {' '.join(arguments[:2])} of stack {self.name} failed: {words}")
        return done.stdout

    def exists(self) -> bool:
        """Tell whether the backend knows the stack."""
        listed = _quietly([_pulumi(), "stack", "ls", "--json"])
        if listed.returncode:
            raise PulumiError(f"the backend can't be read: {listed.stderr.strip()}")
        return self.name in {stack["name"].rpartition("/")[2] for stack in json.loads(listed.stdout or "[]")}

    def create(self) -> None:
        """Make the stack in the backend, unless it is there."""
        with changing_stacks():
            if not self.exists():
                self.ask("stack", "init", "--no-select")

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs, secrets in the clear: for files of mode 0600, never for a terminal."""
        found: dict[str, Any] = json.loads(self.ask("stack", "output", "--json", "--show-secrets"))
        return found

    def deployment(self) -> dict[str, Any]:
        """Return the stack's state, its secrets encrypted."""
        found: dict[str, Any] = json.loads(self.ask("stack", "export")).get("deployment") or {}
        return found

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return [_pulumi(), *arguments, "--stack", self.name]


def _quietly(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*command, "--non-interactive"],
        cwd=paths.project(),
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def _environment() -> dict[str, str]:
    return pulumi_environment()


def _pulumi() -> str:
    found = shutil.which("pulumi", path=_environment()["PATH"])
    if not found:
        raise CrosscloudError("the command pulumi is not here yet; `make setup` installs or builds it")
    return found
