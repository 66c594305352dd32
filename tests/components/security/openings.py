"""Who may reach which ports: the clouds' packet filters in one form."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from tests.components.security.program import Made, Program

ALL_PORTS = (0, 65535)


@dataclass(frozen=True)
class Opening:
    """A network (or a cloud's word for one), and the ports, inclusive, that it may reach by TCP."""

    source: str
    ports: tuple[int, int]

    def opens(self, port: int) -> bool:
        return self.ports[0] <= port <= self.ports[1]


def openings(cloud: str, made: Program) -> list[Opening]:
    """Return all that is open to networks; what is open to other groups or tags of the cluster is not among them."""
    return [opening for one in made.made for opening in _BY_CLOUD[cloud](one)]


def _aws(one: Made) -> Iterator[Opening]:
    rules = {"SecurityGroupIngressRule": [one.inputs], "SecurityGroup": one.inputs.get("ingress") or []}
    for rule in rules.get(one.kind, []):
        if rule.get("ipProtocol", rule.get("protocol")) in ("icmp", "udp"):
            continue
        ports = (int(rule.get("fromPort", 0)), int(rule.get("toPort", ALL_PORTS[1])))
        for source in (
            rule.get("cidrIpv4"),
            rule.get("cidrIpv6"),
            rule.get("prefixListId"),
            *rule.get("cidrBlocks", []),
        ):
            if source:
                yield Opening(source, ALL_PORTS if ports[0] < 0 else ports)


def _azure(one: Made) -> Iterator[Opening]:
    rules = [one.inputs] if one.kind == "SecurityRule" else one.inputs.get("securityRules") or []
    for rule in rules:
        if rule["direction"] != "Inbound" or rule["access"] != "Allow" or rule["protocol"] in ("Udp", "Icmp"):
            continue
        sources = rule.get("sourceAddressPrefixes") or [rule["sourceAddressPrefix"]]
        ranges = rule.get("destinationPortRanges") or [rule["destinationPortRange"]]
        for source in sources:
            yield from (Opening(source, _ports(ports)) for ports in ranges)


def _google(one: Made) -> Iterator[Opening]:
    if one.kind == "Firewall" and one.inputs.get("direction") != "EGRESS":
        for allow in one.inputs.get("allows") or []:
            if allow["protocol"] in ("icmp", "udp"):
                continue
            ranges = [_ports(ports) for ports in allow.get("ports") or []] or [ALL_PORTS]
            for source in one.inputs.get("sourceRanges") or []:
                yield from (Opening(source, ports) for ports in ranges)
    if one.kind == "Cluster":
        networks = one.inputs.get("masterAuthorizedNetworksConfig")
        listed = networks["cidrBlocks"] if networks else [{"cidrBlock": "0.0.0.0/0"}]
        yield from (Opening(block["cidrBlock"], (443, 443)) for block in listed)


def _metal(one: Made) -> Iterator[Opening]:
    """Equinix Metal filters nothing: machines let in whom their tags name."""
    for tag in one.inputs.get("tags") or []:
        for word, port in (("api-access=", 6443), ("ssh-access=", 22)):
            if one.kind == "Device" and tag.startswith(word):
                yield Opening(tag.removeprefix(word), (port, port))


def _ports(text: Any) -> tuple[int, int]:
    if str(text) == "*":
        return ALL_PORTS
    first, _, last = str(text).partition("-")
    return int(first), int(last or first)


_BY_CLOUD: Mapping[str, Callable[[Made], Iterator[Opening]]] = {
    "aws": _aws, "azure": _azure, "gce": _google, "gke": _google, "packet": _metal,
}  # fmt: skip
#: Sources that are no users of the API, and who says so: the machines' own network, and the clouds' health checks
#: (https://cloud.google.com/load-balancing/docs/health-check-concepts#ip-ranges,
#: https://learn.microsoft.com/azure/virtual-network/service-tags-overview).
HEALTH_CHECKS = {"35.191.0.0/16", "130.211.0.0/22", "209.85.152.0/22", "209.85.204.0/22", "AzureLoadBalancer"}


def from_outside(source: str, inside: set[str]) -> bool:
    """Tell whether a source is neither the cluster's own (its network, its NAT gateway) nor a health check."""
    if source in HEALTH_CHECKS or source in inside:
        return False
    try:
        network = IPv4Network(source)
    except ValueError:
        return True
    return not any("/" in own and network.subnet_of(IPv4Network(own)) for own in inside)
