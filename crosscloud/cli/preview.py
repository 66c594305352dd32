"""``crosscloud preview``: what a change would do to a stack, on the terminal and as files for a merge request."""

from pathlib import Path
from typing import Annotated

import typer

from crosscloud.cli.options import StackArgument, StackName, stack_of


def preview(  # noqa: PLR0913, PLR0917 - each is an option of the command
    name: StackArgument = None,
    stack: StackName = "local",
    rehearsal: Annotated[
        bool, typer.Option("--rehearsal", help="Preview the rehearsal of the stack: the cloud is simulated.")
    ] = False,
    sizes: Annotated[
        bool, typer.Option("--full-size", help="Rehearse as many machines as the stack's file says.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="The folder for note.md, widget.json, …", show_default=".crosscloud/previews"
        ),
    ] = None,
    policies: Annotated[bool, typer.Option("--policies/--no-policies", help="Ask the policies of policy/.")] = True,
    full: Annotated[bool, typer.Option("--full", help="Show every line of the difference.")] = False,
) -> None:
    """Show what `up` would change, and write it down for a merge request; nothing is changed and no lock is taken.

    Exit status 1 if the preview fails or a mandatory policy is broken; the files are written then, too.
    """
    from rich.console import Console

    from crosscloud import paths
    from crosscloud.errors import CrosscloudError
    from crosscloud.preview import command, files, terminal
    from crosscloud.stacks.pulumi import Stack

    chosen = stack_of(name, stack)
    folder = (output or paths.home() / "previews") / chosen
    policy = paths.POLICY if policies else None
    try:
        found, review = command.preview(chosen, rehearsed=rehearsal, full_size=sizes, policy=policy)
    except CrosscloudError as error:
        if Stack(chosen).file.exists():  # the note of an earlier push must not stand as if it were this one's
            files.write(folder, command.refused(chosen, error, rehearsed=rehearsal), None)
        raise
    files.write(folder, found, review)
    console = Console(highlight=False, soft_wrap=True)
    terminal.show(found, console, full=full)
    console.print(f"note, widget and the whole difference: {folder}", style="dim", markup=False)
    if found.failed or found.errors or found.mandatory:
        raise typer.Exit(1)
