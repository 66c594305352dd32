"""Who reaches whom in a VPC, by its security groups and routes: as `Allow`s for the host's packet filter.

A packet passes when the sender's groups let it out and the receiver's let it in; groups are stateful, so replies pass.
https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from itertools import product
from typing import Any, Literal, cast

from crosscloud.plugins.simulated import OPERATOR, Allow

Protocol = Literal["tcp", "udp", "icmp", "any"]
#: What stands for the Internet: any address of it.
_OUTSIDE = IPv4Address("192.0.2.1")
HTTPS = 443


@dataclass(frozen=True)
class Rule:
    """A rule of a security group: what may come in (or go out), from (or to) a range or the members of a group."""

    group: str
    egress: bool
    protocol: Protocol
    first: int
    last: int
    cidr: str = ""
    other: str = ""


@dataclass(frozen=True)
class Member:
    """Something with an address in the VPC: a machine, or a load balancer. No groups at all filter nothing."""

    address: str
    groups: frozenset[str]
    #: Whether it is reached from the Internet: it has a public address and a route to the Internet gateway.
    public: bool = False
    #: Whether its subnet has a way out that works for it.
    way_out: bool = False


def read_rules(listed: Iterable[Mapping[str, Any]]) -> list[Rule]:
    """Return the rules of a listing of ``DescribeSecurityGroupRules``."""
    return [rule for one in listed if (rule := _read(one)) is not None]


def allows(members: Sequence[Member], rules: Sequence[Rule], operator: str) -> Iterator[Allow]:
    """Yield what may pass between the members, and from whoever runs the program, at the address ``operator``."""
    for source, target in product(members, members):
        if source is not target:
            yield from _between(source, target, rules)
    for target in members:
        if target.public:
            for rule in _of(target, rules, egress=False):
                if _covers(rule, IPv4Address(operator), frozenset()):
                    yield _allow(OPERATOR, target.address, rule.protocol, rule.first, rule.last)


def reaches_internet(member: Member, rules: Sequence[Rule]) -> bool:
    """Say whether it may open HTTPS connections to the Internet, and has a way to it."""
    return member.way_out and any(
        rule.protocol in ("tcp", "any")
        and (rule.protocol == "any" or rule.first <= HTTPS <= rule.last)
        and _covers(rule, _OUTSIDE, frozenset())
        for rule in _of(member, rules, egress=True)
    )


def _between(source: Member, target: Member, rules: Sequence[Rule]) -> Iterator[Allow]:
    outward = [
        rule for rule in _of(source, rules, egress=True) if _covers(rule, IPv4Address(target.address), target.groups)
    ]
    inward = [
        rule for rule in _of(target, rules, egress=False) if _covers(rule, IPv4Address(source.address), source.groups)
    ]
    for out, into in product(outward, inward):
        if out.protocol != into.protocol and "any" not in (out.protocol, into.protocol):
            continue
        narrow = into if out.protocol == "any" else out
        both = "any" in (out.protocol, into.protocol)
        first = narrow.first if both else max(out.first, into.first)
        last = narrow.last if both else min(out.last, into.last)
        if first <= last:
            yield _allow(source.address, target.address, narrow.protocol, first, last)


def _of(member: Member, rules: Sequence[Rule], *, egress: bool) -> list[Rule]:
    if not member.groups:
        return [Rule("", egress, "any", 0, 65535, cidr="0.0.0.0/0")]
    return [rule for rule in rules if rule.egress == egress and rule.group in member.groups]


def _covers(rule: Rule, address: IPv4Address, groups: frozenset[str]) -> bool:
    return rule.other in groups if rule.other else address in IPv4Network(rule.cidr)


def _allow(source: str, destination: str, protocol: Protocol, first: int, last: int) -> Allow:
    return Allow(source, destination, protocol, (first, last) if protocol in ("tcp", "udp") else None)


def _read(listed: Mapping[str, Any]) -> Rule | None:
    """Return one rule; one of a kind that nothing here is addressed by (IPv6, prefix lists) filters nothing in."""
    cidr = listed.get("CidrIpv4") or ""
    other = (listed.get("ReferencedGroupInfo") or {}).get("GroupId") or ""
    if not cidr and not other:
        return None
    protocol = "any" if listed["IpProtocol"] == "-1" else listed["IpProtocol"]
    first, last = listed.get("FromPort", -1), listed.get("ToPort", -1)
    if protocol not in ("tcp", "udp"):
        first, last = 0, 65535
    return Rule(listed["GroupId"], listed["IsEgress"], cast(Protocol, protocol), first, last, cidr, other)
