"""Cloud Routers, and the NAT by which machines without public addresses reach the Internet."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from crosscloud.plugins.base import Call, CheckFailure, Values
from crosscloud.plugins.simulated_gcp import wiring
from crosscloud.plugins.simulated_gcp.base import GoogleResource

_LISTED = "LIST_OF_SUBNETWORKS"
_RANGES = (_LISTED, "ALL_SUBNETWORKS_ALL_IP_RANGES", "ALL_SUBNETWORKS_ALL_PRIMARY_IP_RANGES")


class Router(GoogleResource):
    """A Cloud Router, which here only holds NATs."""

    sdk = "pulumi_gcp.compute:Router"
    collection, level = "routers", "region"
    replace_on = frozenset(
        {"name", "encryptedInterconnectRouter", "nccGateway", "network", "params", "region", "project"}
    )
    references: ClassVar = {"network": "Network"}


class RouterNat(GoogleResource):
    """A Cloud NAT."""

    sdk = "pulumi_gcp.compute:RouterNat"
    collection, level = "routers", "region"
    computed = ()
    replace_on = frozenset({"name", "router", "endpointTypes", "initialNatIps", "region", "type", "project"})
    references: ClassVar = {"router": "Router", "subnetworks[].name": "Subnetwork"}

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold the ranges to https://cloud.google.com/nat/docs/overview."""
        yield from super().rules(call, new)
        ranges = new.get("sourceSubnetworkIpRangesToNat")
        if ranges not in _RANGES:
            yield CheckFailure("sourceSubnetworkIpRangesToNat", f"{ranges!r} is none of {', '.join(_RANGES)}")
        if (ranges == _LISTED) != bool(new.get("subnetworks")):
            yield CheckFailure("subnetworks", f"has to be set for {_LISTED}, and for nothing else")
        if new.get("enableDynamicPortAllocation") and new.get("enableEndpointIndependentMapping"):
            yield CheckFailure(
                "enableEndpointIndependentMapping", "does not go together with enableDynamicPortAllocation"
            )

    def identify(self, _call: Call, inputs: Values) -> str:
        """Return the provider's id, "PROJECT/REGION/ROUTER/NAME"."""
        region = self.location(inputs).partition("/")[2]
        return f"{self.project(inputs)}/{region}/{inputs['router'].rpartition('/')[2]}/{inputs['name']}"

    def outputs(self, _call: Call, _id: str, inputs: Values) -> Mapping[str, Any]:
        """Return where it is."""
        return {"project": self.project(inputs), "region": self.location(inputs).partition("/")[2]}

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Let its subnetworks' machines out."""
        made = super().make(call, inputs)
        wiring.apply(self.cloud)
        return made

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Let its subnetworks' machines out, and no others."""
        changed = super().change(call, resource_id, old_inputs, old_outputs, new)
        wiring.apply(self.cloud)
        return changed

    def remove(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Let no one out."""
        super().remove(call, resource_id, inputs, outputs)
        wiring.apply(self.cloud)
