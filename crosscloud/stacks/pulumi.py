"""Running the ``pulumi`` command on a stack, and reading what it knows of it."""

import json
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from crosscloud import paths
from crosscloud.errors import CrosscloudError
from crosscloud.locking import locked
from crosscloud.stacks.workspace import OWN, Workspace

if TYPE_CHECKING:
    from crosscloud.stacks.advice.events import Failure
    from crosscloud.stacks.advice.rules import Advice

#: Seconds to wait for the rest of what an ended command wrote: what it started may hold its error output open.
_LAST_WORDS = 5.0
#: Its words for a state that was not written to its end, as on a full disk, and what to do then.
_CUT_SHORT = "unexpected end of JSON input"
_RESTORE = (
    "A state in the backend was cut short while it was written: a copy of the one before is beside it, "
    ".pulumi/stacks/<project>/<stack>.json.bak. Put that in the place of <stack>.json, then run `crosscloud up`, which "
    "asks the cloud what there is"
)


class PulumiError(CrosscloudError):
    """Pulumi failed; what it said stands above, or in the message where its output was not shown.

    Where the engine was followed (`advised`), ``failures`` are the resources that failed, and ``advice`` is what is
    known of them. ``said`` is what the command wrote to its error output.
    """

    failures: "Sequence[Failure]" = ()
    advice: "Sequence[Advice]" = ()

    def __init__(self, message: str, said: str = "") -> None:
        self.said = said
        super().__init__(message)


@contextmanager
def changing_stacks() -> Iterator[None]:
    """Hold what a stack's creation and the clean-up after the last one must not do at once."""
    with locked(paths.home() / "stacks.lock"):
        yield


@dataclass(frozen=True)
class Stack:
    """A stack by name; its configuration is ``Pulumi.<name>.yaml`` in the project of its workspace."""

    name: str
    workspace: Workspace = OWN

    @property
    def file(self) -> Path:
        """The stack's configuration file."""
        return self.workspace.project / f"Pulumi.{self.name}.yaml"

    def show(self, *arguments: str, variables: Mapping[str, str] | None = None) -> None:
        """Run a pulumi command on the stack, with its display and ``variables`` beside the workspace's own.

        Raises `PulumiError` if it fails.
        """
        # Where nobody watches, a line for each change is enough.
        quiet = [] if sys.stdout.isatty() else ["--suppress-progress", "--non-interactive"]
        sys.stdout.flush()
        status, said = self._shown([*self._command(arguments), *quiet], variables or {})
        if status < 0:
            raise PulumiError(
                f"pulumi {arguments[0]} of stack {self.name} was ended by {_signal(-status)}; run the same command "
                "again: what was made is known, and it goes on from there"
            )
        if status:
            raise PulumiError(f"pulumi {arguments[0]} of stack {self.name} failed; why stands above", said)

    def ask(self, *arguments: str) -> str:
        """Run a pulumi command on the stack and return what it prints; raise `PulumiError` with its words."""
        done = self._quietly(self._command(arguments))
        if done.returncode:
            words = _words(done)
            command = " ".join(each for each in arguments[:2] if not each.startswith("-"))
            raise PulumiError(f"pulumi {command} of stack {self.name} failed: {words}", words)
        return done.stdout

    def exists(self) -> bool:
        """Tell whether the backend knows the stack."""
        listed = self._quietly([self._pulumi(), "stack", "ls", "--json"])
        if listed.returncode:
            raise PulumiError(f"the backend can't be read: {_words(listed)}")
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

    def history(self) -> list[dict[str, Any]]:
        """Return the runs of the engine on the stack that have ended, the newest first."""
        found: list[dict[str, Any]] = json.loads(self.ask("stack", "history", "--json") or "[]")
        return found

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return [self._pulumi(), *arguments, "--stack", self.name]

    def _shown(self, command: Sequence[str], variables: Mapping[str, str]) -> tuple[int, str]:
        """Run a command with its display; return its status, and what it wrote to its error output."""
        said: list[str] = []
        process = subprocess.Popen(
            command,
            cwd=self.workspace.project,
            env={**self.workspace.environment(), **variables},
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        reader = threading.Thread(target=_pass_on, args=(process.stderr, said), daemon=True)
        reader.start()
        try:
            process.wait()
        except KeyboardInterrupt:
            process.wait()  # the engine was interrupted too, and writes down what it has made
            raise
        finally:
            reader.join(_LAST_WORDS)
        return process.returncode, "".join(said)

    def _quietly(self, command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*command, "--non-interactive"],
            cwd=self.workspace.project,
            env=self.workspace.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def _pulumi(self) -> str:
        found = shutil.which("pulumi", path=self.workspace.environment()["PATH"])
        if not found:
            raise CrosscloudError("the command pulumi is not here yet; `make setup` installs or builds it")
        return found


def _words(done: "subprocess.CompletedProcess[str]") -> str:
    words = (done.stderr.strip() or done.stdout.strip()).removeprefix("error: ")
    return f"{words}\n{_RESTORE}" if _CUT_SHORT in words else words


def _pass_on(stream: IO[str], said: list[str]) -> None:
    """Show what a process writes to its error output, and keep it, until the stream ends."""
    for line in stream:
        said.append(line)
        print(line, end="", file=sys.stderr, flush=True)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
