"""Load balancers."""

import time
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, Values
from crosscloud.plugins.simulated import fabric, faults
from crosscloud.plugins.simulated_azure_native import wiring
from crosscloud.plugins.simulated_azure_native.base import AzureResource

#: https://learn.microsoft.com/azure/load-balancer/load-balancer-custom-probe-overview
_SHORTEST_PROBE, _LAST_PORT = 5, 65535
_IDLE = range(4, 101)
#: What a rule names, and where the balancer lists it.
_PARTS = {
    "frontendIPConfiguration": "frontendIPConfigurations",
    "backendAddressPool": "backendAddressPools",
    "probe": "probes",
}


class LoadBalancer(AzureResource):
    """A public standard load balancer: an address on the bridge once an interface is in its pool.

    It leads to the machines that answer HTTPS /readyz, which is the only probe that is modelled.
    """

    sdk = "pulumi_azure_native.network:LoadBalancer"
    namespace, named = "Microsoft.Network/loadBalancers", "loadBalancerName"
    moves = False
    computed = (*AzureResource.computed, "etag", "provisioningState", "resourceGuid")
    references: ClassVar[Mapping[str, str]] = {"frontendIPConfigurations[].publicIPAddress.id": "PublicIPAddress"}
    unmodelled = ("inboundNatPools", "inboundNatRules", "outboundRules")

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold fronts, probes and rules to Azure's rules."""
        yield from super().rules(call, new)
        if (new.get("sku") or {}).get("name") != "Standard":
            yield CheckFailure("sku.name", "has to be Standard: basic load balancers were retired on 30 September 2025")
        for index, front in _each(new, "frontendIPConfigurations"):
            if not (front.get("publicIPAddress") or {}).get("id"):
                path = f"frontendIPConfigurations[{index}].publicIPAddress"
                yield CheckFailure(path, "is missing: the rehearsal models public fronts alone")
        for index, probe in _each(new, "probes"):
            yield from _probe(f"probes[{index}]", probe)
        for index, rule in _each(new, "loadBalancingRules"):
            yield from self._rule(f"loadBalancingRules[{index}]", rule, new)

    def _rule(self, path: str, rule: Mapping[str, Any], new: Values) -> Iterator[CheckFailure]:
        for part, listed in _PARTS.items():
            reference = (rule.get(part) or {}).get("id")
            if reference is None:
                yield CheckFailure(f"{path}.{part}", "is missing")
                continue
            names = [str(one.get("name")) for _, one in _each(new, listed)]
            if isinstance(reference, str) and reference.rpartition("/")[2] not in names:
                wrong = f"InvalidResourceReference: {reference} is none of the load balancer's {', '.join(names)}"
                yield CheckFailure(f"{path}.{part}", wrong)
        for port in ("frontendPort", "backendPort"):
            if isinstance(rule.get(port), int) and not 1 <= rule[port] <= _LAST_PORT:
                yield CheckFailure(f"{path}.{port}", f"is {rule[port]}; 1 to {_LAST_PORT} are allowed")
        if rule.get("protocol") != "Tcp":
            yield CheckFailure(f"{path}.protocol", "the rehearsal models Tcp alone")
        if rule.get("enableFloatingIP"):
            yield CheckFailure(f"{path}.enableFloatingIP", "is not modelled by the rehearsal")
        minutes = rule.get("idleTimeoutInMinutes")
        if isinstance(minutes, int) and minutes not in _IDLE:
            wrong = f"is {minutes}; {_IDLE.start} to {_IDLE.stop - 1} are allowed"
            yield CheckFailure(f"{path}.idleTimeoutInMinutes", wrong)

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make it, perhaps slowly. Its parts have ids that the program may have foretold; those have to be right."""
        foretold = f"{self.identify(call, inputs)}/"
        for rule in inputs.get("loadBalancingRules") or []:
            for part in _PARTS:
                if not rule[part]["id"].startswith(foretold):
                    raise self.invalid(
                        "InvalidResourceReference",
                        f"Resource {rule[part]['id']} referenced by resource "
                        f"{foretold}loadBalancingRules/{rule['name']} was not found.",
                    )
        if delay := faults.load_balancer_delay():
            call.status(f"the load balancer takes {delay:.0f} s (the rehearsed fault slow-load-balancer)")
            time.sleep(delay)
        return super().make(call, inputs)

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Lead by the new rules; those that are gone lead nowhere."""
        outputs = super().change(call, resource_id, old_inputs, old_outputs, new)
        kept = {rule["name"] for rule in new.get("loadBalancingRules") or []}
        self._stop(resource_id, [one for one in old_inputs.get("loadBalancingRules") or [] if one["name"] not in kept])
        wiring.settle_all(self.cloud)
        return outputs

    def remove(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Give its address up."""
        super().remove(call, resource_id, inputs, outputs)
        self._stop(resource_id, inputs.get("loadBalancingRules") or [])
        wiring.settle_all(self.cloud)

    def _stop(self, resource_id: str, rules: list[Mapping[str, Any]]) -> None:
        for rule in rules:
            fabric.unbalance(f"{resource_id}/{rule['name']}")


def _each(values: Mapping[str, Any], key: str) -> list[tuple[int, Mapping[str, Any]]]:
    listed = values.get(key)
    return [(i, one) for i, one in enumerate(listed if isinstance(listed, list) else []) if one is not UNKNOWN]


def _probe(path: str, probe: Mapping[str, Any]) -> Iterator[CheckFailure]:
    if (probe.get("protocol"), probe.get("requestPath")) != ("Https", "/readyz"):
        yield CheckFailure(path, "the rehearsal models probes of HTTPS /readyz alone")
    seconds = probe.get("intervalInSeconds")
    if isinstance(seconds, int) and seconds < _SHORTEST_PROBE:
        yield CheckFailure(f"{path}.intervalInSeconds", f"is {seconds}; {_SHORTEST_PROBE} or more are allowed")
