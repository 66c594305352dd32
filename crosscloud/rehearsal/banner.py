"""What a rehearsal says of itself at the top and at the bottom of all that it prints."""

from typing import Any

from crosscloud.problems import counted
from crosscloud.rehearsal.faults import Fault
from crosscloud.rehearsal.project import Prepared


def top(prepared: Prepared, fault: Fault | None, *, machines: bool) -> None:
    """Say what is simulated and what is real, how large it is, and what will go wrong on request."""
    config, simulation = prepared.config, prepared.simulation
    real = "the engine, the program, the machines (on this host, from the cloud's user-data), Kubernetes, helm"
    rows = [
        ("stack", f"{prepared.stack.name} on {simulation.cloud}, from your Pulumi.{prepared.stack.name}.yaml"),
        ("simulated", f"the API of {simulation.cloud}: no account is asked, nothing costs"),
        ("real", real if machines else "the engine and the program; no machine is booted, so there is no cluster"),
        ("machines", _machines(config)),
        *[("adapted", line) for line in prepared.adapted],
    ]
    if fault:
        rows.append(("fault", f"{fault.says}; then the same again without it"))
    _panel(rows, "yellow")


def bottom(stack: str, result: str, seconds: float, *, passed: bool, left: list[tuple[str, str]]) -> None:
    """Say how the rehearsal ended, and what is left of it."""
    rows = [("stack", stack), ("result", f"{result} ({seconds:.0f} s)"), *left]
    _panel(rows, "green" if passed else "red")


def _machines(config: Any) -> str:
    control_planes = getattr(getattr(config, "control_planes", None), "count", 0)
    workers = config.workers.count
    parts = [
        counted(control_planes, "control plane") if control_planes else "the cloud's own control plane",
        counted(workers, "worker"),
    ]
    return f"{' and '.join(parts)}"


def _panel(rows: list[tuple[str, str]], colour: str) -> None:
    from rich.console import Console
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in rows:
        grid.add_row(Text(name, style="dim"), Text(text))
    console = Console(highlight=False)
    console.print()
    console.print(Panel(grid, title="[bold]REHEARSAL[/]", title_align="left", border_style=colour))
