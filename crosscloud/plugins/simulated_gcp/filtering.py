"""What a network's firewall lets pass, as Google evaluates its rules.

Of the rules that fit a connection the one of the lowest priority number decides, and among those of one number one that
denies. What no rule fits is denied inwards and allowed outwards: https://cloud.google.com/firewall/docs/firewalls
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network
from typing import Any

from crosscloud.plugins.simulated_gcp.portsets import PortSet

_USUAL_PRIORITY = 1000
Rule = Mapping[str, Any]


@dataclass(frozen=True)
class End:
    """One end of a connection: an address or a range, and for a machine of the network what rules may know it by."""

    range: str
    tags: Sequence[str] = ()
    account: str = ""


def allowed(rules: Iterable[Rule], source: End, target: End) -> PortSet:
    """Return what may pass between two machines of a network: what both ends let pass."""
    every = list(rules)
    return leaving(every, source, target) & entering(every, source, target)


def entering(rules: Iterable[Rule], source: End, target: End) -> PortSet:
    """Return what the rules for INGRESS let pass to a machine."""
    fitting = [
        rule
        for rule in rules
        if rule.get("direction", "INGRESS") == "INGRESS" and _concerns(rule, target) and _comes_from(rule, source)
    ]
    return _decided(fitting, PortSet.nothing())


def leaving(rules: Iterable[Rule], source: End, target: End) -> PortSet:
    """Return what the rules for EGRESS let a machine send."""
    fitting = [
        rule
        for rule in rules
        if rule.get("direction") == "EGRESS"
        and _concerns(rule, source)
        and _within(target.range, rule.get("destinationRanges") or ["0.0.0.0/0"])
    ]
    return _decided(fitting, PortSet.everything())


def _decided(rules: Iterable[Rule], otherwise: PortSet) -> PortSet:
    found, undecided = PortSet.nothing(), PortSet.everything()
    for rule in sorted(rules, key=_order):
        what = PortSet.of_rule(rule.get("allows") or rule.get("denies") or []) & undecided
        undecided = undecided - what
        if rule.get("allows"):
            found = found | what
    return found | (undecided & otherwise)


def _order(rule: Rule) -> tuple[int, bool]:
    priority = rule.get("priority")
    return (_USUAL_PRIORITY if priority is None else int(priority), bool(rule.get("allows")))


def _concerns(rule: Rule, machine: End) -> bool:
    if rule.get("disabled"):
        return False
    tags, accounts = rule.get("targetTags"), rule.get("targetServiceAccounts")
    if tags:
        return bool({*tags} & {*machine.tags})
    return machine.account in accounts if accounts else True


def _comes_from(rule: Rule, source: End) -> bool:
    ways: list[Callable[[], bool]] = [
        lambda: _within(source.range, rule.get("sourceRanges") or []),
        lambda: bool({*(rule.get("sourceTags") or [])} & {*source.tags}),
        lambda: bool(source.account) and source.account in (rule.get("sourceServiceAccounts") or []),
    ]
    return any(way() for way in ways)


def _within(wanted: str, ranges: Iterable[str]) -> bool:
    inner = ip_network(wanted)
    return any(isinstance(one, IPv4Network) and inner.subnet_of(one) for one in map(ip_network, ranges))  # type: ignore[arg-type]
