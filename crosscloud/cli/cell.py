"""``crosscloud cell``: the jobs of the release pipeline, one command a stage."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from crosscloud.cli.options import StackName

app = typer.Typer(name="cell", help="A stack at a channel: made, tested and destroyed apart.", no_args_is_help=True)

ChannelName = Annotated[str, typer.Option("--channel", "-c", envvar="CHANNEL", help="stable, head or alpha.")]
Release = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads it
    typer.Option(help="The images under test.", show_default="what the cell has, else the stack's own releaseFile"),
]
Rehearse = Annotated[
    bool, typer.Option("--rehearse", help="Simulate the cloud; so does $CROSSCLOUD_REHEARSE, a list of stacks.")
]
Fault = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(help="What goes wrong on purpose: chart, and in a rehearsal no-boot, no-capacity, api-error."),
]


@app.command("list")
def list_cells(
    stacks: Annotated[str, typer.Option(envvar="STACKS", help="The stacks, separated by spaces.")],
    channels: Annotated[str, typer.Option(envvar="CHANNELS", help="The channels.")] = "stable head alpha",
    rehearsed: Annotated[str, typer.Option(envvar="CROSSCLOUD_REHEARSE", help="Those whose cloud is simulated.")] = "",
) -> None:
    """Print the cells of stacks at channels, one a line; fails if there is no such stack or channel."""
    from crosscloud.cells.asked import cells

    for each in cells(stacks, channels, rehearsed):
        print(f"{each.name:<18}{'its cloud is simulated' if each.rehearsed else ''}".rstrip())


@app.command()
def cluster(
    stack: StackName, channel: ChannelName, release: Release = None, rehearse: Rehearse = False, fault: Fault = None
) -> None:
    """Make the cell's cluster anew, with nothing deployed into it yet; one that is there is destroyed first."""
    from crosscloud.cells import faults, stages
    from crosscloud.cells.cell import named

    cell = named(stack, channel, rehearse=rehearse)
    raise typer.Exit(stages.cluster(cell, release, faults.asked(cell, fault)))


@app.command()
def project(
    stack: StackName, channel: ChannelName, release: Release = None, rehearse: Rehearse = False, fault: Fault = None
) -> None:
    """Deploy the release's projects into the cell's cluster."""
    from crosscloud.cells import faults, stages
    from crosscloud.cells.cell import named

    cell = named(stack, channel, rehearse=rehearse)
    raise typer.Exit(stages.project(cell, release, faults.asked(cell, fault)))


@app.command("test")
def check(stack: StackName, channel: ChannelName, release: Release = None, rehearse: Rehearse = False) -> None:
    """Run the e2e checks against the cell's cluster; the JUnit report goes into the run's folder."""
    from crosscloud.cells import stages
    from crosscloud.cells.cell import named

    raise typer.Exit(stages.check(named(stack, channel, rehearse=rehearse), release))


@app.command()
def destroy(stack: StackName, channel: ChannelName, rehearse: Rehearse = False) -> None:
    """Destroy the cell, whatever came before; fails if anything of it is left."""
    from crosscloud.cells.cell import named
    from crosscloud.cells.destroy import destroy as take_down

    raise typer.Exit(take_down(named(stack, channel, rehearse=rehearse)))
