"""The resource ``ReservedIpBlock``: addresses of a project that devices of a metro may announce."""

import secrets
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, PluginError, Values
from crosscloud.plugins.simulated import RecordedResource, data
from crosscloud.plugins.simulated_equinix_metal import metro
from crosscloud.plugins.simulated_equinix_metal.account import project_rule

#: Where simulated addresses are taken from: the half of RFC 2544's range for benchmarks that no device has. None of
#: it is anybody's on the Internet.
RANGE = IPv4Network("198.19.0.0/16")
_LARGEST = 256
_TRIES = 64


class ReservedIpBlock(RecordedResource):
    """Public addresses, which lead nowhere until a device announces them."""

    sdk = "pulumi_equinix_metal:ReservedIpBlock"
    computed = (
        *("address", "addressFamily", "cidr", "cidrNotation", "gateway", "global", "manageable", "management"),
        *("netmask", "network", "public"),
    )
    replace_on = ("*",)  # every input is ForceNew in terraform-provider-metal's resource_metal_reserved_ip_block.go

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        """A block has a size that a prefix can have, and a place if it is of a place."""
        yield from project_rule(new)
        quantity = new.get("quantity", UNKNOWN)
        if quantity is not UNKNOWN and not (0 < quantity <= _LARGEST and quantity & (quantity - 1) == 0):
            yield CheckFailure("quantity", f"{quantity:g} is not a power of 2 up to {_LARGEST}")
        kind = new.get("type", "public_ipv4")
        if kind == "public_ipv4":
            if not new.get("metro") and not new.get("facility"):
                reason = "You should set either metro or facility for non-global IP block reservation"
                yield CheckFailure("metro", reason)
            if new.get("metro") and new.get("facility"):
                yield CheckFailure("metro", '"metro": conflicts with facility')
        elif kind == "global_ipv4":
            yield CheckFailure("type", "global_ipv4 is not modelled: a rehearsal has one metro")
        elif kind is not UNKNOWN:
            yield CheckFailure("type", f'expected type to be one of ["public_ipv4" "global_ipv4"], got {kind}')
        yield from metro_rule(new)

    def outputs(self, _call: Call, _id: str, inputs: Values) -> Mapping[str, Any]:
        """Reserve addresses that neither another block has nor this host has a route to."""
        block = self._free(32 - (int(inputs["quantity"]).bit_length() - 1))
        return {
            "type": "public_ipv4",
            "address": str(block[0]),
            "addressFamily": 4,
            "cidr": block.prefixlen,
            "cidrNotation": str(block),
            "gateway": str(IPv4Address(int(block[0]) - 1)),
            "global": False,
            "manageable": True,
            "management": False,
            "netmask": str(block.netmask),
            "network": str(block[0]),
            "public": True,
        }

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Have the routers take the addresses from whoever announces them."""
        made, outputs = super().make(call, inputs)
        metro.sync(self.cloud, inputs["projectId"], inputs["metro"])
        return made, outputs

    def remove(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Have the routers take them no more."""
        super().remove(call, resource_id, inputs, outputs)
        metro.sync(self.cloud, inputs["projectId"], inputs["metro"])

    def _free(self, prefix: int) -> IPv4Network:
        taken = [IPv4Network(record.outputs["cidrNotation"]) for record in self.cloud.records(self.kind)]
        taken += metro.occupied()
        choices = 2 ** (prefix - RANGE.prefixlen)
        for _ in range(_TRIES):
            size = 2 ** (32 - prefix)
            chosen = IPv4Network((int(RANGE[0]) + secrets.randbelow(choices) * size, prefix))
            if not any(chosen.overlaps(one) for one in taken):
                return chosen
        raise PluginError(f"no /{prefix} of {RANGE}, which stands for public addresses, was found free on this host")


def metro_rule(new: Values) -> Iterator[CheckFailure]:
    """Yield what is wrong with a metro."""
    code, known = new.get("metro"), data("crosscloud.plugins.simulated_equinix_metal", "catalogue")["metros"]
    if code and code is not UNKNOWN and code not in known:
        yield CheckFailure("metro", f"422 {code} is not a valid metro; there are {', '.join(known)}")
