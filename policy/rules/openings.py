"""Who may reach which ports: the clouds' packet filters in one form, by the type of the resource that holds them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from policy.rules.rule import Resource, Values
from policy.rules.values import texts

ALL_PORTS = (0, 65535)
#: What has no ports, and opens none: path MTU discovery and ping.
_ICMP = ("icmp", "icmpv6")
#: The API's port on machines of ours, and on GKE's control plane.
API_PORT, GKE_PORT = 6443, 443
SSH_PORT = 22
#: Words and networks of the clouds that mean everybody.
ANYWHERE = frozenset({"0.0.0.0/0", "::/0", "*", "Internet", "Any"})
#: Sources that are no users, and who says so: the clouds' health checks
#: (https://cloud.google.com/load-balancing/docs/health-check-concepts#ip-ranges,
#: https://learn.microsoft.com/azure/virtual-network/service-tags-overview).
HEALTH_CHECKS = frozenset(
    {"35.191.0.0/16", "130.211.0.0/22", "209.85.152.0/22", "209.85.204.0/22", "AzureLoadBalancer"}
)


@dataclass(frozen=True)
class Opening:
    """A network (or a cloud's word for one, or `UNKNOWN`), and the ports, inclusive, that it may reach.

    ``api`` is the port of the API behind this filter. ``udp`` is for what is open to UDP alone.
    """

    source: str
    ports: tuple[int, int]
    api: int = API_PORT
    udp: bool = False

    def opens(self, port: int) -> bool:
        """Tell whether a port is among them, by TCP."""
        return not self.udp and self.ports[0] <= port <= self.ports[1]

    @property
    def shown(self) -> str:
        """The ports in words: ``port 22``, ``UDP ports 30000-32767``."""
        first, last = self.ports
        words = f"port {first}" if first == last else f"ports {first}-{last}"
        return f"UDP {words}" if self.udp else words


def openings(one: Resource) -> Iterator[Opening]:
    """Yield all that a resource opens to networks; what is open to groups or tags of the cluster is not among it."""
    reader = READERS.get(one.type)
    return reader(one.props) if reader else iter(())


def from_outside(source: str, inside: frozenset[str]) -> bool:
    """Tell whether a source is neither the cluster's own network nor a health check."""
    if source in HEALTH_CHECKS or source in inside:
        return False
    try:
        network = ip_network(source)
        return not any(network.subnet_of(ip_network(own)) for own in inside)  # type: ignore[arg-type]  # see TypeError
    except (ValueError, TypeError):  # a cloud's word, or IPv6 and IPv4
        return True


def _aws_rule(rule: Values) -> Iterator[Opening]:
    protocol = _protocol(rule, "ipProtocol", "protocol")
    if protocol in _ICMP:
        return
    ports = (int(rule.get("fromPort", 0)), int(rule.get("toPort", ALL_PORTS[1])))
    if ports[0] < 0 or protocol == "-1":  # every protocol means every port
        ports = ALL_PORTS
    single = (rule.get("cidrIpv4"), rule.get("cidrIpv6"), rule.get("prefixListId"))
    for source in (*single, *_listed(rule, "cidrBlocks", "ipv6CidrBlocks", "prefixListIds")):
        if source:
            yield Opening(str(source), ports, udp=protocol == "udp")


def _aws_group(group: Values) -> Iterator[Opening]:
    for rule in group.get("ingress") or ():
        yield from _aws_rule(rule)


def _aws_old_rule(rule: Values) -> Iterator[Opening]:
    return _aws_rule(rule) if rule.get("type") == "ingress" else iter(())


def _azure_rule(rule: Values) -> Iterator[Opening]:
    protocol = _protocol(rule, "protocol")
    if rule["direction"] != "Inbound" or rule["access"] != "Allow" or protocol in _ICMP:
        return
    ranges = _one_or_more(rule, "destinationPortRange")
    for source in texts(_one_or_more(rule, "sourceAddressPrefix", "sourceAddressPrefixes")):
        yield from (Opening(source, _ports(ports), udp=protocol == "udp") for ports in ranges)


def _azure_group(group: Values) -> Iterator[Opening]:
    for rule in group.get("securityRules") or ():
        yield from _azure_rule(rule)


def _google_firewall(firewall: Values) -> Iterator[Opening]:
    if firewall.get("direction") == "EGRESS":
        return
    for allow in firewall.get("allows") or ():
        protocol = _protocol(allow, "protocol")
        if protocol in _ICMP:
            continue
        ranges = [_ports(ports) for ports in allow.get("ports") or ()] or [ALL_PORTS]
        for source in firewall.get("sourceRanges") or ():
            yield from (Opening(str(source), ports, udp=protocol == "udp") for ports in ranges)


def _google_cluster(cluster: Values) -> Iterator[Opening]:
    """Yield whom the control plane of GKE lets in: everybody, unless it is told whom."""
    networks = cluster.get("masterAuthorizedNetworksConfig")
    listed = (networks.get("cidrBlocks") or ()) if networks else [{"cidrBlock": "0.0.0.0/0"}]
    yield from (Opening(str(block["cidrBlock"]), (GKE_PORT, GKE_PORT), GKE_PORT) for block in listed)


def _metal_device(device: Values) -> Iterator[Opening]:
    """Yield whom the tags of a machine name: Equinix Metal filters nothing, and our machines go by them."""
    for tag in device.get("tags") or ():
        for word, port in (("api-access=", API_PORT), ("ssh-access=", SSH_PORT)):
            if tag.startswith(word):
                yield Opening(tag.removeprefix(word), (port, port))


def _one_or_more(rule: Values, single: str, several: str = "") -> Sequence[Any]:
    """Return what Azure takes either as one value or as a list of another name."""
    return rule.get(several or f"{single}s") or [rule[single]]


def _listed(rule: Values, *names: str) -> list[Any]:
    return [value for name in names for value in rule.get(name) or ()]


def _protocol(rule: Values, *names: str) -> str:
    """Return a rule's protocol, which has one of these names, in small letters and without its number."""
    found = next((str(rule[name]).lower() for name in names if rule.get(name) is not None), "")
    return {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}.get(found.removesuffix(".0"), found)


def _ports(text: Any) -> tuple[int, int]:
    if str(text) == "*":
        return ALL_PORTS
    first, _, last = str(text).partition("-")
    return int(first), int(last or first)


#: What each type of packet filter opens.
READERS: Mapping[str, Callable[[Values], Iterator[Opening]]] = {
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _aws_rule,
    "aws:ec2/securityGroupRule:SecurityGroupRule": _aws_old_rule,
    "aws:ec2/securityGroup:SecurityGroup": _aws_group,
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _aws_group,
    "azure-native:network:NetworkSecurityGroup": _azure_group,
    "azure-native:network:SecurityRule": _azure_rule,
    "gcp:compute/firewall:Firewall": _google_firewall,
    "gcp:container/cluster:Cluster": _google_cluster,
    "equinix-metal:index/device:Device": _metal_device,
}
