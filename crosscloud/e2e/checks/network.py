"""Pods reach each other across nodes, and a service, over TCP (HTTP) and UDP."""

from typing import Any

from crosscloud.e2e import manifests
from crosscloud.e2e.bench import Bench, Probe, Services
from crosscloud.e2e.checks.questions import brief
from crosscloud.e2e.cluster import items
from crosscloud.e2e.model import Check, Context, NotYet
from crosscloud.e2e.parallel import each
from crosscloud.problems import counted

#: How often each probe calls the service, each time on a new connection, so that it is likely to be sent to every pod.
CALLS = 4
#: Milliseconds for one answer: within a healthy cluster it takes one or two.
TIMEOUT_MS = 2000


def run(context: Context) -> list[str]:
    """Let every node's probe call every other node's, and the service, and compare who answered."""
    nodes = [node["metadata"]["name"] for node in linux_nodes(context)]
    probes = context.bench.probes(context.deadline, nodes)
    services = context.bench.services(context.deadline)
    return context.deadline.until(lambda: exchange(context.bench, probes, services))


def linux_nodes(context: Context) -> list[dict[str, Any]]:
    """Return the nodes that a probe can run on."""
    nodes = context.deadline.until(lambda: items(context.api, "/api/v1/nodes", labelSelector="kubernetes.io/os=linux"))
    if not nodes:
        raise NotYet("the cluster has no Linux node")
    return nodes


def exchange(bench: Bench, probes: list[Probe], services: Services) -> list[str]:
    """Make all calls once; return what was seen or raise ``NotYet`` with each call that went wrong."""
    reports = each(lambda probe: bench.ask(probe, plan(probe, probes, services)), probes)
    problems = [p for probe, report in zip(probes, reports, strict=True) for p in judge(probe, probes, report)]
    if problems:
        raise NotYet("\n".join(problems))
    return describe(probes, services)


def plan(probe: Probe, probes: list[Probe], services: Services) -> list[dict[str, Any]]:
    """Return the calls of one probe: each pod on another node (its own if there is no other), and the service."""
    peers = [other for other in probes if other != probe] or [probe]
    calls = [(kind, f"{peer.address}:{manifests.PROBE_PORT}", peer.name) for peer in peers for kind in ("http", "udp")]
    for turn in range(CALLS):
        calls.append(("http", f"{services.address}:{manifests.HTTP_PORT}", f"service {turn}"))
        calls.append(("udp", f"{services.address}:{manifests.ECHO_PORT}", f"service {turn}"))
    return [
        {"id": f"{kind} {whom}", "kind": kind, "target": target, "timeout_ms": TIMEOUT_MS}
        for kind, target, whom in calls
    ]


def judge(probe: Probe, probes: list[Probe], report: dict[str, Any]) -> list[str]:
    """Return a line for each call that was not answered, or by another pod than the one that was called."""
    by_name = {other.name: other for other in probes}
    problems = []
    for call, result in report["results"].items():
        kind, _, whom = call.partition(" ")
        answered, _, echoed = result.get("body", "").partition(" ")
        where = f"{kind.upper()} from {probe.node} to "
        where += f"the pod on {by_name[whom].node}" if whom in by_name else "the service"
        if result.get("error"):
            problems.append(f"{where}: {brief(result['error'])}")
        elif answered not in ({whom} if whom in by_name else set(by_name)) or (kind == "udp" and echoed != call):
            problems.append(f"{where}: answered by {result.get('body', '')!r}")
    # A service that fails does so each time; once is enough to read.
    return list(dict.fromkeys(problems))


def describe(probes: list[Probe], services: Services) -> list[str]:
    """Return what was seen; a single node has no other, and this says so."""
    pairs = len(probes) * (len(probes) - 1)
    ways = f"{counted(len(probes), 'node')}, {counted(pairs, 'direction')} between pods"
    if len(probes) == 1:
        ways = "1 node, so nothing to cross: its pod reached itself"
    return [f"{ways}, and the service at {services.address}, over HTTP and UDP"]


CHECK = Check("network", "A pod on each node reaches the pods of the other nodes and a service", run, probes=True)
