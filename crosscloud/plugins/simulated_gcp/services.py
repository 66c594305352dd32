"""What stands between a forwarding rule and instance groups: health checks, backend services, proxies."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, PluginError, Values
from crosscloud.plugins.simulated import Record
from crosscloud.plugins.simulated_gcp import names, wiring
from crosscloud.plugins.simulated_gcp.balancers import group_of
from crosscloud.plugins.simulated_gcp.base import GoogleResource, number

#: The load balancers that the rehearsal knows, by the scheme of their backend services.
SCHEMES = ("EXTERNAL", "INTERNAL_MANAGED")
_LIMITS = ("maxConnections", "maxConnectionsPerInstance", "maxConnectionsPerEndpoint")
#: The one kind of health check that this host's load balancers do.
_READYZ = "/readyz"


class RegionHealthCheck(GoogleResource):
    """A health check: over HTTPS, for /readyz."""

    sdk = "pulumi_gcp.compute:RegionHealthCheck"
    collection, level = "healthChecks", "region"
    computed = ("selfLink", "creationTimestamp", "healthCheckId", "type")
    replace_on = frozenset({"name", "region", "project"})

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """A check's time-out is no longer than its interval."""
        yield from super().rules(call, new)
        timeout, interval = new.get("timeoutSec", 5), new.get("checkIntervalSec", 5)
        if UNKNOWN not in (timeout, interval) and timeout > interval:
            yield CheckFailure("timeoutSec", f"{timeout} is longer than checkIntervalSec, {interval}")
        https = new.get("httpsHealthCheck")
        if https is None or (https is not UNKNOWN and https.get("requestPath", "/") not in (_READYZ, UNKNOWN)):
            yield CheckFailure("httpsHealthCheck", f"the rehearsal does HTTPS checks of {_READYZ} alone")

    def outputs(self, call: Call, resource_id: str, inputs: Values) -> Mapping[str, Any]:
        """Return its number and type."""
        own = int(number(resource_id, call.urn)) % 10**12
        return {**super().outputs(call, resource_id, inputs), "healthCheckId": own, "type": "HTTPS"}


class RegionBackendService(GoogleResource):
    """Instance groups behind a load balancer."""

    sdk = "pulumi_gcp.compute:RegionBackendService"
    collection, level = "backendServices", "region"
    computed = ("selfLink", "creationTimestamp", "fingerprint", "generatedId")
    replace_on = frozenset(
        {"name", "loadBalancingScheme", "network", "params", "project", "region", "haPolicy.fastIpMove"}
    )
    references: ClassVar = {
        "healthChecks": "RegionHealthCheck",
        "backends[].group": "InstanceGroup|RegionInstanceGroupManager",
    }

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold the backends to https://cloud.google.com/load-balancing/docs/backend-service#balancing-mode."""
        yield from super().rules(call, new)
        scheme = new.get("loadBalancingScheme", "INTERNAL")
        if scheme not in (*SCHEMES, UNKNOWN):
            yield CheckFailure("loadBalancingScheme", f"the rehearsal models {' and '.join(SCHEMES)}, not {scheme}")
        for index, backend in enumerate(new.get("backends") or []):
            yield from _backend(f"backends[{index}]", scheme, backend)

    def find(self, kind: str, reference: str) -> Record | None:
        """A managed group's link is that of its instance group."""
        if kind in ("InstanceGroup", "RegionInstanceGroupManager"):
            found = group_of(self.cloud, reference)
            return found if found is not None and found.kind == kind else None
        return super().find(kind, reference)

    def outputs(self, call: Call, resource_id: str, inputs: Values) -> Mapping[str, Any]:
        """Return its number."""
        own = number(resource_id, call.urn)
        found = super().outputs(call, resource_id, inputs)
        return {**found, "generatedId": int(own) % 10**12, "fingerprint": own[:12]}

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Refuse groups that another service uses in another way."""
        self._ensure_modes(inputs)
        made = super().make(call, inputs)
        wiring.apply(self.cloud)
        return made

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Refuse groups that another service uses in another way."""
        self._ensure_modes(new)
        changed = super().change(call, resource_id, old_inputs, old_outputs, new)
        wiring.apply(self.cloud)
        return changed

    def _ensure_modes(self, inputs: Values) -> None:
        modes = {names.identifier(one["group"]): one.get("balancingMode") for one in inputs.get("backends") or []}
        for other in self.cloud.records(self.kind):
            for backend in other.inputs.get("backends") or []:
                group = names.identifier(backend["group"])
                same = other.inputs["name"] == inputs["name"] or modes.get(group) == backend.get("balancingMode")
                if group in modes and not same:
                    raise PluginError(
                        f"Error creating {self.kind}: googleapi: Error 400: Validation failed for instance group "
                        f"'{group}': backend services '{inputs['name']}' and '{other.inputs['name']}' point to the "
                        "same instance group but the backends have incompatible balancing_mode. Values should be the "
                        "same., invalid"
                    )


def _backend(place: str, scheme: Any, backend: Mapping[str, Any]) -> Iterator[CheckFailure]:
    mode, limits = backend.get("balancingMode", "UTILIZATION"), [one for one in _LIMITS if backend.get(one)]
    if scheme == "EXTERNAL":
        if mode not in ("CONNECTION", UNKNOWN):
            yield CheckFailure(f"{place}.balancingMode", f"{mode} is not for passthrough load balancers: CONNECTION")
        for one in (*limits, *(key for key in ("capacityScaler",) if backend.get(key) is not None)):
            yield CheckFailure(f"{place}.{one}", "is not for passthrough load balancers")
    elif mode == "CONNECTION" and not limits:
        yield CheckFailure(
            f"{place}.maxConnectionsPerInstance", f"one of {', '.join(_LIMITS)} has to be set for CONNECTION"
        )


class RegionTargetTcpProxy(GoogleResource):
    """The proxies of an internal load balancer."""

    sdk = "pulumi_gcp.compute:RegionTargetTcpProxy"
    collection, level = "targetTcpProxies", "region"
    computed = ("selfLink", "creationTimestamp", "proxyId")
    replace_on = frozenset({"name", "backendService", "description", "proxyBind", "proxyHeader", "region", "project"})
    references: ClassVar = {"backendService": "RegionBackendService"}

    def outputs(self, call: Call, resource_id: str, inputs: Values) -> Mapping[str, Any]:
        """Return its number."""
        own = int(number(resource_id, call.urn)) % 10**12
        return {**super().outputs(call, resource_id, inputs), "proxyId": own}
