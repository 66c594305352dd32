"""What the records of a virtual network come to on this host: its packet filter and its load balancers.

Azure decides for each packet by the security groups of the subnet that it leaves and of the subnet that it comes to.
Here both are worked out whenever a record changes, into what may pass between ranges of addresses.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from crosscloud.plugins.simulated import OPERATOR, Allow, Cloud, Record, fabric
from crosscloud.plugins.simulated_azure_native.rules import Filter, pieces

#: Where machines ask for images, and packages: outside, by HTTPS.
_HTTPS = 443
#: The instances of scale sets are records of this kind.
INSTANCE = "ScaleSetInstance"


def network_of(subnet_id: str) -> str:
    """Return the id of a subnet's network."""
    return subnet_id.rpartition("/subnets/")[0]


def range_of(network: Mapping[str, Any]) -> str:
    """Return the range of a network's inputs."""
    return str(network["addressSpace"]["addressPrefixes"][0])


def block(subnet: Record) -> IPv4Network:
    """Return the range of a subnet."""
    return IPv4Network(subnet.inputs["addressPrefix"])


def subnets(cloud: Cloud, network_id: str) -> list[Record]:
    """Return the subnets of a network."""
    return [one for one in cloud.records("Subnet") if network_of(one.id) == network_id]


@dataclass(frozen=True)
class Host:
    """An address that a machine has or will have, in a subnet, and the backend pools that it is in."""

    address: str
    subnet: str
    pools: tuple[str, ...] = ()


def taken(cloud: Cloud, network_id: str) -> set[str]:
    """Return the addresses that a network has given away."""
    return {host.address for host in hosts(cloud) if network_of(host.subnet) == network_id}


def hosts(cloud: Cloud) -> Iterator[Host]:
    """Yield the interfaces of machines and the instances of scale sets."""
    for record in cloud.records("NetworkInterface"):
        for config in record.outputs["ipConfigurations"]:
            pools = tuple(pool["id"] for pool in config.get("loadBalancerBackendAddressPools") or [])
            yield Host(config["privateIPAddress"], config["subnet"]["id"], pools)
    for record in cloud.records(INSTANCE):
        yield Host(record.inputs["address"], record.inputs["subnet"])


def settle(cloud: Cloud, network_id: str) -> None:
    """Bring this host's packet filter and load balancers to what the records say of a network."""
    with cloud.transaction():
        network = cloud.get("VirtualNetwork", network_id)
        if network is None:
            return
        state = _State(cloud, network)
        balanced = list(state.balance())
        fabric.guard(network_id, [*state.between_machines(), *balanced], state.ways_out())


def settle_all(cloud: Cloud) -> None:
    """Settle every network: for what is no network's own."""
    for network in cloud.records("VirtualNetwork"):
        settle(cloud, network.id)


