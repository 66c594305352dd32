"""What Prometheus should scrape, derived from the cluster itself, and which of its targets does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from crosscloud.e2e.cluster import Api, items
from crosscloud.e2e.model import NotYet
from crosscloud.e2e.monitoring import alertmanager_service, pods_of, prometheus_service
from crosscloud.e2e.pods import name

#: Metrics ports of what a release deploys, as the projects document them.
PORTS = {"coredns": 9153, "node-exporter": 9100, "alertmanager": 9093, "prometheus": 9090}


@dataclass(frozen=True)
class Expected:
    """Something that has to be scraped: at ``address`` (``host:port``), or as the node ``node``'s kubelet."""

    what: str
    address: str = ""
    node: str = ""

    def matches(self, target: Mapping[str, Any]) -> bool:
        """Say whether a target of Prometheus is this one."""
        found = target.get("discoveredLabels") or {}
        if self.node:
            # Only service discovery of role "node" gives this label; a scrape may go through the API server.
            return bool(found.get("__meta_kubernetes_node_name") == self.node)
        return scraped_address(target) == self.address


def scraped_address(target: Mapping[str, Any]) -> str:
    """Return the ``host:port`` that a target is scraped at, with the scheme's default port written out."""
    url = urlsplit(str(target["scrapeUrl"]))
    return join(url.hostname or "", url.port or (443 if url.scheme == "https" else 80))


def join(host: str, port: int) -> str:
    """Return ``host:port``, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def expected(api: Api, coredns_pods: list[dict[str, Any]]) -> list[Expected]:
    """Return what has to be scraped: nodes, node-exporters, API servers, CoreDNS, Alertmanager, Prometheus itself."""
    nodes = items(api, "/api/v1/nodes", labelSelector="kubernetes.io/os=linux")
    return [
        *(Expected(f"kubelet of {node['metadata']['name']}", node=node["metadata"]["name"]) for node in nodes),
        *(_node_exporter(node) for node in nodes),
        *_api_servers(api),
        *_pods("CoreDNS", coredns_pods, PORTS["coredns"]),
        *_pods("Alertmanager", pods_of(api, alertmanager_service(api)), PORTS["alertmanager"]),
        *_prometheus(api),
    ]


def missing(wanted: list[Expected], targets: list[dict[str, Any]]) -> list[str]:
    """Return a line for each expected thing that no target scrapes, and for each target that is not up."""
    problems = [
        f"no target for {thing.what}{f' at {thing.address}' if thing.address else ''}"
        for thing in wanted
        if not any(thing.matches(target) for target in targets)
    ]
    for target in targets:
        if target["health"] != "up":
            job = target["labels"].get("job", "?")
            reason = target.get("lastError") or "not scraped yet"
            problems.append(f"target {scraped_address(target)} of job {job} is {target['health']}: {reason}")
    return problems


def _node_exporter(node: Mapping[str, Any]) -> Expected:
    internal = next((a["address"] for a in node["status"]["addresses"] if a["type"] == "InternalIP"), "")
    return Expected(f"node-exporter on {node['metadata']['name']}", join(internal, PORTS["node-exporter"]))


def _api_servers(api: Api) -> list[Expected]:
    path = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
    slices = items(api, path, labelSelector="kubernetes.io/service-name=kubernetes")
    return [
        Expected("the API server", join(address, port["port"]))
        for one in slices
        for endpoint in one["endpoints"]
        for address in endpoint["addresses"]
        for port in one["ports"]
    ]


def _pods(what: str, pods: list[dict[str, Any]], port: int) -> list[Expected]:
    """Return what to expect of a project's pods; there has to be one, or nothing would be expected of it."""
    staying = [pod for pod in pods if not pod["metadata"].get("deletionTimestamp")]
    if not staying:
        raise NotYet(f"there is no pod of {what} to scrape")
    return [Expected(f"{what} pod {name(pod)}", join(pod["status"].get("podIP", ""), port)) for pod in staying]


class _Itself(Expected):
    """Prometheus itself, which it may know by the name localhost."""

    def matches(self, target: Mapping[str, Any]) -> bool:
        return scraped_address(target) in (self.address, f"localhost:{PORTS['prometheus']}")


def _prometheus(api: Api) -> list[Expected]:
    pods = _pods("Prometheus", pods_of(api, prometheus_service(api)), PORTS["prometheus"])
    return [_Itself(one.what, one.address) for one in pods]
