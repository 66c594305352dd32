"""What the user has after ``up``: nodes, versions, images, and how to reach them."""

from pathlib import Path
from typing import Any

from crosscloud import container, provenance
from crosscloud.reference import parse


def show(name: str, outputs: dict[str, Any], kubeconfig: Path, seconds: float) -> None:
    """Print the summary of a stack; it holds no secret."""
    from rich.console import Console

    console = Console(highlight=False)
    console.print()
    console.print(f"[bold green]{outputs['clusterName']} is up[/] ({seconds:.0f} s): {outputs['endpoint']}")
    console.print(nodes(outputs["nodes"]))
    console.print(images(outputs))
    console.print(_ways_in(name, kubeconfig), soft_wrap=True)


def _ways_in(name: str, kubeconfig: Path) -> str:
    if container.active():
        return container.ways_in(name, kubeconfig)
    stack = "" if name == "local" else f" STACK={name}"
    return f"""\
kubeconfig    {kubeconfig}
a shell       make shell{stack}    with kubectl, helm and pulumi set up for this stack
Prometheus    in that shell: kubectl -n monitoring port-forward service/prometheus-server 9090:80
              and open http://localhost:9090
check again   make e2e{stack}
take down     make down{stack}"""


def _table(*headings: str) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def nodes(listed: list[dict[str, str]]) -> Any:
    """Return the table of a cluster's nodes."""
    table = _table("node", "role", "address", "Kubernetes")
    for node in listed:
        table.add_row(node["name"], node["role"], node["address"], node["version"])
    return table


def images(outputs: dict[str, Any]) -> Any:
    """Return the table of the images that were deployed, with where they come from if that is known.

    The stack knows them: the file of the release may have changed while it came up.
    """
    from crosscloud.runs.record import Source

    sources = {name: Source.model_validate(told) for name, told in outputs["releaseSources"].items()}
    table = _table("image", "tag", "digest", *(["from"] if sources else []))
    for name, tag in outputs["releaseTags"].items():
        image = parse(outputs["release"][name])
        digest = (image and image.digest) or "not known"
        source = [provenance.told(sources[name])] if name in sources else []
        table.add_row(name.replace("_", "-"), tag, digest[:19], *source)
    return table
