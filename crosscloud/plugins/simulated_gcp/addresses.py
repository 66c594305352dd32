"""Static addresses: internal ones of a subnetwork, and external ones, which stand for public addresses."""

import hashlib
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any, ClassVar

from crosscloud.plugins.base import Call, CheckFailure, PluginError, Values
from crosscloud.plugins.simulated import rehearsal
from crosscloud.plugins.simulated_gcp.base import GoogleResource, number
from crosscloud.plugins.simulated_gcp.machines import free_address

#: The range for tests of networks, which no host on the Internet has (RFC 2544); an address is drawn from it by what it
#: is for, so that two rehearsals on one host do not meet.
_PUBLIC = IPv4Network("198.18.0.0/15")


class Address(GoogleResource):
    """A static regional address."""

    sdk = "pulumi_gcp.compute:Address"
    collection, level = "addresses", "region"
    computed = ("selfLink", "creationTimestamp", "address", "addressId", "users", "effectiveLabels", "pulumiLabels")
    replace_on = frozenset(
        {
            "name", "address", "addressType", "description", "ipCollection", "ipVersion", "ipv6EndpointType", "network",
            "networkTier", "prefixLength", "purpose", "region", "subnetwork", "project",
        }
    )  # fmt: skip
    labelled = ("labels",)
    references: ClassVar = {"subnetwork": "Subnetwork", "network": "Network"}

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """An internal address is of a subnetwork, an external one of none."""
        yield from super().rules(call, new)
        internal = new.get("addressType") == "INTERNAL"
        if internal and new.get("subnetwork") is None:
            yield CheckFailure("subnetwork", "is missing: an internal address is taken from a subnetwork")
        if not internal and new.get("subnetwork") is not None:
            yield CheckFailure("subnetwork", "belongs to internal addresses alone (addressType INTERNAL)")
        if not internal and new.get("address") is not None:
            yield CheckFailure("address", "Google gives external addresses; it takes none")

    def outputs(self, call: Call, resource_id: str, inputs: Values) -> Mapping[str, Any]:
        """Take a free address."""
        found = super().outputs(call, resource_id, inputs)
        if inputs.get("addressType") == "INTERNAL":
            subnetwork = self.find("Subnetwork", inputs["subnetwork"])
            if subnetwork is None:
                raise PluginError(self.missing(call, "subnetwork", "Subnetwork", inputs["subnetwork"]))
            address = free_address(self.cloud, subnetwork, inputs.get("address") or "")
        else:
            address = _public(resource_id)
        own = int(number(resource_id, call.urn))
        return {
            **found,
            "address": address,
            "addressId": own % 10**12,
            "addressType": inputs.get("addressType") or "EXTERNAL",
            "users": [],
        }


def _public(resource_id: str) -> str:
    digest = hashlib.sha256(f"{rehearsal.folder()} {resource_id}".encode()).digest()
    return str(_PUBLIC[1 + int.from_bytes(digest[:4], "big") % (_PUBLIC.num_addresses - 2)])
