"""The resource ``BgpSession``: that a device may announce addresses to the routers of its metro."""

import time
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, Values
from crosscloud.plugins.simulated import RecordedResource, faults
from crosscloud.plugins.simulated_equinix_metal import metro


class BgpSession(RecordedResource):
    """The routers talk BGP with the devices that have one, and the device's metadata tells how."""

    sdk = "pulumi_equinix_metal:BgpSession"
    computed = ("status",)
    replace_on = ("*",)  # every input is ForceNew in terraform-provider-metal's resource_metal_bgp_session.go
    references: ClassVar[Mapping[str, str]] = {"deviceId": "Device"}
    unique = ("deviceId", "addressFamily")

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        """There are two families, and devices without IPv6 addresses have one."""
        family = new.get("addressFamily", UNKNOWN)
        if family is not UNKNOWN and family not in ("ipv4", "ipv6"):
            yield CheckFailure("addressFamily", f'expected address_family to be one of ["ipv4" "ipv6"], got {family}')

    def outputs(self, _call: Call, _id: str, _inputs: Values) -> Mapping[str, Any]:
        """Equinix looks after a session's state every few hours only."""
        return {"status": "unknown", "defaultRoute": False}

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Have the routers expect the device."""
        made, outputs = super().make(call, inputs)
        time.sleep(faults.load_balancer_delay())  # what leads to the API here
        metro.sync_of(self.cloud, inputs["deviceId"])
        return made, outputs

    def remove(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Have the routers forget the device."""
        super().remove(call, resource_id, inputs, outputs)
        metro.sync_of(self.cloud, inputs["deviceId"])
