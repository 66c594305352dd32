"""Networks and their subnetworks; the machines' one is a bridge on this host."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any, ClassVar

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, PluginError, Values
from crosscloud.plugins.simulated import Record, fabric
from crosscloud.plugins.simulated_gcp import wiring
from crosscloud.plugins.simulated_gcp.base import GoogleResource, number

#: The longest prefixes: of a subnetwork for machines, and of one for proxies.
#: https://cloud.google.com/load-balancing/docs/proxy-only-subnets#planning_the_size_of_your_proxy-only_subnet
_LONGEST_PREFIX, _LONGEST_PROXY_PREFIX = 29, 26
#: What no subnetwork may use: https://cloud.google.com/vpc/docs/subnets#prohibited-ranges, the common ones of them.
_PROHIBITED = [IPv4Network(one) for one in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4")]


class Network(GoogleResource):
    """A custom-mode network; without subnetworks it holds nothing."""

    sdk = "pulumi_gcp.compute:Network"
    collection = "networks"
    computed = ("selfLink", "networkId", "numericId", "gatewayIpv4")
    replace_on = frozenset(
        {"name", "autoCreateSubnetworks", "description", "internalIpv6Range", "networkProfile", "params", "project"}
    )

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """Only networks in custom mode are modelled: the program says where its machines are."""
        yield from super().rules(call, new)
        if new.get("autoCreateSubnetworks") is not False:
            yield CheckFailure(
                "autoCreateSubnetworks", "the rehearsal models networks in custom mode alone: set it to false"
            )

    def outputs(self, call: Call, resource_id: str, inputs: Values) -> Mapping[str, Any]:
        """Return the network's numbers."""
        own = number(resource_id, call.urn)
        found = super().outputs(call, resource_id, inputs)
        return {**found, "networkId": own, "numericId": own, "gatewayIpv4": ""}


class Subnetwork(GoogleResource):
    """A range of a network's addresses in a region."""

    sdk = "pulumi_gcp.compute:Subnetwork"
    collection, level = "subnetworks", "region"
    computed = ("selfLink", "creationTimestamp", "gatewayAddress", "fingerprint", "subnetworkId")
    replace_on = frozenset(
        {"name", "network", "description", "region", "reservedInternalRange", "project", "purpose", "params"}
    )
    references: ClassVar = {"network": "Network"}

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold every range to what Google takes."""
        yield from super().rules(call, new)
        proxies = new.get("purpose") == "REGIONAL_MANAGED_PROXY"
        longest = _LONGEST_PROXY_PREFIX if proxies else _LONGEST_PREFIX
        for place, cidr in _ranges(new):
            yield from _range(place, cidr, longest)
        if proxies and new.get("role") not in ("ACTIVE", "BACKUP", UNKNOWN):
            yield CheckFailure("role", "has to be ACTIVE or BACKUP for the purpose REGIONAL_MANAGED_PROXY")

    def diff(self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new_inputs: Values) -> Any:
        """A range grows in place, and never shrinks: the provider replaces the subnetwork then."""
        found = super().diff(call, resource_id, old_inputs, old_outputs, new_inputs)
        old, new = old_inputs.get("ipCidrRange"), new_inputs.get("ipCidrRange")
        if old == new or (new is not UNKNOWN and IPv4Network(new).supernet_of(IPv4Network(old))):
            return found
        return type(found)(found.detailed, {*found.replaces, "ipCidrRange"}, found.delete_before_replace)

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make the bridge, where it is for machines."""
        self._ensure_free(inputs)
        made = super().make(call, inputs)
        wiring.apply(self.cloud)
        return made

    def outputs(self, call: Call, resource_id: str, inputs: Values) -> Mapping[str, Any]:
        """Return the gateway, the range's second address."""
        found = super().outputs(call, resource_id, inputs)
        gateway = str(IPv4Network(inputs["ipCidrRange"])[1])
        own = number(resource_id, call.urn)
        return {**found, "gatewayAddress": gateway, "fingerprint": own[:8], "subnetworkId": int(own) % 10**12}

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Refuse to grow the bridge: the rehearsal's networks keep their size."""
        if old_inputs["ipCidrRange"] != new["ipCidrRange"]:
            raise PluginError("the rehearsal can't grow a subnetwork that machines are in; Google can")
        return super().change(call, resource_id, old_inputs, old_outputs, new)

    def remove(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Remove the bridge."""
        with wiring.held(self.cloud):
            super().remove(call, resource_id, inputs, outputs)
            if wiring.for_machines(inputs):
                wiring.close(self.cloud, resource_id)
                fabric.remove_network(resource_id)

    def _ensure_free(self, inputs: Values) -> None:
        network = self.find("Network", inputs["network"])
        for other in self.cloud.records(self.kind):
            if network is None or network.id not in other.refers or other.inputs["name"] == inputs["name"]:
                continue
            self._ensure_apart(inputs, other)
            same_region = self.location(other.inputs) == self.location(inputs)
            if inputs.get("role") == "ACTIVE" and other.inputs.get("role") == "ACTIVE" and same_region:
                raise self.invalid("role", "ACTIVE", f"{other.id} is the active proxy-only subnetwork of this region")

    def _ensure_apart(self, inputs: Values, other: Record) -> None:
        for _, cidr in _ranges(inputs):
            for _, taken in _ranges(other.inputs):
                if IPv4Network(cidr).overlaps(IPv4Network(taken)):
                    name = other.inputs["name"]
                    why = f"Invalid IPCidrRange: {cidr} conflicts with existing subnetwork '{name}' ({taken})"
                    raise self.invalid("ipCidrRange", cidr, why)


def _ranges(inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    primary = inputs.get("ipCidrRange")
    if isinstance(primary, str):
        yield "ipCidrRange", primary
    for index, secondary in enumerate(inputs.get("secondaryIpRanges") or []):
        if isinstance(secondary.get("ipCidrRange"), str):
            yield f"secondaryIpRanges[{index}].ipCidrRange", secondary["ipCidrRange"]


def _range(place: str, cidr: str, longest: int) -> Iterator[CheckFailure]:
    try:
        network = IPv4Network(cidr)
    except ValueError:
        yield CheckFailure(place, f"{cidr!r} is not a network's address and prefix length")
        return
    if network.prefixlen > longest:
        yield CheckFailure(place, f"{cidr} is too small: a prefix of at most /{longest}")
    if any(network.overlaps(other) for other in _PROHIBITED):
        yield CheckFailure(place, f"{cidr} is a range that no subnetwork may have")
