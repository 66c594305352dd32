"""The resource ``crosscloud:index:LoadBalancer``: an address in a network that leads to the targets that are ready."""

from collections.abc import Mapping
from typing import Any

from crosscloud.machines import balancers, store
from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, PluginError, Resource, Values
from crosscloud.plugins.crosscloud import checks

#: Where a Kubernetes API server listens.
DEFAULT_PORT = 6443


class LoadBalancer(Resource):
    """Inputs: networkId, port (default: 6443), targets (addresses in the network). Outputs: address, port, targets."""

    replace_on = ("networkId", "port")
    delete_before_replace = True

    def check(self, _call: Call, _old: Values, new: Values) -> tuple[Mapping[str, Any], list[CheckFailure]]:
        """Refuse what no load balancer can be."""
        new.setdefault("port", DEFAULT_PORT)
        failures = checks.keys(new, ["networkId", "targets"], ["port"]) + checks.port(new["port"], "port")
        targets = new.get("targets")
        if targets is None or targets is UNKNOWN:
            return new, failures
        if not isinstance(targets, list) or not targets:
            return new, [*failures, CheckFailure("targets", "has to be a list of at least one address")]
        for index, target in enumerate(targets):
            failures += checks.address(target, f"targets[{index}]")
        known = [target for target in targets if target is not UNKNOWN]
        if len({*map(str, known)}) < len(known):
            failures.append(CheckFailure("targets", "names an address twice"))
        return new, failures

    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Start it; its targets need not answer yet."""
        if call.preview:
            return "", {"address": UNKNOWN, "port": inputs["port"], "targets": inputs["targets"]}
        balancer = balancers.create(inputs["networkId"], inputs["port"], inputs["targets"], urn=call.urn)
        return balancer.id, _outputs(balancer)

    def read(self, _call: Call, resource_id: str, _inputs: Values, _recorded: Values) -> Mapping[str, Any] | None:
        """Return what is there; one whose process has died is none."""
        balancer = balancers.get(resource_id)
        return _outputs(balancer) if balancer is not None else None

    def update(
        self, call: Call, resource_id: str, _old_inputs: Values, old_outputs: Values, new_inputs: Values
    ) -> Mapping[str, Any]:
        """Lead to other targets; connections that run go on."""
        if call.preview:
            return {**old_outputs, "targets": new_inputs["targets"]}
        balancer = balancers.get(resource_id)
        if balancer is None:
            raise PluginError(f"the load balancer {resource_id} does not run: `pulumi refresh`, then run it again")
        return _outputs(balancers.update(balancer, new_inputs["targets"]))

    def delete(self, _call: Call, resource_id: str, _inputs: Values, _recorded: Values) -> None:
        """Stop and remove it."""
        balancers.delete(resource_id)


def _outputs(balancer: store.Balancer) -> dict[str, Any]:
    return {"address": balancer.address, "port": balancer.port, "targets": balancer.targets}
