"""Which addresses are free: a range for a new network, an address in it for a machine or a load balancer."""

import json
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network

from crosscloud.machines import commands
from crosscloud.machines.errors import MachineError

#: New networks are the first free /24 of this range: private, and rarely used by hosts, containers or VPNs.
POOL = IPv4Network("10.66.0.0/16")
_PREFIX = 24
#: Prefix lengths that a chosen range may have: the smallest holds 62 hosts, the largest is no /8 taken by accident.
PREFIXES = range(16, 27)
#: The first 32 addresses are for machines whose address is chosen: control planes, which their load balancer must know.
_CHOSEN = 32


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
    raise MachineError(
        f"no /{_PREFIX} of {POOL} is free on this host: give the network a `cidr` of another private range"
    )


def ensure_free(network: IPv4Network, taken: Iterable[IPv4Network]) -> None:
    """Refuse a range that the user chose and the host already uses."""
    clashes = [str(one) for one in taken if network.overlaps(one)]
    if clashes:
        raise MachineError(
            f"the network {network} overlaps what this host already uses ({', '.join(clashes)}): choose another `cidr`"
        )


def gateway(network: IPv4Network) -> IPv4Address:
    """Return the host's own address in the network: the first one."""
    return network[1]


def machine_addresses(network: IPv4Network) -> list[IPv4Address]:
    """Return the addresses that machines may have: the lower three quarters, without the gateway."""
    hosts = list(network.hosts())
    return hosts[1 : len(hosts) * 3 // 4]


def balancer_addresses(network: IPv4Network) -> list[IPv4Address]:
    """Return the addresses that load balancers get: the upper quarter, so that the two never compete."""
    hosts = list(network.hosts())
    return hosts[len(hosts) * 3 // 4 :]


def pick_machine(
    network: IPv4Network, taken: Iterable[str], wanted: str | None, name: str, *, anywhere: bool = False
) -> str:
    """Return the address of a new machine: ``wanted`` if it is free and in range, or the first free one.

    ``anywhere``: the range is the whole network, without the gateway.
    """
    usable = list(network.hosts())[1:] if anywhere else machine_addresses(network)
    candidates = [str(one) for one in usable]
    if wanted is None:
        return pick(candidates[_CHOSEN - 2 :], taken, f"the machine {name}")
    if wanted not in candidates:
        raise MachineError(
            f"the address {wanted} for the machine {name} is not one that machines of {network} may have: "
            f"{candidates[0]} to {candidates[-1]}"
        )
    if wanted in set(taken):
        raise MachineError(f"the address {wanted} for the machine {name} is taken by another machine")
    return wanted


def pick(candidates: Iterable[str], taken: Iterable[str], what: str) -> str:
    """Return the first candidate that is not taken."""
    used = set(taken)
    for choice in candidates:
        if choice not in used:
            return choice
    raise MachineError(f"no address for {what} is left: all {len(used)} of the network are taken")
