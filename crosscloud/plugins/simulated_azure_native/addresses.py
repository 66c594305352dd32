"""Public addresses, and the NAT gateways that machines leave by."""

import hashlib
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any, ClassVar

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, Values
from crosscloud.plugins.simulated import Record, rehearsal
from crosscloud.plugins.simulated_azure_native import wiring
from crosscloud.plugins.simulated_azure_native.base import AzureResource, zone_rules

#: Addresses that are nobody's: RFC 2544 keeps them for tests of networks.
PUBLIC = IPv4Network("198.18.0.0/15")
#: Each rehearsal has some of its own, since several may run on one host.
_EACH = 256


class PublicIPAddress(AzureResource):
    """A static standard address, known as soon as it is made."""

    sdk = "pulumi_azure_native.network:PublicIPAddress"
    namespace, named = "Microsoft.Network/publicIPAddresses", "publicIpAddressName"
    fixed = ("publicIPAddressVersion", "publicIPPrefix", "sku")
    computed = (*AzureResource.computed, "etag", "ipAddress", "ipConfiguration", "provisioningState", "resourceGuid")
    unmodelled = ("dnsSettings", "publicIPPrefix", "natGateway", "ipTags", "ipAddress", "deleteOption")

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """The rehearsal models what its load balancers and NAT gateways take."""
        yield from super().rules(call, new)
        yield from zone_rules(new)
        zones = new.get("zones")
        if isinstance(zones, list) and UNKNOWN not in zones and len(zones) not in (1, 3):
            yield CheckFailure("zones", f"has {len(zones)} zones; one, or all three")
        if (new.get("sku") or {}).get("name") != "Standard":
            yield CheckFailure("sku.name", "has to be Standard: basic addresses were retired on 30 September 2025")
        if new.get("publicIPAllocationMethod") != "Static":
            yield CheckFailure("publicIPAllocationMethod", "StandardSkuPublicIPAddressesMustBeStatic: has to be Static")
        if new.get("publicIPAddressVersion") not in (None, "IPv4"):
            yield CheckFailure("publicIPAddressVersion", "the rehearsal models IPv4 alone")

    def outputs(self, call: Call, resource_id: str, inputs: Values) -> Mapping[str, Any]:
        """Give it an address that no other has."""
        taken = {record.outputs["ipAddress"] for record in self.cloud.records(self.kind)}
        digest = int(hashlib.sha256(str(rehearsal.folder()).encode()).hexdigest(), 16)
        first = digest % (PUBLIC.num_addresses // _EACH) * _EACH
        free = (str(PUBLIC[first + index]) for index in range(1, _EACH - 1))
        address = next((one for one in free if one not in taken), None)
        if address is None:
            raise self.invalid("PublicIPCountLimitReached", "Cannot create more public IP addresses.")
        return {**super().outputs(call, resource_id, inputs), "ipAddress": address}

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Refuse other zones: the provider would try it."""
        if old_inputs.get("zones") != new.get("zones"):
            message = f"Resource {resource_id} has an existing availability zone constraint and it cannot be modified."
            raise self.invalid("ResourceAvailabilityZonesCannotBeModified", message)
        return super().change(call, resource_id, old_inputs, old_outputs, new)

    def in_use(self, _call: Call, record: Record, referrers: Any) -> str:
        """Return Azure's words."""
        return (
            f'Code="PublicIPAddressCannotBeDeleted" Message="Public IP address {record.id} can not be deleted since it '
            f"is still allocated to resource {referrers[0].id}. In order to delete the public IP, disassociate/detach "
            'the Public IP address from the resource."'
        )


class NatGateway(AzureResource):
    """A NAT gateway: the machines of its subnets reach the outside, and are seen there by its address."""

    sdk = "pulumi_azure_native.network:NatGateway"
    namespace, named = "Microsoft.Network/natGateways", "natGatewayName"
    moves = False
    computed = (*AzureResource.computed, "etag", "provisioningState", "resourceGuid", "subnets")
    references: ClassVar[Mapping[str, str]] = {"publicIpAddresses[].id": "PublicIPAddress"}
    unmodelled = ("publicIpPrefixes",)

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold it to Azure's limits: 4 to 120 minutes, up to 16 addresses."""
        yield from super().rules(call, new)
        yield from zone_rules(new)
        if (new.get("sku") or {}).get("name") not in ("Standard", UNKNOWN):
            yield CheckFailure("sku.name", "has to be Standard")
        minutes, addresses = new.get("idleTimeoutInMinutes"), new.get("publicIpAddresses")
        if isinstance(minutes, int) and minutes not in range(4, 121):
            yield CheckFailure("idleTimeoutInMinutes", f"is {minutes}; 4 to 120 are allowed")
        if isinstance(addresses, list) and len(addresses) not in range(1, 17):
            yield CheckFailure("publicIpAddresses", f"has {len(addresses)}; 1 to 16 are allowed")

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Let machines leave by the new addresses."""
        outputs = super().change(call, resource_id, old_inputs, old_outputs, new)
        wiring.settle_all(self.cloud)
        return outputs
