"""Having the engine preview a stack, by Pulumi's Automation API, in a way that nothing is written anywhere.

Pulumi writes its encryption salt into the file of a stack that has none, selects the stack in the user's settings, and
refuses a stack that is not in its backend. Here it gets a copy of the file, nothing is selected, and a stack that is
not there is previewed against an empty backend of its own: that needs no right to write, and leaves no stack behind.
"""

import os
import shutil
import subprocess
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

if TYPE_CHECKING:
    from pulumi.automation import EngineEvent

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
    with tempfile.TemporaryDirectory(prefix="crosscloud-preview-") as folder:
        file = Path(folder) / stack.file.name
        file.touch(mode=0o600)
        shutil.copyfile(stack.file, file)
        environment = stack.workspace.environment()
        if fresh:
            environment |= _empty_backend(stack, file, environment)
        with _only(environment):
            return _preview(stack, file, policy, exclude, refresh)


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


def _empty_backend(stack: Stack, file: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Make an empty backend with the stack in it beside the copy of its file; return the variables that lead to it."""
    backend = file.parent / "state"
    backend.mkdir(mode=0o700)
    (file.parent / "Pulumi.yaml").write_text(f"name: {stack.workspace.name}\nruntime: python\n")
    variables = {"PULUMI_BACKEND_URL": f"file://{quote(str(backend))}"}
    if not {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & environment.keys():
        variables["PULUMI_CONFIG_PASSPHRASE"] = _PASSPHRASE
    done = subprocess.run(
        ["pulumi", "stack", "init", "--no-select", "--non-interactive", "--stack", stack.name],
        cwd=file.parent,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PulumiError(f"stack {stack.name}, which is not there yet, can't be previewed: {done.stderr.strip()}")
    return variables


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