class _State:
    """A network as its records have it."""

    def __init__(self, cloud: Cloud, network: Record) -> None:
        self._cloud, self._network = cloud, network
        self._range = IPv4Network(range_of(network.inputs))
        self._subnets = {one.id: one for one in subnets(cloud, network.id)}
        self._hosts = [one for one in hosts(cloud) if one.subnet in self._subnets]
        self._filters = {name: self._filter(one) for name, one in self._subnets.items()}

    def _filter(self, subnet: Record) -> Filter:
        group = (subnet.inputs.get("networkSecurityGroup") or {}).get("id")
        record = self._cloud.get("NetworkSecurityGroup", group) if group else None
        return Filter(record.inputs.get("securityRules") or [] if record else None, self._range)

    def between_machines(self) -> Iterator[Allow]:
        """Yield what may pass between the subnets, whoever is in them."""
        cuts = [cut for one in self._filters.values() for cut in one.ranges()]
        parts = {name: pieces(block(one), cuts) for name, one in self._subnets.items()}
        for source, sources in parts.items():
            for target, targets in parts.items():
                for each in sources:
                    for other in targets:
                        yield from self._passing(source, each, target, other)

    def _passing(self, source: str, each: IPv4Network, target: str, other: IPv4Network) -> Iterator[Allow]:
        for protocol in ("tcp", "udp", "icmp"):
            leaving = self._filters[source].passing("Outbound", protocol, each, other)
            for first, last in self._filters[target].passing("Inbound", protocol, each, other):
                for low, high in leaving:
                    if max(first, low) <= min(last, high):
                        ports = None if protocol == "icmp" else (max(first, low), min(last, high))
                        yield Allow(str(each), str(other), protocol, ports)

    def way_out(self, subnet: Record) -> str | None:
        """Return the public address behind which a subnet's machines leave it: "" for one of Azure's, None for none."""
        nat = self._cloud.get("NatGateway", (subnet.inputs.get("natGateway") or {}).get("id") or "")
        if nat is None:
            return None if subnet.inputs.get("defaultOutboundAccess") is False else ""
        addresses = [self._cloud.get("PublicIPAddress", one["id"]) for one in nat.inputs.get("publicIpAddresses") or []]
        known = [str(one.outputs["ipAddress"]) for one in addresses if one is not None]
        return known[0] if known else None

    def ways_out(self) -> list[str]:
        """Return the addresses of the machines that reach the Internet."""
        return [host.address for host in self._hosts if self._leaves(host, None, _HTTPS)]

    def _leaves(self, host: Host, to: str | None, port: int) -> bool:
        """Say whether a machine's packets get out of the network, to an address or to anywhere."""
        if self.way_out(self._subnets[host.subnet]) is None:
            return False
        target = IPv4Network(to) if to else None
        return self._filters[host.subnet].allows("Outbound", "tcp", IPv4Network(host.address), target, port)

    def balance(self) -> Iterator[Allow]:
        """Make the load balancers lead to their pools; yield what may pass to them and from them."""
        for balancer in self._cloud.records("LoadBalancer"):
            for rule in balancer.inputs.get("loadBalancingRules") or []:
                targets = [host for host in self._hosts if rule["backendAddressPool"]["id"] in host.pools]
                front = self._front(balancer, rule)
                if targets and front:
                    yield from self._lead(f"{balancer.id}/{rule['name']}", rule, front, targets)
                else:
                    fabric.unbalance(f"{balancer.id}/{rule['name']}")

    def _front(self, balancer: Record, rule: Mapping[str, Any]) -> str | None:
        name = rule["frontendIPConfiguration"]["id"].rpartition("/")[2]
        fronts = [one for one in balancer.inputs["frontendIPConfigurations"] if one["name"] == name]
        public = self._cloud.get("PublicIPAddress", fronts[0]["publicIPAddress"]["id"]) if fronts else None
        return str(public.outputs["ipAddress"]) if public is not None else None

    def _lead(self, key: str, rule: Mapping[str, Any], front: str, targets: list[Host]) -> Iterator[Allow]:
        """A packet to the address comes to a machine with the address of who sent it; a probe with Azure's own."""
        port, inner = rule["frontendPort"], rule.get("backendPort") or rule["frontendPort"]
        addresses = [host.address for host in targets]
        fabric.balance(key, self._network.id, port=port, targets=addresses, target_port=inner, address=front)
        for host in targets:
            if self._comes(host, "AzureLoadBalancer", inner):
                yield Allow(front, host.address, "tcp", (inner, inner))
        if any(self._comes(host, fabric.operator(), inner) for host in targets):
            yield Allow(OPERATOR, front, "tcp", (port, port))
        for host in self._hosts:
            outside = self.way_out(self._subnets[host.subnet])
            leaves = outside and self._leaves(host, front, port)
            if leaves and any(self._comes(target, str(outside), inner) for target in targets):
                yield Allow(host.address, front, "tcp", (port, port))

    def _comes(self, host: Host, sender: str, port: int) -> bool:
        source = sender if sender == "AzureLoadBalancer" else IPv4Network(IPv4Address(sender))
        return self._filters[host.subnet].allows("Inbound", "tcp", source, IPv4Network(host.address), port)
