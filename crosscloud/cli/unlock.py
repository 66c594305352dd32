"""``crosscloud unlock``: giving up a lock that a run left behind, with the reasons."""

from collections.abc import Iterable
from typing import Annotated

import typer

from crosscloud.cli.options import StackArgument, StackName, stack_of


def unlock(
    name: StackArgument = None,
    stack: StackName = "local",
    force: Annotated[
        bool, typer.Option("--force", help="You have looked, and the run that holds the lock is dead.")
    ] = False,
) -> None:
    """Give up the stack's lock if its holder is dead, and finish what that had begun.

    A holder that is known to live keeps it, whatever is said.
    """
    from crosscloud.stacks import recovery
    from crosscloud.stacks.pulumi import Stack
    from crosscloud.stacks.up import ensure_known

    found = Stack(stack_of(name, stack))
    if not found.exists():
        ensure_known(found)
        print(f"stack {found.name} is not up, so it has no lock")
        return
    given_up = recovery.unlock(found, force=force)
    _say(given_up)  # now: what comes next may fail
    finished = recovery.recover(found)
    _say(finished)
    if not given_up and not finished:
        print(f"stack {found.name} has no lock, and nothing to finish")


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, flush=True)
