"""Which addresses are free: a range for a new network, an address in it for a machine or a load balancer."""

import ipaddress
import json
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network

from crosscloud.machines import commands
from crosscloud.machines.errors import MachineError

#: New networks are the first free /24 of this range: private, and rarely used by hosts, containers or VPNs.
POOL = IPv4Network("10.66.0.0/16")
_PREFIX = 24
#: The smallest network has a gateway, a machine, and a load balancer.
LONGEST_PREFIX = 28


def occupied() -> list[IPv4Network]:
    """Return the ranges that the host has addresses in or routes to (except the default route)."""
    found: set[IPv4Network] = set()
    for link in json.loads(commands.run(["ip", "-j", "-4", "address"], purpose="list the host's addresses") or "[]"):
        for item in link.get("addr_info", []):
            found.add(IPv4Network(f"{item['local']}/{item['prefixlen']}", strict=False))
    command = ["ip", "-j", "-4", "route", "show", "table", "all"]
    for route in json.loads(commands.run(command, purpose="list the host's routes") or "[]"):
        destination = route.get("dst", "default")
        if destination != "default" and route.get("type", "unicast") == "unicast":
            found.add(IPv4Network(destination, strict=False))
    return sorted(found)


def free_network(taken: Iterable[IPv4Network]) -> IPv4Network:
    """Return the first /24 of `POOL` that overlaps none of ``taken``."""
    ranges = list(taken)
    for candidate in POOL.subnets(new_prefix=_PREFIX):
        if not any(candidate.overlaps(one) for one in ranges):
            return candidate
    raise MachineError(f"no /{_PREFIX} of {POOL} is free on this host: give the network a `cidr` of another private range")


def ensure_free(network: IPv4Network, taken: Iterable[IPv4Network]) -> None:
    """Refuse a range that the user chose and the host already uses."""
    clashes = [str(one) for one in taken if network.overlaps(one)]
    if clashes:
        raise MachineError(f"the network {network} overlaps what this host already uses ({', '.join(clashes)}): choose another `cidr`")


def gateway(network: IPv4Network) -> IPv4Address:
    """Return the host's own address in the network: the first one."""
    return network[1]


def machine_addresses(network: IPv4Network) -> list[IPv4Address]:
    """Return the addresses that machines get, in the order they are given out: the lower three quarters."""
    hosts = list(network.hosts())[1:]
    return hosts[: len(hosts) * 3 // 4]


def balancer_addresses(network: IPv4Network) -> list[IPv4Address]:
    """Return the addresses that load balancers get: the upper quarter, so that the two never compete."""
    hosts = list(network.hosts())[1:]
    return hosts[len(hosts) * 3 // 4 :]


def pick(candidates: Iterable[IPv4Address], taken: Iterable[str], wanted: str | None, what: str) -> str:
    """Return ``wanted`` if it is free, or the first free candidate if nothing is wanted."""
    used, choices = set(taken), [str(one) for one in candidates]
    if wanted:
        if wanted in used:
            raise MachineError(f"the address {wanted} for {what} is taken already")
        return wanted
    for choice in choices:
        if choice not in used:
            return choice
    raise MachineError(f"no address for {what} is left: all {len(choices)} of the network are taken")
