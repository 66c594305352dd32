"""The fabric without machines: it notes what would be there, for rehearsals that only look at the engine."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

from crosscloud.machines import addresses
from crosscloud.plugins.base import PluginError
from crosscloud.plugins.simulated import rehearsal
from crosscloud.plugins.simulated.cloud import Cloud
from crosscloud.plugins.simulated.fabric_model import Allow, BalancerSpec, MachineSpec

_NETWORK, _MACHINE, _BALANCER = "Network", "Machine", "Balancer"


class NotedFabric:
    """Keeps its notes beside the cloud's records, as `Cloud` keeps those."""

    def __init__(self) -> None:
        self._notes = Cloud(rehearsal.folder() / "fabric")

    def network(self, key: str, cidr: str) -> None:
        """Note a network."""
        if self._notes.get(_NETWORK, key) is None:
            self._notes.put(_NETWORK, key, {"cidr": str(IPv4Network(cidr))}, {})

    def remove_network(self, key: str) -> None:
        """Forget a network."""
        inside = [one for one in self._notes.records() if one.inputs.get("network") == key]
        if inside:
            raise PluginError(f"the network {key} still has {', '.join(map(str, inside))}: delete them first")
        self._notes.drop("Ways", key)
        self._notes.drop(_NETWORK, key)

    def boot(self, key: str, network: str, spec: MachineSpec) -> None:
        """Note a machine."""
        self._network(network)
        self._notes.put(_MACHINE, key, {"network": network, "hostname": spec.hostname, "address": spec.address}, {})

    def running(self, key: str) -> bool:
        """Tell whether it was booted."""
        return self._notes.get(_MACHINE, key) is not None

    def halt(self, key: str) -> None:
        """Forget a machine."""
        self._notes.drop(_MACHINE, key)

    def machines(self, network: str) -> list[str]:
        """Return the keys of a network's machines."""
        return [one.id for one in self._notes.records(_MACHINE) if one.inputs["network"] == network]

    def balance(self, key: str, network: str, spec: BalancerSpec) -> str:
        """Note a balancer."""
        with self._notes.transaction():
            left = self._notes.get(_BALANCER, key)
            chosen = spec.address or (str(left.outputs["address"]) if left is not None else self._free(network))
            inputs = {
                "network": network,
                "port": spec.port,
                "targets": list(spec.targets),
                "targetPort": spec.target_port,
            }
            self._notes.put(_BALANCER, key, inputs, {"address": chosen})
        return chosen

    def unbalance(self, key: str) -> None:
        """Forget a balancer."""
        self._notes.drop(_BALANCER, key)

    def guard(self, network: str, allows: Sequence[Allow], internet: Sequence[str]) -> None:
        """Note what may pass."""
        found = self._network(network)
        rules = [[one.source, one.destination, one.protocol, one.ports] for one in allows]
        self._notes.put(_NETWORK, network, found, {"allows": rules, "internet": list(internet)})

    def lead(self, network: str, ways: Mapping[str, Mapping[str, str]]) -> None:
        """Note the ways."""
        found = {key: dict(way) for key, way in ways.items()}
        self._notes.put("Ways", network, self._network(network), {"ways": found})

    def purge(self) -> list[str]:
        """Forget everything."""
        found = self._notes.records()
        for one in found:
            self._notes.drop(one.kind, one.id)
        return list(map(str, found))

    def leftovers(self) -> list[str]:
        """Return what is noted."""
        return [f"note of {one}" for one in self._notes.records()]

    def _network(self, key: str) -> dict[str, Any]:
        found = self._notes.get(_NETWORK, key)
        if found is None:
            raise PluginError(f"the network {key} does not exist (any more)")
        return found.inputs

    def _free(self, network: str) -> str:
        taken = [one.outputs["address"] for one in self._notes.records(_BALANCER)]
        choices = map(str, addresses.balancer_addresses(IPv4Network(self._network(network)["cidr"])))
        return addresses.pick(choices, taken, "the load balancer")
