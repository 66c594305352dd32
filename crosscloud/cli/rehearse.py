"""``crosscloud rehearse``: the command's options."""

from typing import Annotated

import typer

from crosscloud.cli.options import StackArgument, StackName, stack_of


def rehearse(  # noqa: PLR0913, PLR0917 - each is an option of the command
    name: StackArgument = None,
    stack: StackName = "local",
    fault: Annotated[
        str | None,
        typer.Option(
            help="What goes wrong in a first `up`, before the same without it: no-capacity[=ZONE], api-error, no-boot, "
            "slow-load-balancer or engine-crash."
        ),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave it up at the end, and say how to look at it.")] = False,
    down: Annotated[
        bool, typer.Option("--down", help="Take down the rehearsal that was kept, and do no more.")
    ] = False,
    machines: Annotated[
        bool, typer.Option("--machines/--no-machines", help="Boot real machines; without them there is no cluster.")
    ] = True,
    full: Annotated[
        bool, typer.Option("--full", "--full-size", help="As many machines as the stack's file says.")
    ] = False,
    control_planes: Annotated[
        int | None, typer.Option(min=1, help="How many control planes.", show_default="1")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="How many workers.", show_default="1")] = None,
) -> None:
    """Run a cloud's stack with the cloud's API simulated and its machines real, check it, and take it down again.

    The rehearsal has a state of its own and gets no credentials: it can't touch anything in a cloud.
    """
    from crosscloud.rehearsal import faults
    from crosscloud.rehearsal.down import down as take_down
    from crosscloud.rehearsal.project import Sizes
    from crosscloud.rehearsal.run import Wishes
    from crosscloud.rehearsal.run import rehearse as run

    chosen = stack_of(name, stack)
    if down:
        take_down(chosen)
        return
    few = None if full else 1
    sizes = Sizes(control_planes or few, workers or few)
    run(chosen, Wishes(sizes, faults.parse(fault) if fault else None, keep, machines))
