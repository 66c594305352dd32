"""The resource ``crosscloud:index:Network``: a network on this host."""

from collections.abc import Mapping
from typing import Any

from crosscloud.machines import addresses, cleanup, networks, store
from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, PluginError, Resource, Values
from crosscloud.plugins.crosscloud import checks

_LONGEST_NAME = 63


class Network(Resource):
    """Inputs: name, cidr (default: a free /24), outbound (default: true), hostPorts (the gateway's → the host's).

    Outputs: the inputs, cidr, gateway, bridge.
    """

    replace_on = ("name", "cidr", "outbound")
    delete_before_replace = True

    def check(self, _call: Call, _old: Values, new: Values) -> tuple[Mapping[str, Any], list[CheckFailure]]:
        """Fill in what is left out and refuse what no network can be."""
        new.setdefault("outbound", True)
        new.setdefault("hostPorts", {})
        failures = checks.keys(new, ["name"], ["cidr", "outbound", "hostPorts"])
        failures += checks.name(new, "name", _LONGEST_NAME)
        failures += checks.network(new, "cidr", addresses.PREFIXES)
        if new["outbound"] is not UNKNOWN and not isinstance(new["outbound"], bool):
            failures.append(CheckFailure("outbound", f"{new['outbound']!r} has to be true or false"))
        return new, failures + _check_ports(new["hostPorts"])

    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make the bridge, its address and its guard."""
        if call.preview:
            return "", {"cidr": UNKNOWN, **inputs, "gateway": UNKNOWN, "bridge": UNKNOWN}
        network = networks.create(
            inputs["name"],
            urn=call.urn,
            cidr=inputs.get("cidr"),
            outbound=inputs["outbound"],
            host_ports=inputs["hostPorts"],
        )
        return network.id, _outputs(network)

    def read(self, _call: Call, resource_id: str, _inputs: Values, _recorded: Values) -> Mapping[str, Any] | None:
        """Return what is there; a network without its bridge or its guard (after a reboot) is none."""
        network = networks.get(resource_id)
        return _outputs(network) if network is not None else None

    def update(
        self, call: Call, resource_id: str, _old_inputs: Values, old_outputs: Values, new_inputs: Values
    ) -> Mapping[str, Any]:
        """Change the forwarded ports."""
        if call.preview:
            return {**old_outputs, **new_inputs}
        network = networks.get(resource_id)
        if network is None:
            raise PluginError(f"the network {resource_id} is gone: `pulumi refresh`, then run it again")
        return _outputs(networks.update(network, host_ports=new_inputs["hostPorts"]))

    def delete(self, _call: Call, resource_id: str, _inputs: Values, _recorded: Values) -> None:
        """Remove the network, and what died in it."""
        cleanup.delete_network(resource_id)


def _outputs(network: store.Network) -> dict[str, Any]:
    return {
        "name": network.inputs["name"],
        "outbound": network.inputs["outbound"],
        "hostPorts": network.inputs["hostPorts"],
        "cidr": network.cidr,
        "gateway": network.gateway,
        "bridge": network.bridge,
    }


def _check_ports(ports: Any) -> list[CheckFailure]:
    if ports is UNKNOWN:
        return []
    if not isinstance(ports, Mapping):
        return [CheckFailure("hostPorts", "has to map ports of the gateway to ports of this host")]
    failures = []
    for outer, inner in ports.items():
        failures += checks.port(outer, f"hostPorts.{outer}") + checks.port(inner, f"hostPorts.{outer}")
    return failures
