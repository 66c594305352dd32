"""How Azure reads the rules of a security group: by priority, the first that matches, its own rules last.

https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from itertools import pairwise
from typing import Any

#: An address, a range, a service tag, or None for anywhere outside.
Party = IPv4Network | str | None
_ANY = ("*", "Any", "0.0.0.0/0")
_PORTS = (0, 65535)
_PROBES = "AzureLoadBalancer"


def _default(  # noqa: PLR0913, PLR0917 - a table's columns
    name: str, priority: int, direction: str, access: str, source: str, target: str
) -> Mapping[str, Any]:
    return {
        "name": name,
        "priority": priority,
        "direction": direction,
        "access": access,
        "protocol": "*",
        "sourceAddressPrefix": source,
        "sourcePortRange": "*",
        "destinationAddressPrefix": target,
        "destinationPortRange": "*",
    }


DEFAULTS = (
    _default("AllowVnetInBound", 65000, "Inbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
    _default("AllowAzureLoadBalancerInBound", 65001, "Inbound", "Allow", _PROBES, "*"),
    _default("DenyAllInBound", 65500, "Inbound", "Deny", "*", "*"),
    _default("AllowVnetOutBound", 65000, "Outbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
    _default("AllowInternetOutBound", 65001, "Outbound", "Allow", "*", "Internet"),
    _default("DenyAllOutBound", 65500, "Outbound", "Deny", "*", "*"),
)


class Filter:
    """The security group of a subnet. A subnet without one lets everything through, in both directions.

    That is so within the network; from outside a standard load balancer leads to nothing that no group allows, which
    `allows` keeps to.
    """

    def __init__(self, rules: Sequence[Mapping[str, Any]] | None, network: IPv4Network) -> None:
        self._open = rules is None
        self._network = network
        self._rules = sorted([*(rules or []), *DEFAULTS], key=lambda rule: rule["priority"])

    def ranges(self) -> Iterator[IPv4Network]:
        """Yield the ranges that rules name."""
        for rule in self._rules:
            for side in ("source", "destination"):
                yield from (IPv4Network(one, strict=False) for one in prefixes(rule, side) if _is_range(one))

    def passing(self, direction: str, protocol: str, source: Party, target: Party) -> list[tuple[int, int]]:
        """Return the ports of a protocol that may pass, as ranges."""
        if self._open:
            return [_PORTS]
        asked = [one for one in self._rules if self._matches(one, direction, protocol, source, target)]
        starts = {
            0,
            *(low for one in asked for low, _ in ports(one)),
            *(high + 1 for one in asked for _, high in ports(one)),
        }
        edges = [*sorted(start for start in starts if start <= _PORTS[1]), _PORTS[1] + 1]
        found: list[tuple[int, int]] = []
        for first, after in pairwise(edges):
            if _verdict(asked, first) != "Allow":
                continue
            joined = found.pop()[0] if found and found[-1][1] == first - 1 else first
            found.append((joined, after - 1))
        return found

    def allows(self, direction: str, protocol: str, source: Party, target: Party, port: int) -> bool:
        """Say whether a packet to a port may pass."""
        if self._open:
            return direction == "Outbound"
        asked = [one for one in self._rules if self._matches(one, direction, protocol, source, target)]
        return _verdict(asked, port) == "Allow"

    def _matches(self, rule: Mapping[str, Any], direction: str, protocol: str, source: Party, target: Party) -> bool:
        return (
            rule["direction"] == direction
            and rule["protocol"].lower() in ("*", protocol)
            and any(self._holds(one, source) for one in prefixes(rule, "source"))
            and any(self._holds(one, target) for one in prefixes(rule, "destination"))
        )

    def _holds(self, prefix: str, party: Party) -> bool:
        inside = isinstance(party, IPv4Network) and party.subnet_of(self._network)
        if prefix == "VirtualNetwork":
            return inside
        if prefix == "Internet":
            return not inside and party != _PROBES
        if prefix in _ANY:
            return True
        if isinstance(party, IPv4Network) and _is_range(prefix):
            return party.subnet_of(IPv4Network(prefix, strict=False))
        return prefix == party


def _verdict(rules: Iterable[Mapping[str, Any]], port: int) -> str:
    """Return what the first rule for a port says."""
    for rule in rules:
        if any(low <= port <= high for low, high in ports(rule)):
            return str(rule["access"])
    return "Deny"


def prefixes(rule: Mapping[str, Any], side: str) -> list[str]:
    """Return the addresses, ranges and tags of a side ("source" or "destination") of a rule."""
    one, many = rule.get(f"{side}AddressPrefix"), rule.get(f"{side}AddressPrefixes") or []
    return [*([one] if one else []), *many]


def ports(rule: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Return the destination ports of a rule, as ranges."""
    one, many = rule.get("destinationPortRange"), rule.get("destinationPortRanges") or []
    return [_PORTS if text == "*" else _span(text) for text in [*([one] if one else []), *many]]


def _span(text: str) -> tuple[int, int]:
    low, _, high = str(text).partition("-")
    return int(low), int(high or low)


def pieces(whole: IPv4Network, cuts: Iterable[IPv4Network]) -> list[IPv4Network]:
    """Cut a range so that each of the ``cuts`` holds a piece or shares no address with it."""
    found = [whole]
    for cut in set(cuts):
        for piece in [one for one in found if cut != one and cut.subnet_of(one)]:
            found.remove(piece)
            found += [cut, *piece.address_exclude(cut)]
    return sorted(found)


def _is_range(prefix: str) -> bool:
    return prefix[:1].isdigit() and prefix not in _ANY
