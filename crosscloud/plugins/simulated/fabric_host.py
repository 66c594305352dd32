"""The fabric on this host, made of `crosscloud.machines`; its records carry ``rehearsal:<name>:<key>``."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from crosscloud.artifacts import registry
from crosscloud.machines import balancers, cleanup, instances, networks, store
from crosscloud.machines.guard import Guard, Rule
from crosscloud.machines.store import Balancer, Machine, Network, Record
from crosscloud.plugins.base import PluginError
from crosscloud.plugins.simulated import rehearsal
from crosscloud.plugins.simulated.fabric_model import Allow, BalancerSpec, MachineSpec

#: The port of a network's gateway that leads to the registry on this host's loopback.
REGISTRY_PORT = 5000
R = TypeVar("R", bound=Record)


class HostFabric:
    """See `fabric`, whose functions these are."""

    def network(self, key: str, cidr: str) -> None:
        """Make a network, or have the one that is there lead to where the registry is now."""
        ports = {str(REGISTRY_PORT): registry.status().port}
        there = _find(Network, key)
        if there is None or not networks.exists(there):
            networks.create(key, urn=_urn(key), cidr=cidr, outbound=False, host_ports=ports, guard=Guard())
        elif there.inputs["hostPorts"] != ports:
            networks.update(there, host_ports=ports)

    def remove_network(self, key: str) -> None:
        """Remove a network."""
        there = _find(Network, key)
        if there is not None:
            cleanup.delete_network(there.id)

    def boot(self, key: str, network: str, spec: MachineSpec) -> None:
        """Boot a machine."""
        inside = _network(network)
        mirror = f"http://{inside.gateway}:{REGISTRY_PORT}"
        hosts = f'server = "{mirror}"\n[host."{mirror}"]\n  capabilities = ["pull", "resolve"]\n'
        instances.create(
            spec.hostname.partition(".")[0],
            inside.id,
            spec.user_data,
            urn=_urn(key),
            address=spec.address,
            hostname=spec.hostname,
            files={"etc/containerd/certs.d/_default/hosts.toml": hosts, **spec.files},
            report=spec.report,
        )
        networks.update(inside)  # the packet filter knows machines by their links too

    def running(self, key: str) -> bool:
        """Tell whether a machine runs."""
        machine = _find(Machine, key)
        return machine is not None and instances.running(machine)

    def halt(self, key: str) -> None:
        """Remove a machine."""
        machine = _find(Machine, key)
        if machine is not None:
            instances.delete(machine.id)

    def machines(self, network: str) -> list[str]:
        """Return the keys of a network's machines."""
        inside, prefix = _find(Network, network), _urn("")
        found = [one for one in store.everything(Machine) if inside is not None and one.network == inside.id]
        return sorted(one.urn.removeprefix(prefix) for one in found if one.urn.startswith(prefix))

    def balance(self, key: str, network: str, spec: BalancerSpec) -> str:
        """Make a balancer, or lead it to other targets."""
        there, inside = _find(Balancer, key), _network(network)
        address = spec.address
        if there is not None and there.network == inside.id:
            address = address or there.address
            wanted = (address, spec.port, spec.target_port)
            if (there.address, there.port, there.target_port) == wanted and balancers.running(there):
                if there.targets != list(spec.targets):
                    balancers.update(there, spec.targets)
                return there.address
        made = balancers.create(
            inside.id,
            spec.port,
            spec.targets,
            urn=_urn(key),
            address=address,
            target_port=spec.target_port,
            own_source=True,
        )
        return made.address

    def unbalance(self, key: str) -> None:
        """Remove a balancer."""
        there = _find(Balancer, key)
        if there is not None:
            balancers.delete(there.id)

    def guard(self, network: str, allows: Sequence[Allow], internet: Sequence[str]) -> None:
        """Replace a network's packet filter."""
        rules = [Rule(one.source, one.destination, one.protocol, one.ports) for one in allows]
        there, wanted = _network(network), Guard(rules, list(internet))
        kept = None if there.guard is None else Guard.from_record(there.guard)
        if kept != wanted or not networks.exists(there):
            networks.update(there, guard=wanted)

    def lead(self, network: str, ways: Mapping[str, Mapping[str, str]]) -> None:
        """Replace the addresses outside of a network that lead into it."""
        networks.lead(_network(network), ways)

    def purge(self) -> list[str]:
        """Remove all that carries this rehearsal's mark."""
        return cleanup.remove(lambda record: record.urn.startswith(_urn("")))

    def leftovers(self) -> list[str]:
        """Return what carries this rehearsal's mark; a record goes when all that it tells of is gone."""
        return [f"record {one.id} of {one.urn}" for kind in (Balancer, Machine, Network) for one in _mine(kind)]


def network_of(key: str) -> Network | None:
    """Return the record of this rehearsal's network on this host: for what a cloud has beside machines."""
    return _find(Network, key)


def _urn(key: str) -> str:
    return f"rehearsal:{rehearsal.name()}:{key}"


def _mine(kind: type[R]) -> list[R]:
    return [one for one in store.everything(kind) if one.urn.startswith(_urn(""))]


def _find(kind: type[R], key: str) -> R | None:
    return next((one for one in store.everything(kind) if one.urn == _urn(key)), None)


def _network(key: str) -> Network:
    found = _find(Network, key)
    if found is None:
        raise PluginError(f"the network {key} does not exist (any more)")
    return found
