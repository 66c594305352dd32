"""``crosscloud drift``: whether the cloud has what a stack says."""

from typing import Annotated

import typer

from crosscloud.cli.options import StackArgument, StackName, stack_of

#: The exit status of a stack that drifted: 1 is that it can't be told.
DRIFTED = 2


def drift(
    name: StackArgument = None,
    stack: StackName = "local",
    rehearsal: Annotated[bool, typer.Option("--rehearsal", help="Look at the rehearsal that was kept.")] = False,
    issue: Annotated[
        bool, typer.Option("--issue", help="Say it in one issue of the project on GitLab; close it when it is clean.")
    ] = False,
) -> None:
    """Ask the cloud whether it has what the stack says; nothing is changed.

    Exit status 2 if it has something else, 1 if that can't be told.
    """
    from crosscloud.drift.command import run

    if run(stack_of(name, stack), rehearsed=rehearsal, issue=issue):
        raise typer.Exit(DRIFTED)
