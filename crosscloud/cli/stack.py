"""The commands that bring one stack up, look at it and take it down."""

from pathlib import Path
from typing import Annotated

import typer

from crosscloud.cli.options import StackArgument, StackName, stack_of


def up(
    name: StackArgument = None,
    stack: StackName = "local",
    checks: Annotated[bool, typer.Option("--check/--no-check", help="Run the e2e checks against the cluster.")] = True,
    review: Annotated[
        Path | None,
        typer.Option(help="Apply what this review is of (preview's review.json), and refuse anything else."),
    ] = None,
    policies: Annotated[
        bool, typer.Option("--policies/--no-policies", help="Hold what is made to the policy pack (docs/policies.md).")
    ] = True,
) -> None:
    """Build what the stack needs, bring it up, check it, and say what there is."""
    from crosscloud.stacks.up import up as bring_up

    if review and not policies:
        raise typer.BadParameter("what was reviewed was held to the policies: --review goes without --no-policies")
    bring_up(stack_of(name, stack), checks=checks, review=review, policies=policies)


def check(name: StackArgument = None, stack: StackName = "local") -> None:
    """Run the e2e checks against the cluster of a stack that is up."""
    from crosscloud.stacks.up import check as check_again

    check_again(stack_of(name, stack))


def down(name: StackArgument = None, stack: StackName = "local") -> None:
    """Take the stack away; only caches stay."""
    from crosscloud.stacks.down import down as take_down

    take_down(stack_of(name, stack))


def shell(
    name: StackArgument = None,
    stack: StackName = "local",
    rehearsal: Annotated[
        bool, typer.Option("--rehearsal", help="For the rehearsal of the stack that was kept.")
    ] = False,
) -> None:
    """Start a shell in which pulumi, kubectl and helm are set up for the stack."""
    if rehearsal:
        from crosscloud.rehearsal.shell import start as start_in_rehearsal

        start_in_rehearsal(stack_of(name, stack))
    from crosscloud.cli.shell import start

    start(_known(stack_of(name, stack)))


def env(name: StackArgument = None, stack: StackName = "local") -> None:
    """Print the variables of that shell, to be read by `eval`."""
    from crosscloud.cli.shell import exports

    print(exports(_known(stack_of(name, stack))), end="")


def _known(name: str) -> str:
    from crosscloud.stacks.pulumi import Stack
    from crosscloud.stacks.up import ensure_known

    ensure_known(Stack(name))
    return name
