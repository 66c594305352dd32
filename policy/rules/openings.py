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
#: What clouds take for the source where none is named, and all their words and networks that mean everybody.
EVERYBODY = "0.0.0.0/0"
ANYWHERE = frozenset({EVERYBODY, "::/0", "*", "Internet", "Any"})
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


def _aws_balancer(balancer: Values) -> Iterator[Opening]:
    """Yield everybody for a network load balancer of the Internet that has no security group, and so filters nothing.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html
    """
    filters = balancer.get("loadBalancerType") != "network" or balancer.get("securityGroups")
    if not filters and balancer.get("internal") is not True:
        yield Opening(EVERYBODY, ALL_PORTS)


def _azure_rule(rule: Values) -> Iterator[Opening]:
    protocol = _protocol(rule, "protocol")
    if rule["direction"].lower() == "outbound" or rule["access"].lower() == "deny" or protocol in _ICMP:
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
    # Without any source everybody is let in: https://cloud.google.com/firewall/docs/firewalls#sources
    others = firewall.get("sourceTags") or firewall.get("sourceServiceAccounts")
    sources = firewall.get("sourceRanges") or (() if others else (EVERYBODY,))
    yield from _google_openings(sources, firewall.get("allows") or (), "protocol")


def _google_policy_rule(rule: Values) -> Iterator[Opening]:
    if rule["direction"] == "EGRESS" or rule["action"] in ("deny", "goto_next"):
        return
    match = rule["match"]
    sources = match.get("srcIpRanges") or (() if match.get("srcSecureTags") else (EVERYBODY,))
    yield from _google_openings(sources, match["layer4Configs"], "ipProtocol")


def _google_policy(policy: Values) -> Iterator[Opening]:
    for rule in policy.get("rules") or ():
        yield from _google_policy_rule(rule)


def _google_openings(sources: Sequence[Any], allowed: Sequence[Values], name: str) -> Iterator[Opening]:
    """Yield what is open to sources: protocols, by their ``name``, with some ports or all."""
    for allow in allowed:
        protocol = _protocol(allow, name)
        if protocol in _ICMP:
            continue
        ranges = [_ports(ports) for ports in allow.get("ports") or ()] or [ALL_PORTS]
        for source in sources:
            yield from (Opening(str(source), ports, udp=protocol == "udp") for ports in ranges)


def _google_cluster(cluster: Values) -> Iterator[Opening]:
    """Yield whom the control plane of GKE lets in: everybody, unless it is told whom."""
    networks = cluster.get("masterAuthorizedNetworksConfig")
    listed = (networks.get("cidrBlocks") or ()) if networks else [{"cidrBlock": EVERYBODY}]
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
    found = found.removesuffix(".0")
    return {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "all": "-1"}.get(found, found)


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
    "aws:lb/loadBalancer:LoadBalancer": _aws_balancer,
    "aws:alb/loadBalancer:LoadBalancer": _aws_balancer,
    "azure-native:network:NetworkSecurityGroup": _azure_group,
    "azure-native:network:SecurityRule": _azure_rule,
    "gcp:compute/firewall:Firewall": _google_firewall,
    "gcp:compute/firewallPolicyRule:FirewallPolicyRule": _google_policy_rule,
    "gcp:compute/firewallPolicyWithRules:FirewallPolicyWithRules": _google_policy,
    "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule": _google_policy_rule,
    "gcp:compute/networkFirewallPolicyWithRules:NetworkFirewallPolicyWithRules": _google_policy,
    "gcp:compute/regionNetworkFirewallPolicyRule:RegionNetworkFirewallPolicyRule": _google_policy_rule,
    "gcp:compute/regionNetworkFirewallPolicyWithRules:RegionNetworkFirewallPolicyWithRules": _google_policy,
    "gcp:container/cluster:Cluster": _google_cluster,
    "equinix-metal:index/device:Device": _metal_device,
}
