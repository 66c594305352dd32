"""The resource of a firewall's rules; what they let pass is worked out in `filtering`."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any, ClassVar

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, Values
from crosscloud.plugins.simulated_gcp import names, wiring
from crosscloud.plugins.simulated_gcp.base import GoogleResource

#: The protocols that a rule may name beside a number; only these may have ports: tcp, udp, sctp.
#: https://cloud.google.com/firewall/docs/firewalls#protocols_and_ports
_PROTOCOLS = frozenset({"tcp", "udp", "icmp", "esp", "ah", "sctp", "ipip", "all"})
_WITH_PORTS = frozenset({"tcp", "udp", "sctp", "6", "17", "132"})
_PORTS = re.compile(r"(\d{1,5})(-(\d{1,5}))?")
_HIGHEST_PORT = _HIGHEST_PRIORITY = 65535


class Firewall(GoogleResource):
    """A rule of a network's firewall."""

    sdk = "pulumi_gcp.compute:Firewall"
    collection = "firewalls"
    replace_on = frozenset({"name", "direction", "params", "project"})
    references: ClassVar = {"network": "Network"}

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold the rule to https://cloud.google.com/firewall/docs/firewalls."""
        yield from super().rules(call, new)
        if bool(new.get("allows")) == bool(new.get("denies")):
            yield CheckFailure("allows", "one of allows and denies has to be set, and not both")
        for place in ("allows", "denies"):
            for index, entry in enumerate(new.get(place) or []):
                yield from _entry(f"{place}[{index}]", entry)
        for place in ("sourceRanges", "destinationRanges"):
            for index, cidr in enumerate(new.get(place) or []):
                yield from _range(f"{place}[{index}]", cidr)
        for place in ("sourceTags", "targetTags"):
            for index, tag in enumerate(new.get(place) or []):
                yield from names.name(f"{place}[{index}]", tag)
        priority = new.get("priority")
        if isinstance(priority, int) and not 0 <= priority <= _HIGHEST_PRIORITY:
            yield CheckFailure("priority", f"{priority} has to be between 0 and {_HIGHEST_PRIORITY}")
        yield from _sources(new)

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Let pass on this host what the rules let pass now."""
        made = super().make(call, inputs)
        wiring.apply(self.cloud)
        return made

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Let pass on this host what the rules let pass now."""
        changed = super().change(call, resource_id, old_inputs, old_outputs, new)
        wiring.apply(self.cloud)
        return changed

    def remove(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Let pass on this host what the rules let pass now."""
        super().remove(call, resource_id, inputs, outputs)
        wiring.apply(self.cloud)


def _sources(new: Values) -> Iterator[CheckFailure]:
    sources = [key for key in ("sourceRanges", "sourceTags", "sourceServiceAccounts") if new.get(key)]
    if new.get("direction", "INGRESS") == "INGRESS":
        if not sources:
            yield CheckFailure(
                "sourceRanges", "one of sourceRanges, sourceTags and sourceServiceAccounts has to be set"
            )
    elif sources and new.get("direction") == "EGRESS":
        yield CheckFailure(sources[-1], "is no part of a rule for EGRESS")
    by_tag = new.get("sourceTags") or new.get("targetTags")
    by_account = new.get("sourceServiceAccounts") or new.get("targetServiceAccounts")
    if by_tag and by_account:
        yield CheckFailure("targetTags", "tags and service accounts can't be used in one rule")


def _entry(place: str, entry: Mapping[str, Any]) -> Iterator[CheckFailure]:
    protocol, ports = entry.get("protocol"), entry.get("ports") or []
    if protocol is UNKNOWN or ports is UNKNOWN:
        return
    known = str(protocol).lower()
    if known not in _PROTOCOLS and not (known.isdigit() and int(known) < 256):  # noqa: PLR2004 - IP's own limit
        yield CheckFailure(
            f"{place}.protocol", f"{protocol!r} is none of {', '.join(sorted(_PROTOCOLS))}, nor a number"
        )
    if ports and known not in _WITH_PORTS:
        yield CheckFailure(f"{place}.ports", f"{protocol} has no ports")
    for index, port in enumerate(ports):
        found = _PORTS.fullmatch(str(port))
        bounds = [int(one) for one in (found[1], found[3] or found[1])] if found else [1, 0]
        if bounds[0] > bounds[1] or bounds[1] > _HIGHEST_PORT:
            yield CheckFailure(
                f"{place}.ports[{index}]", f"{port!r} is no port, such as 22, and no range, such as 8000-8080"
            )


def _range(place: str, cidr: Any) -> Iterator[CheckFailure]:
    if cidr is UNKNOWN:
        return
    try:
        ip_network(cidr)
    except ValueError:
        yield CheckFailure(place, f"{cidr!r} is not a network's address and prefix length")
