"""Forwarding rules: the address and port of a load balancer, which is a real one on this host."""

import time
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from crosscloud.plugins.base import Call, CheckFailure, PluginError, Values
from crosscloud.plugins.simulated import Record, faults
from crosscloud.plugins.simulated_gcp import names, wiring
from crosscloud.plugins.simulated_gcp.balancers import active_proxies
from crosscloud.plugins.simulated_gcp.base import GoogleResource, number
from crosscloud.plugins.simulated_gcp.services import SCHEMES


class ForwardingRule(GoogleResource):
    """A regional forwarding rule with a static address."""

    sdk = "pulumi_gcp.compute:ForwardingRule"
    collection, level = "forwardingRules", "region"
    computed = ("selfLink", "creationTimestamp", "forwardingRuleId", "effectiveLabels", "pulumiLabels")
    replace_on = frozenset(
        {
            "name", "ipAddress", "ipProtocol", "allPorts", "backendService", "description", "ipCollection", "ipVersion",
            "isMirroringCollector", "loadBalancingScheme", "network", "networkTier", "noAutomateDnsZone", "portRange",
            "ports", "region", "serviceDirectoryRegistrations", "serviceLabel", "sourceIpRanges", "subnetwork",
            "project",
        }
    )  # fmt: skip
    labelled = ("labels",)
    references: ClassVar = {
        "ipAddress": "Address",
        "backendService": "RegionBackendService",
        "target": "RegionTargetTcpProxy",
        "network": "Network",
        "subnetwork": "Subnetwork",
    }

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """A passthrough load balancer leads to a backend service, one with proxies to those."""
        yield from super().rules(call, new)
        scheme = new.get("loadBalancingScheme", "EXTERNAL")
        if scheme not in SCHEMES:
            yield CheckFailure("loadBalancingScheme", f"the rehearsal models {' and '.join(SCHEMES)}, not {scheme}")
        wanted, other = ("target", "backendService") if scheme == "INTERNAL_MANAGED" else ("backendService", "target")
        if new.get(wanted) is None or new.get(other) is not None:
            yield CheckFailure(wanted, f"has to be set for {scheme}, and {other} must not be")
        if new.get("ipAddress") is None:
            yield CheckFailure("ipAddress", "is missing: the rehearsal takes static addresses alone")
        ports = new.get("ports") or ([new["portRange"]] if new.get("portRange") else [])
        if len(ports) != 1 or not str(ports[0]).partition("-")[0].isdigit():
            yield CheckFailure("ports", f"the rehearsal takes one port, given by ports or portRange, not {ports}")

    def find(self, kind: str, reference: str) -> Record | None:
        """Find a static address by what it is, too."""
        if kind == "Address":
            found = (one for one in self.cloud.records(kind) if one.outputs["address"] == reference)
            return next(found, None) or super().find(kind, reference)
        return super().find(kind, reference)

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make the load balancer on this host."""
        self._ensure_free(inputs)
        self._ensure_proxies(inputs)
        wait = faults.load_balancer_delay()
        if wait:
            call.status(f"the load balancer takes {wait:.0f} s (the rehearsed fault slow-load-balancer)")
            time.sleep(wait)
        made = super().make(call, inputs)
        wiring.apply(self.cloud)
        return made

    def outputs(self, call: Call, resource_id: str, inputs: Values) -> Mapping[str, Any]:
        """Return its number."""
        own = int(number(resource_id, call.urn)) % 10**12
        return {**super().outputs(call, resource_id, inputs), "forwardingRuleId": own}

    def remove(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Remove the load balancer from this host."""
        with wiring.held(self.cloud):
            super().remove(call, resource_id, inputs, outputs)
            wiring.unbalance(self.cloud, resource_id)
        wiring.apply(self.cloud)

    def _ensure_free(self, inputs: Values) -> None:
        address = inputs["ipAddress"]
        for other in self.cloud.records(self.kind):
            if other.inputs["ipAddress"] == address and other.inputs["name"] != inputs["name"]:
                why = "Specified IP address is in-use and would result in a conflict."
                raise self.invalid("IPAddress", address, why)

    def _ensure_proxies(self, inputs: Values) -> None:
        if inputs.get("loadBalancingScheme") != "INTERNAL_MANAGED":
            return
        network = self.find("Network", inputs.get("network") or "")
        region = names.last(self.location(inputs))
        if network is None or not list(active_proxies(self.cloud, network.id, region)):
            raise PluginError(
                "Error creating ForwardingRule: googleapi: Error 400: An active proxy-only subnetwork is required in "
                "the same region and VPC as the forwarding rule., invalid"
            )
