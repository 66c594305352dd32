"""Every node is Ready, and Kubernetes is the release's."""

from collections.abc import Mapping
from typing import Any

from crosscloud.e2e.cluster import items
from crosscloud.e2e.model import Check, Context, Failed, NotYet
from crosscloud.e2e.pods import CONTROL_PLANE, why_node_not_ready
from crosscloud.problems import counted


def run(context: Context) -> list[str]:
    """Compare each kubelet's and the API server's version with the release's, and wait for every node to be Ready."""
    expected = None if context.options.managed_kubernetes else context.release.kubernetes.version
    server = context.deadline.until(lambda: context.api.get("/version"))["gitVersion"]
    nodes = context.deadline.until(lambda: ready_nodes(items(context.api, "/api/v1/nodes"), context.options.nodes))
    if expected:
        problems = wrong_versions(expected, server, nodes)
        if problems:
            raise Failed("\n".join(problems))
    return describe(server, nodes, asked=context.release.kubernetes.version, managed=expected is None)


def ready_nodes(nodes: list[dict[str, Any]], wanted: int | None) -> list[dict[str, Any]]:
    """Return the nodes if all are Ready and as many as ``wanted``; else say of each what keeps it."""
    problems = [f"node {node['metadata']['name']} is {why_node_not_ready(node)}" for node in nodes]
    problems = [problem for node, problem in zip(nodes, problems, strict=True) if why_node_not_ready(node)]
    if not nodes:
        problems.append("the cluster has no node")
    elif wanted is not None and len(nodes) != wanted:
        problems.append(f"the cluster has {counted(len(nodes), 'node')}, {wanted} are expected")
    if problems:
        raise NotYet("\n".join(problems))
    return nodes


def wrong_versions(expected: str, server: str, nodes: list[dict[str, Any]]) -> list[str]:
    """Return a line for each part of Kubernetes whose version is not ``expected`` (``1.37.2``)."""
    found = {"the API server": server, **{f"the kubelet of {n['metadata']['name']}": kubelet(n) for n in nodes}}
    return [
        f"{part} is {version}, the release names v{expected}"
        for part, version in found.items()
        if version.removeprefix("v").partition("+")[0] != expected
    ]


def kubelet(node: Mapping[str, Any]) -> str:
    """Return the version that a node's kubelet says it is."""
    return str(node["status"]["nodeInfo"]["kubeletVersion"])


def describe(server: str, nodes: list[dict[str, Any]], *, asked: str | None, managed: bool) -> list[str]:
    """Return what was seen: how many nodes, of which role, and which version."""
    planes = sum(CONTROL_PLANE in (node["metadata"].get("labels") or {}) for node in nodes)
    roles = f" ({counted(planes, 'control plane')})" if planes else ""
    seen = [f"{counted(len(nodes), 'node')} Ready{roles}, Kubernetes {server}"]
    if managed:
        kubelets = ", ".join(sorted({kubelet(node) for node in nodes}))
        seen.append(f"managed: kubelets {kubelets}; the release asked for {asked or 'no version'}, not compared")
    elif asked is None:
        seen.append("the release's Kubernetes tag names no version: the images check tells whether it is the one")
    return seen


CHECK = Check("nodes", "Every node is Ready at the release's Kubernetes version", run)
