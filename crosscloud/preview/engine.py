"""Having the engine preview a stack, by Pulumi's Automation API, in a way that nothing is written anywhere.

Pulumi writes its encryption salt into the file of a stack that has none, selects the stack in the user's settings, and
refuses a stack that is not in its backend. Here it gets a copy of the file, nothing is selected, and a stack that is
not there is previewed against an empty backend of its own: that needs no right to write, and leaves no stack behind.
"""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import quote

from crosscloud.errors import CrosscloudError
from crosscloud.stacks.pulumi import PulumiError, Stack
from crosscloud.stacks.workspace import Workspace

if TYPE_CHECKING:
    from pulumi.automation import EngineEvent

_STATE = "state"
#: For the state of nothing, which lasts as long as the preview; a stack's own file may ask for another one.
_PASSPHRASE = "a stack that is not there has no secrets"  # noqa: S105


class Refresh(Enum):
    """How the cloud is asked what is there: with the access that the state has, or with what the program gives."""

    BY_STATE = "state"
    BY_PROGRAM = "program"


@dataclass
class Told:
    """What the engine told: its events, whether the preview failed, and what it printed where that is all there is."""

    events: "list[EngineEvent]" = field(default_factory=list)
    failed: bool = False
    words: str = ""


def load() -> None:
    """Begin to import Pulumi's Automation API, a third of a second's work, beside what the caller waits for next."""
    Thread(target=import_module, args=("pulumi.automation",), daemon=True).start()


def ask(
    stack: Stack, *, policy: Path | None, exclude: Sequence[str], fresh: bool, refresh: Refresh | None = None
) -> Told:
    """Have a stack previewed; ``exclude`` names URNs that are left out, with what depends on them.

    ``fresh`` stacks are in no backend yet. With ``refresh`` the cloud is asked what is there, which events with the
    operation ``refresh`` tell; what is found is kept in memory alone.

    Raises `PulumiError` if the engine did not even begin.
    """
    with apart(stack, fresh=fresh) as copied, _only(copied.workspace.environment()):
        return _preview(stack, copied.file, policy, exclude, refresh)


@contextmanager
def apart(stack: Stack, *, fresh: bool) -> Iterator[Stack]:
    """Give a stack with a copy of its file, which Pulumi may write to; a ``fresh`` one is in an empty backend alone.

    It has no program, so that it can be asked and not previewed.
    """
    with tempfile.TemporaryDirectory(prefix="crosscloud-preview-") as folder:
        copied = Stack(stack.name, _Copy(stack.workspace, Path(folder), alone=fresh))
        (Path(folder) / "Pulumi.yaml").write_text(f"name: {stack.workspace.name}\nruntime: python\n")
        copied.file.touch(mode=0o600)
        shutil.copyfile(stack.file, copied.file)
        if fresh:
            (Path(folder) / _STATE).mkdir(mode=0o700)
            try:
                copied.ask("stack", "init", "--no-select")
            except PulumiError as error:
                said = f"stack {stack.name}, which is not there yet, can't be previewed: {error.said}"
                raise PulumiError(said) from None
        yield copied


@dataclass(frozen=True)
class _Copy(Workspace):
    """A folder with a copy of a stack's file; ``alone``, its backend is there, too."""

    original: Workspace
    folder: Path
    alone: bool

    @property
    def project(self) -> Path:
        return self.folder

    def environment(self) -> dict[str, str]:
        environment = self.original.environment()
        if self.alone:
            environment["PULUMI_BACKEND_URL"] = f"file://{quote(str(self.folder / _STATE))}"
            if not {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & environment.keys():
                environment["PULUMI_CONFIG_PASSPHRASE"] = _PASSPHRASE
        return environment


def _preview(stack: Stack, file: Path, policy: Path | None, exclude: Sequence[str], refresh: Refresh | None) -> Told:
    from pulumi.automation import LocalWorkspace, PulumiCommand
    from pulumi.automation import Stack as Automated
    from pulumi.automation.errors import CommandError

    class Unselected(LocalWorkspace):
        """A workspace that selects no stack: that would write into the user's settings."""

        def select_stack(self, stack_name: str) -> None:
            """Do nothing: every command names its stack."""

    command = shutil.which("pulumi")
    if not command:
        raise CrosscloudError("the command pulumi is not here yet; `make setup` installs or builds it")
    engine = PulumiCommand()  # the first of PATH, as everywhere
    workspace = Unselected(work_dir=str(stack.workspace.project), env_vars=dict(os.environ), pulumi_command=engine)
    told = Told()
    with warnings.catch_warnings(record=True) as lost:
        warnings.simplefilter("always")
        try:
            Automated.select(stack.name, workspace).preview(
                color="never",
                policy_packs=[str(policy)] if policy else None,
                exclude=list(exclude) or None,
                exclude_dependents=bool(exclude) or None,
                config_file=str(file),
                refresh=refresh is not None or None,
                run_program=(refresh is Refresh.BY_PROGRAM) or None,
                on_event=told.events.append,
            )
        except CommandError as error:
            told.failed, told.words = True, str(error)
        except RuntimeError as error:  # the engine ended well and did not say what it found
            raise PulumiError(f"the preview of stack {stack.name} can't be read: {error}") from None
    unread = [one for one in lost if "engine event" in str(one.message) or "event stream" in str(one.message)]
    if unread:  # the message would hold the event, and that may be anything
        raise PulumiError(
            f"the preview of stack {stack.name} can't be read: {len(unread)} of the engine's events are unknown to "
            "Pulumi's SDK of this version; `crosscloud doctor` tells the versions"
        )
    return told


@contextmanager
def _only(environment: Mapping[str, str]) -> Iterator[None]:
    """Have this process run with these variables alone: what Pulumi's API starts gets all of the process's own."""
    before = dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update(environment)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
