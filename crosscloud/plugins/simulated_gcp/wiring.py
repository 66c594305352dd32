"""From the records to this host: what may pass between the machines, and where the load balancers lead.

`apply` works all of it out anew from the records, so that it does not matter in which order they change.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from crosscloud.locking import locked
from crosscloud.plugins.simulated import OPERATOR, Allow, Cloud, Record, fabric
from crosscloud.plugins.simulated_gcp import filtering
from crosscloud.plugins.simulated_gcp.balancers import Balancer, balancers
from crosscloud.plugins.simulated_gcp.filtering import End, Rule
from crosscloud.plugins.simulated_gcp.machines import Machine, machines
from crosscloud.plugins.simulated_gcp.portsets import PortSet

#: An address of the Internet, to find out whether a machine may reach it.
_SOMEWHERE = End("192.0.2.1")
_HTTPS = ("tcp", 443)


@dataclass
class Passing:
    """What passes in a subnetwork: between machines, and from those of ``internet`` to the outside."""

    allows: set[Allow] = field(default_factory=set)
    internet: set[str] = field(default_factory=set)


#: What else passes in a subnetwork, given the cloud and the subnetwork's record: of machines that are no records here.
MORE: list[Callable[[Cloud, Record], Passing]] = []


def apply(cloud: Cloud) -> None:
    """Bring the bridges, packet filters and load balancers of this host to what the records say."""
    with held(cloud):
        for subnetwork in cloud.records("Subnetwork"):
            if for_machines(subnetwork.inputs):
                fabric.network(subnetwork.id, subnetwork.inputs["ipCidrRange"])
                _apply(cloud, subnetwork)


@contextmanager
def held(cloud: Cloud) -> Iterator[None]:
    """Keep everyone else from this host's side of the cloud for the length of the block."""
    with locked(cloud.folder / "wiring.lock"):
        yield


def for_machines(subnetwork: Mapping[str, Any]) -> bool:
    """Tell by its inputs whether a subnetwork is for machines: those for proxies and the like are not on this host."""
    return subnetwork.get("purpose") in (None, "PRIVATE")


def rules_of(cloud: Cloud, network: str) -> list[Rule]:
    """Return the rules of a network's firewall."""
    return [one.inputs for one in cloud.records("Firewall") if network in one.refers]


def _apply(cloud: Cloud, subnetwork: Record) -> None:
    network = subnetwork.refers[0]
    rules = rules_of(cloud, network)
    inside = [one for one in machines(cloud) if one.subnetwork == subnetwork.id]
    every = [one for one in balancers(cloud) if one.network == network]
    doors = [one for one in every if _place_of(cloud, one) == subnetwork.id]
    for elsewhere in (one for one in every if one not in doors):
        fabric.unbalance(_key(elsewhere, subnetwork.id))
    passing = Passing()
    passing.allows.update(_between(rules, inside))
    passing.internet.update(_outwards(cloud, subnetwork, rules, inside))
    reached = {door.key: [one for one in door.targets if _serves(rules, door, one)] for door in doors}
    for door in doors:
        passing.allows.update(_through(rules, door, reached[door.key], inside))
    for more in MORE:
        other = more(cloud, subnetwork)
        passing.allows |= other.allows
        passing.internet |= other.internet
    fabric.guard(subnetwork.id, passing.allows, passing.internet)
    for door in doors:
        fabric.balance(
            _key(door, subnetwork.id),
            subnetwork.id,
            port=door.port,
            targets=[one.address for one in reached[door.key]],
            target_port=door.target_port,
            address=door.address,
        )


def close(cloud: Cloud, subnetwork: str) -> None:
    """Remove the load balancers from a subnetwork that goes; `held` has to be."""
    for rule in cloud.records("ForwardingRule"):
        fabric.unbalance(f"{rule.id}@{subnetwork}")


def unbalance(cloud: Cloud, rule: str) -> None:
    """Remove the load balancer of a forwarding rule from this host."""
    for subnetwork in cloud.records("Subnetwork"):
        if for_machines(subnetwork.inputs):
            fabric.unbalance(f"{rule}@{subnetwork.id}")


def _key(door: Balancer, subnetwork: str) -> str:
    return f"{door.key}@{subnetwork}"


def _place_of(cloud: Cloud, door: Balancer) -> str:
    """Return the subnetwork on whose bridge a load balancer is: its own, its targets', or the network's first."""
    inside = (one.id for one in cloud.records("Subnetwork") if door.network in one.refers and for_machines(one.inputs))
    return door.subnetwork or next((one.subnetwork for one in door.targets), "") or next(inside, "")


def _between(rules: list[Rule], inside: list[Machine]) -> Iterator[Allow]:
    for source in inside:
        for target in inside:
            if source.id != target.id:
                passes = filtering.allowed(rules, source.end, target.end)
                yield from _allows(source.address, target.address, passes)


def _outwards(cloud: Cloud, subnetwork: Record, rules: list[Rule], inside: list[Machine]) -> Iterator[str]:
    """Yield the machines that reach the Internet: by NAT, and if the rules let them."""
    if any(subnetwork.id in nat.refers or _all_of(nat, cloud, subnetwork) for nat in cloud.records("RouterNat")):
        for one in inside:
            if _HTTPS in filtering.leaving(rules, one.end, _SOMEWHERE):
                yield one.address


def _all_of(nat: Record, cloud: Cloud, subnetwork: Record) -> bool:
    """Tell whether a NAT serves all subnetworks of its router's network, and this is one of them."""
    if nat.inputs["sourceSubnetworkIpRangesToNat"] == "LIST_OF_SUBNETWORKS":
        return False
    routers = [cloud.get("Router", one) for one in nat.refers]
    return any(router is not None and subnetwork.refers[0] in router.refers for router in routers)


def _serves(rules: list[Rule], door: Balancer, target: Machine) -> bool:
    """Tell whether a target is ever healthy: whether the probes reach it."""
    wanted = ("tcp", door.target_port)
    return all(wanted in filtering.entering(rules, End(probe), target.end) for probe in door.probes)


def _through(rules: list[Rule], door: Balancer, targets: list[Machine], inside: list[Machine]) -> Iterator[Allow]:
    """Yield what lets clients reach a load balancer, and it its targets."""
    port, target_port = (door.port, door.port), (door.target_port, door.target_port)
    wanted = ("tcp", door.target_port)
    if door.proxies:
        for one in inside:
            if ("tcp", door.port) in filtering.leaving(rules, one.end, End(door.address)):
                yield Allow(one.address, door.address, "tcp", port)
        for target in targets:
            if all(wanted in filtering.entering(rules, End(cidr), target.end) for cidr in door.proxies):
                yield Allow(door.address, target.address, "tcp", target_port)
        return
    # A passthrough load balancer leaves the client's address as it is: the rules of its targets see that.
    operator = End(fabric.operator())
    admitted = [one for one in targets if wanted in filtering.entering(rules, operator, one.end)]
    for target in admitted:
        yield Allow(door.address, target.address, "tcp", target_port)
    if admitted:
        yield Allow(OPERATOR, door.address, "tcp", port)


def _allows(source: str, target: str, passes: PortSet) -> Iterator[Allow]:
    for protocol, interval in passes:
        yield Allow(source, target, protocol, interval)
