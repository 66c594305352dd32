"""What a simulated cloud does on this host: networks, machines, load balancers and packet filters that are real.

Everything is known by a key of the plugin's choosing (the cloud's id) within the rehearsal, is idempotent by it, and
outlives the engine. Several rehearsals and local clusters live side by side. With ``$CROSSCLOUD_REHEARSAL_MACHINES=no``
only notes are kept: nothing is booted and no packet is filtered.

Between machines, balancers and whoever runs the program only what `guard` was given passes; all else is dropped, as on
the clouds. Replies pass.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from ipaddress import IPv4Network

from crosscloud.plugins.base import PluginError
from crosscloud.plugins.simulated import faults, rehearsal
from crosscloud.plugins.simulated.fabric_model import OPERATOR, Allow, BalancerSpec, Fabric, MachineSpec

__all__ = [
    "OPERATOR",
    "Allow",
    "balance",
    "boot",
    "guard",
    "halt",
    "lead",
    "leftovers",
    "machines",
    "network",
    "operator",
    "purge",
    "remove_network",
    "running",
    "unbalance",
]

_OPERATOR_VARIABLE = "CROSSCLOUD_REHEARSAL_OPERATOR"


def _fabric() -> Fabric:
    if rehearsal.machines():
        from crosscloud.plugins.simulated.fabric_host import HostFabric

        return HostFabric()
    from crosscloud.plugins.simulated.fabric_notes import NotedFabric

    return NotedFabric()


def network(key: str, cidr: str) -> None:
    """Make the bridge of a cloud's network; nothing passes on it before `guard`, and nothing leaves it.

    ``cidr`` is a range of /16 to /26 that this host does not use yet.
    """
    _fabric().network(key, cidr)


def remove_network(key: str) -> None:
    """Remove a network with what is dead in it; refuse while something in it lives."""
    _fabric().remove_network(key)


def boot(  # noqa: PLR0913 - a machine has no fewer
    key: str,
    network: str,
    *,
    hostname: str,
    address: str,
    user_data: str | bytes,
    report: Callable[[str], None] = lambda _line: None,
    files: Mapping[str, str] | None = None,
) -> None:
    """Boot a machine from its user-data, byte for byte, under the name that the cloud would give it.

    Returns when its init runs. One that runs and was made of the same is left alone; else it is made anew. Its
    containerd takes every image from the registry of this host. ``files`` are texts that it finds on its disk, by
    paths without the first slash; those of ``etc/hosts`` are added to its own.
    """
    if faults.machine_never_boots():
        report(f"{hostname} stays dark (the rehearsed fault no-boot)")
        return
    _fabric().boot(key, network, MachineSpec(hostname, address, user_data, report, files or {}))


def running(key: str) -> bool:
    """Tell whether the machine is there and runs."""
    return _fabric().running(key)


def halt(key: str) -> None:
    """End a machine and remove it with its disk; one that is gone already is no error."""
    _fabric().halt(key)


def machines(network: str) -> list[str]:
    """Return the keys of the network's machines, those that died included."""
    return _fabric().machines(network)


def balance(  # noqa: PLR0913 - a balancer has no fewer
    key: str, network: str, *, port: int, targets: Sequence[str], target_port: int, address: str | None = None
) -> str:
    """Lead TCP ``port`` of an address to ``target_port`` of the targets that answer HTTPS /readyz; return the address.

    Asked again with other targets it leads there from then on, and connections that run go on. Without ``address`` it
    gets a free one of the network's upper quarter; a public address works too.
    """
    return _fabric().balance(key, network, BalancerSpec(port, targets, target_port, address))


def unbalance(key: str) -> None:
    """Remove a balancer; one that is gone already is no error."""
    _fabric().unbalance(key)


def guard(network: str, allows: Iterable[Allow], internet: Iterable[str]) -> None:
    """Replace what may pass in a network, in one step.

    ``internet`` are the addresses of the machines that have a way out and may use it: they alone reach the registry of
    this host, which stands for the Internet.
    """
    _fabric().guard(network, sorted(set(allows), key=repr), sorted(set(internet)))


def lead(network: str, ways: Mapping[str, Mapping[str, str]]) -> None:
    """Replace the addresses outside of a network's range that lead into it, such as those that its machines announce.

    Each has an address to go by (``via``; without one packets from it are merely no spoofed ones) and the address that
    packets of this host to it come from (``source``, such as `operator()`; the gateway's by default).
    """
    _fabric().lead(network, ways)


def operator() -> str:
    """Return the public address of whoever runs the program.

    ``$CROSSCLOUD_REHEARSAL_OPERATOR``, or the first address of the first of the stack's ``apiAccessCidrs``.
    """
    chosen = os.environ.get(_OPERATOR_VARIABLE)
    if chosen:
        return chosen
    import yaml

    file = rehearsal.folder() / "project" / f"Pulumi.{rehearsal.name()}.yaml"
    try:
        config = (yaml.safe_load(file.read_text()) or {}).get("config") or {}
    except FileNotFoundError:
        config = {}
    ranges = config.get("crosscloud:apiAccessCidrs")
    if not ranges:
        raise PluginError(
            f"who runs the rehearsal is not known: neither ${_OPERATOR_VARIABLE} nor apiAccessCidrs in {file} says it"
        )
    first = IPv4Network(ranges[0])
    return str(first[1] if first.num_addresses > 1 else first[0])


def purge() -> list[str]:
    """Remove all of this rehearsal from the host, and nothing else; say what was removed."""
    return _fabric().purge()


def leftovers() -> list[str]:
    """Return one line for each thing of this rehearsal that is there: none after `purge`."""
    return _fabric().leftovers()
