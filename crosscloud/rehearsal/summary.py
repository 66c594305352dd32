"""What there is of a rehearsal that is up, and how to look at it."""

from collections.abc import Mapping
from typing import Any

from crosscloud.rehearsal.project import Prepared
from crosscloud.stacks import summary
from crosscloud.stacks.files import kubeconfig_file


def show(outputs: Mapping[str, Any]) -> None:
    """Print the cluster's API and nodes."""
    from rich.console import Console

    console = Console(highlight=False)
    console.print(f"\n{outputs['clusterName']} answers at {outputs['endpoint']}")
    console.print(summary.nodes(outputs["nodes"]))


def ways_in(prepared: Prepared) -> list[tuple[str, str]]:
    """Say how to look at a rehearsal that is kept, and how to take it down."""
    stack = prepared.stack
    command = f"crosscloud rehearse --stack {stack.name}"
    rows = [
        ("state", str(stack.workspace.home)),
        ("a shell", f"crosscloud shell --rehearsal --stack {stack.name}"),
        ("go on", f"{command} --keep, which takes your stack's file as it is then"),
        ("take down", f"{command} --down"),
    ]
    config = kubeconfig_file(stack.name, stack.workspace)
    if config.exists():
        rows.insert(1, ("kubeconfig", str(config)))
    return rows
