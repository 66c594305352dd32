"""Network security groups."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, Values
from crosscloud.plugins.simulated_azure_native import rules, wiring
from crosscloud.plugins.simulated_azure_native.base import AzureResource

#: https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview#security-rules
_PRIORITIES = range(100, 4097)
#: https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits
_MOST_RULES, _MOST_PREFIXES = 1000, 4000
_LAST_PORT = 65535
_TAGS = ("*", "Internet", "VirtualNetwork", "AzureLoadBalancer")
_PORTS = re.compile(r"^(\d{1,5})(-(\d{1,5}))?$")


class NetworkSecurityGroup(AzureResource):
    """A security group for subnets; its rules are packet filters on this host (see `rules` and `wiring`)."""

    sdk = "pulumi_azure_native.network:NetworkSecurityGroup"
    namespace, named = "Microsoft.Network/networkSecurityGroups", "networkSecurityGroupName"
    moves = False
    computed = (
        *AzureResource.computed, "defaultSecurityRules", "etag", "flowLogs", "networkInterfaces", "provisioningState",
        "resourceGuid", "subnets",
    )  # fmt: skip

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold each rule to Azure's rules, and all together to different priorities and names."""
        yield from super().rules(call, new)
        listed = new.get("securityRules")
        if not isinstance(listed, list):
            return
        if len(listed) > _MOST_RULES:
            yield CheckFailure("securityRules", f"there are {len(listed)}; {_MOST_RULES} at most are allowed")
        for index, rule in enumerate(listed):
            if rule is not UNKNOWN:
                yield from self._rule(f"securityRules[{index}]", rule)
        yield from _unique(listed, "name", lambda rule: str(rule.get("name")).lower())
        yield from _unique(listed, "priority", lambda rule: (rule.get("direction"), rule.get("priority")))

    def _rule(self, path: str, rule: Mapping[str, Any]) -> Iterator[CheckFailure]:
        if not isinstance(rule.get("name"), str):
            yield CheckFailure(f"{path}.name", "is missing")
        else:
            yield from self.name_rules(f"{path}.name", rule["name"], "SecurityRule")
        if rule.get("priority") is not UNKNOWN and rule.get("priority") not in _PRIORITIES:
            wrong = f"is {rule.get('priority')}; {_PRIORITIES.start} to {_PRIORITIES.stop - 1} are allowed"
            yield CheckFailure(f"{path}.priority", wrong)
        for side in ("source", "destination"):
            yield from _parties(path, rule, side)
        yield from _ports(path, rule)

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Tell Azure's own rules too."""
        made, outputs = super().make(call, inputs)
        return made, {**outputs, "defaultSecurityRules": [dict(rule) for rule in rules.DEFAULTS]}

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Put the new rules in force."""
        outputs = super().change(call, resource_id, old_inputs, old_outputs, new)
        wiring.settle_all(self.cloud)
        return outputs


def _parties(path: str, rule: Mapping[str, Any], side: str) -> Iterator[CheckFailure]:
    one, many = rule.get(f"{side}AddressPrefix"), rule.get(f"{side}AddressPrefixes")
    for other in (f"{side}ApplicationSecurityGroups",):
        if rule.get(other):
            yield CheckFailure(f"{path}.{other}", "is not modelled by the rehearsal: it would have no effect")
    if (one is None) == (not many):
        both = f"{side}AddressPrefix or {side}AddressPrefixes, not both and not neither"
        yield CheckFailure(f"{path}.{side}AddressPrefix", f"SecurityRuleInvalidAddressPrefix: give {both}")
        return
    if many is UNKNOWN:
        return
    listed = many if isinstance(many, list) else [one]
    if len(listed) > _MOST_PREFIXES:
        yield CheckFailure(f"{path}.{side}AddressPrefixes", f"{_MOST_PREFIXES} at most are allowed")
    for text in listed:
        if text is UNKNOWN or text in _TAGS:
            if many and text in _TAGS:
                yield CheckFailure(f"{path}.{side}AddressPrefixes", f"{text} stands alone: use {side}AddressPrefix")
            continue
        try:
            IPv4Network(str(text))
        except ValueError:
            known = ", ".join(_TAGS)
            wrong = f"{text!r} is neither an address, nor a range, nor a service tag that is modelled ({known})"
            yield CheckFailure(f"{path}.{side}AddressPrefix", f"SecurityRuleInvalidAddressPrefix: {wrong}")


def _ports(path: str, rule: Mapping[str, Any]) -> Iterator[CheckFailure]:
    for side in ("source", "destination"):
        one, many = rule.get(f"{side}PortRange"), rule.get(f"{side}PortRanges")
        if (one is None) == (not many):
            yield CheckFailure(f"{path}.{side}PortRange", "SecurityRuleInvalidPortRange: give a range, or ranges")
            continue
        for text in [] if many is UNKNOWN else many or [one]:
            found = _PORTS.match(str(text))
            span = (int(found[1]), int(found[3] or found[1])) if found else (1, 0)
            if text not in ("*", UNKNOWN) and not span[0] <= span[1] <= _LAST_PORT:
                wrong = f"SecurityRuleInvalidPortRange: {text!r} is no port, no range of ports and not *"
                yield CheckFailure(f"{path}.{side}PortRange", wrong)
            elif side == "source" and text != "*":
                yield CheckFailure(f"{path}.sourcePortRange", "the rehearsal models no source ports but *")
    if rule.get("protocol") not in ("*", "Tcp", "Udp", "Icmp", UNKNOWN):
        yield CheckFailure(f"{path}.protocol", f"the rehearsal models Tcp, Udp, Icmp and *, not {rule.get('protocol')}")


def _unique(listed: list[Any], what: str, key: Any) -> Iterator[CheckFailure]:
    seen: dict[Any, int] = {}
    for index, rule in enumerate(listed):
        if rule is UNKNOWN or rule.get(what) is UNKNOWN:
            continue
        first = seen.setdefault(key(rule), index)
        if first != index:
            code = "SecurityRuleConflict" if what == "priority" else "DuplicateResourceName"
            wrong = f"{code}: securityRules[{first}] has the same {what}, {rule.get(what)}"
            yield CheckFailure(f"securityRules[{index}].{what}", wrong)
