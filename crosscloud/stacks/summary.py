"""What the user has after ``up``: nodes, versions, images, and how to reach them."""

from pathlib import Path
from typing import Any

from crosscloud import container, provenance, release


def show(name: str, outputs: dict[str, Any], release_file: Path, kubeconfig: Path, seconds: float) -> None:
    """Print the summary of a stack; it holds no secret."""
    from rich.console import Console

    console = Console(highlight=False)
    console.print()
    console.print(f"[bold green]{outputs['clusterName']} is up[/] ({seconds:.0f} s): {outputs['endpoint']}")
    console.print(nodes(outputs["nodes"]))
    console.print(images(release_file))
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


def images(release_file: Path) -> Any:
    """Return the table of a release's images, with where they come from if that is known."""
    sources = provenance.load(release_file, lambda _: None)  # the program has warned of what is not believed
    table = _table("image", "tag", "digest", *(["from"] if sources else []))
    for name, image in release.load(release_file):
        source = [provenance.told(sources[name])] if name in sources else []
        table.add_row(name.replace("_", "-"), image.tag, (image.digest or "not known")[:19], *source)
    return table
