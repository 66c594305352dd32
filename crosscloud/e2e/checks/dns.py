"""CoreDNS of the release answers for services and pods that the check made itself, from inside the cluster."""

from dataclasses import dataclass
from typing import Any

from crosscloud.e2e.bench import Probe, Services
from crosscloud.e2e.checks import questions
from crosscloud.e2e.checks.network import linux_nodes
from crosscloud.e2e.checks.questions import Question
from crosscloud.e2e.cluster import items
from crosscloud.e2e.model import Check, Context, Failed, NotYet
from crosscloud.e2e.parallel import each
from crosscloud.e2e.pods import is_ready
from crosscloud.e2e.running import image_name
from crosscloud.problems import counted

#: Milliseconds for one answer.
TIMEOUT_MS = 2000
#: Both, since a resolver falls back to TCP for what does not fit a datagram.
TRANSPORTS = ("udp", "tcp")
DNS_PORT = 53


@dataclass(frozen=True)
class Servers:
    """Who is asked: what the kubelet wrote into the pods' resolver, and the service of the release's CoreDNS."""

    addresses: list[str]
    domain: str


def run(context: Context) -> list[str]:
    """Ask every server every question over both transports from every node that is Ready."""
    nodes = [node["metadata"]["name"] for node in linux_nodes(context) if is_ready(node)]
    probes = context.bench.probes(context.deadline, nodes)
    if not probes:
        raise Failed("no node is Ready, so there is nowhere to ask from")
    services = context.bench.services(context.deadline)
    servers = context.deadline.until(lambda: find_servers(context, probes[0]))
    return context.deadline.until(lambda: ask_all(context, probes, services, servers))


def find_servers(context: Context, probe: Probe) -> Servers:
    """Return the pods' resolver and the service that the release's CoreDNS stands behind, with the cluster's domain."""
    report = context.bench.ask(probe, [])
    domain = questions.cluster_domain(report["search"] or [], context.bench.namespace)
    if domain is None:
        raise Failed(f"the pods' resolver searches {report['search']}: there is no cluster domain among them")
    own = coredns_services(context)
    if not own:
        raise NotYet(f"no service on port {DNS_PORT} stands before a pod of {context.release.coredns.image}")
    return Servers(list(dict.fromkeys([*(report["nameservers"] or []), *own])), domain)


def coredns_services(context: Context) -> list[str]:
    """Return the addresses of the services on port 53 whose selector finds pods of the release's CoreDNS."""
    pods = [pod for pod in items(context.api, "/api/v1/pods") if runs(pod, context.release.coredns.image)]
    return [
        service["spec"]["clusterIP"]
        for service in items(context.api, "/api/v1/services")
        if service["spec"].get("clusterIP", "None") != "None"
        and any(port["port"] == DNS_PORT for port in service["spec"].get("ports", []))
        and any(selects(service, pod) for pod in pods)
    ]


def runs(pod: dict[str, Any], image: str) -> bool:
    """Say whether one of the pod's containers is of the image called ``image``, whatever its tag."""
    return any(image_name(container["image"]) == image for container in pod["spec"]["containers"])


def selects(service: dict[str, Any], pod: dict[str, Any]) -> bool:
    """Say whether the service's selector finds the pod; a service without a selector finds none."""
    selector = service["spec"].get("selector") or {}
    labels = pod["metadata"].get("labels") or {}
    same_namespace = service["metadata"]["namespace"] == pod["metadata"]["namespace"]
    return same_namespace and bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def ask_all(context: Context, probes: list[Probe], services: Services, servers: Servers) -> list[str]:
    """Ask everything once; return what was seen or raise ``NotYet`` with each wrong answer."""
    asked = questions.about(services, [probe.address for probe in probes], servers.domain)
    plan = requests(asked, servers.addresses)
    reports = each(lambda probe: context.bench.ask(probe, plan), probes)
    problems = [
        problem
        for probe, report in zip(probes, reports, strict=True)
        for problem in judge(asked, servers.addresses, report["results"], probe.node)
    ]
    if problems:
        raise NotYet("\n".join(problems))
    kinds = ", ".join(question.kind for question in asked)
    return [
        f"{', '.join(servers.addresses)} answered {counted(len(plan) * len(probes), 'question')} of "
        f"{counted(len(probes), 'node')} rightly, over UDP and TCP: {kinds}"
    ]


def requests(asked: list[Question], addresses: list[str]) -> list[dict[str, Any]]:
    """Return a probe's plan: each question to each server over each transport."""
    return [
        {
            "id": f"{address} {transport} {question.kind}",
            "kind": "dns",
            "target": f"[{address}]:{DNS_PORT}" if ":" in address else f"{address}:{DNS_PORT}",
            "network": transport,
            "name": question.name,
            "type": question.type,
            "timeout_ms": TIMEOUT_MS,
        }
        for address in addresses
        for transport in TRANSPORTS
        for question in asked
    ]


def judge(asked: list[Question], addresses: list[str], results: dict[str, Any], node: str) -> list[str]:
    """Return a line for each thing that is wrong with a server's answers to a node over a transport."""
    problems = []
    for address in addresses:
        for transport in TRANSPORTS:
            wrong: dict[str, list[Question]] = {}
            for question in asked:
                why = question.wrong(results[f"{address} {transport} {question.kind}"])
                wrong.setdefault(why, []).append(question)
            to = f"from {node} to {address} over {transport.upper()}"
            problems += [f"{_named(found, asked)} {to}: {why}" for why, found in wrong.items() if why]
    return problems


def _named(found: list[Question], asked: list[Question]) -> str:
    if len(found) == len(asked):
        return "all questions"
    return ", ".join(question.kind for question in found) if len(found) > 1 else f"{found[0].kind} ({found[0].name})"


CHECK = Check("dns", "CoreDNS answers for services and pods, from inside the cluster", run, probes=True)
