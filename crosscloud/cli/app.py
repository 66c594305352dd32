"""The command's entry: its sub-commands, and how expected failures are shown."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from crosscloud import container
from crosscloud.artifacts.commands import app as artifacts
from crosscloud.cli.cell import app as cell
from crosscloud.cli.config import app as config
from crosscloud.cli.doctor import doctor
from crosscloud.cli.drift import drift
from crosscloud.cli.history import history
from crosscloud.cli.note import note
from crosscloud.cli.options import StackArgument, StackName, stack_of
from crosscloud.cli.preview import preview
from crosscloud.cli.rehearse import rehearse
from crosscloud.cli.report import report
from crosscloud.cli.review import app as review
from crosscloud.cli.touched import touched
from crosscloud.cli.unlock import unlock
from crosscloud.e2e.commands import e2e
from crosscloud.errors import CrosscloudError

app = typer.Typer(
    help="Builds, deploys and tests CNCF projects on every cloud.", no_args_is_help=True, pretty_exceptions_enable=False
)
app.add_typer(artifacts)
app.add_typer(config)
app.add_typer(review)
app.add_typer(cell)
app.command()(e2e)
app.command()(doctor)
app.command()(history)
app.command()(drift)
app.command()(note)
app.command()(preview)
app.command()(rehearse)
app.command()(report)
app.command()(touched)
app.command()(unlock)


@app.command()
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


@app.command()
def check(name: StackArgument = None, stack: StackName = "local") -> None:
    """Run the e2e checks against the cluster of a stack that is up."""
    from crosscloud.stacks.up import check as check_again

    check_again(stack_of(name, stack))


@app.command()
def down(name: StackArgument = None, stack: StackName = "local") -> None:
    """Take the stack away; only caches stay."""
    from crosscloud.stacks.down import down as take_down

    take_down(stack_of(name, stack))


@app.command()
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

    start(stack_of(name, stack))


@app.command()
def env(name: StackArgument = None, stack: StackName = "local") -> None:
    """Print the variables of that shell, to be read by `eval`."""
    from crosscloud.cli.shell import exports

    print(exports(stack_of(name, stack)), end="")


def main() -> None:
    """Run the command; an expected failure is its message and an exit status, not a traceback."""
    try:
        container.prepare_project()
        app()
    except CrosscloudError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
