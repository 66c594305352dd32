"""node-exporter's metrics of every node are there, and they are of that node."""

from collections.abc import Mapping
from typing import Any

from crosscloud.e2e import monitoring
from crosscloud.e2e.checks.network import linux_nodes
from crosscloud.e2e.model import Check, Context, Failed, NotYet
from crosscloud.problems import counted

#: Each says something that only a working exporter knows: who the node is, and that it sees processors and memory.
UNAME, CPUS, MEMORY = (
    "node_uname_info",
    "count by (instance) (node_cpu_seconds_total{mode='idle'})",
    "node_memory_MemTotal_bytes",
)
BUILD = "node_exporter_build_info"


def run(context: Context) -> list[str]:
    """Wait for every node's metrics, then compare node-exporter's version with the release's."""
    nodes = linux_nodes(context)
    context.deadline.until(lambda: present(context, nodes))
    versions = sorted({sample["metric"].get("version", "") for sample in monitoring.query(context.api, BUILD)})
    wanted = context.release.node_exporter.version
    if wanted and versions != [wanted]:
        raise Failed(f"node-exporter says that it is {', '.join(versions) or 'nothing'}, the release names {wanted}")
    return [f"node-exporter {', '.join(versions)} tells of {counted(len(nodes), 'node')}: name, processors, memory"]


def present(context: Context, nodes: list[dict[str, Any]]) -> None:
    """Look once whether each node's metrics are there."""
    series = {expression: by_host(monitoring.query(context.api, expression)) for expression in (UNAME, CPUS, MEMORY)}
    problems = [problem for node in nodes for problem in lacking(node, series)]
    if problems:
        raise NotYet("\n".join(problems))


def by_host(samples: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the samples by the host of their ``instance`` label (``192.0.2.1:9100``)."""
    return {sample["metric"].get("instance", "").rpartition(":")[0].strip("[]"): sample for sample in samples}


def lacking(node: Mapping[str, Any], series: Mapping[str, Mapping[str, dict[str, Any]]]) -> list[str]:
    """Return a line for each metric that is missing for the node, or that is another machine's."""
    name = node["metadata"]["name"]
    hosts = {address["address"] for address in node["status"]["addresses"]}
    problems = []
    for expression, samples in series.items():
        sample = next((found for host, found in samples.items() if host in hosts), None)
        if sample is None:
            problems.append(f"{expression} has no series for node {name}")
        elif expression == UNAME and not same_host(sample["metric"].get("nodename", ""), node):
            problems.append(f"{expression} for node {name} is of host {sample['metric'].get('nodename')!r}")
        elif float(sample["value"][1]) <= 0:
            problems.append(f"{expression} is {sample['value'][1]} for node {name}")
    return problems


def same_host(nodename: str, node: Mapping[str, Any]) -> bool:
    """Say whether ``nodename`` (what uname says) is the node: its host name, in short or with a domain."""
    names = {node["metadata"]["name"], (node["metadata"].get("labels") or {}).get("kubernetes.io/hostname", "")}
    names |= {a["address"] for a in node["status"]["addresses"] if a["type"] in ("Hostname", "InternalDNS")}
    return nodename.partition(".")[0] in {name.partition(".")[0] for name in names}


CHECK = Check("node-exporter", "node-exporter's metrics of every node are there", run)
