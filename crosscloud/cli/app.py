"""The command's entry: its sub-commands, and how expected failures are shown."""

import errno
import sys
from collections.abc import Callable
from typing import Any

import typer

from crosscloud import container
from crosscloud.artifacts.commands import app as artifacts
from crosscloud.cli import stack
from crosscloud.cli.cell import app as cell
from crosscloud.cli.config import app as config
from crosscloud.cli.doctor import doctor
from crosscloud.cli.drift import drift
from crosscloud.cli.history import history
from crosscloud.cli.note import note
from crosscloud.cli.preview import preview
from crosscloud.cli.rehearse import rehearse
from crosscloud.cli.report import report
from crosscloud.cli.review import app as review
from crosscloud.cli.touched import touched
from crosscloud.cli.unlock import unlock
from crosscloud.e2e.commands import e2e
from crosscloud.errors import CrosscloudError

#: The commands as `crosscloud --help` shows them. A group of commands brings its name, a command has its function's.
_PANELS: dict[str, tuple[typer.Typer | Callable[..., Any], ...]] = {
    "A stack": (stack.up, preview, stack.check, stack.down, stack.shell, stack.env, unlock, drift, rehearse, config),
    "What is under test": (artifacts, e2e),
    "Merge requests": (touched, note, review),
    "The pipeline and its page": (cell, history, report),
    "This machine": (doctor,),
}
#: Errors of the system that are the host's own state and no fault of the program: rights, and room on the disk.
_OF_THE_HOST = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT})

app = typer.Typer(
    help="Builds, deploys and tests CNCF projects on every cloud.", no_args_is_help=True, pretty_exceptions_enable=False
)
for _panel, _commands in _PANELS.items():
    for _command in _commands:
        if isinstance(_command, typer.Typer):
            app.add_typer(_command, rich_help_panel=_panel)
        else:
            app.command(rich_help_panel=_panel)(_command)


def main() -> None:
    """Run the command; an expected failure is its message and an exit status, not a traceback."""
    try:
        container.prepare_project()
        app()
    except CrosscloudError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno not in _OF_THE_HOST:
            raise
        print(f"error: {error.filename or 'a file'}: {error.strerror}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
