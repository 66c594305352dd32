"""Load balancers: a haproxy process each, on an address of its own on the network's bridge."""

import sys
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from crosscloud.machines import (
    addresses,
    bootlog,
    commands,
    haproxy,
    networks,
    nft,
    processes,
    requirements,
    services,
    store,
)
from crosscloud.machines.errors import MachineError
from crosscloud.machines.host import host_lock
from crosscloud.machines.store import Balancer, Network

_START_TIMEOUT = 10.0
_LOG = "haproxy.log"
#: The state TCP_LISTEN in /proc/net/tcp.
_LISTENING = "0A"


def create(  # noqa: PLR0913 - all but three are optional
    network_id: str,
    port: int,
    targets: Sequence[str],
    *,
    urn: str = "",
    address: str | None = None,
    target_port: int = 0,
    own_source: bool = False,
) -> Balancer:
    """Make a load balancer for TCP ``port`` that leads to the same port of those ``targets`` that are ready.

    It leads to ``target_port`` if that is given, and has a free address of the network unless ``address`` is given (one
    outside of the network is reached by its gateway). With ``own_source`` targets see connections as coming from that
    address. What an interrupted creation left for the same ``urn`` is taken over if it is whole, and removed otherwise.
    """
    requirements.ensure("run a load balancer")
    inputs = {"network": network_id, "port": port, "targets": list(targets)}
    special = {"address": address, "targetPort": target_port, "ownSource": own_source}
    inputs |= {key: value for key, value in special.items() if value}
    with host_lock():
        network = networks.get(network_id)
        if network is None:
            raise MachineError(f"the load balancer can't be made: its network {network_id} does not exist (any more)")
        for left in store.everything(Balancer):
            if urn and left.urn == urn:
                if left.inputs == inputs and running(left):
                    return left
                _remove(left)
        balancer = _record(network, urn, inputs)
        try:
            _start(balancer, network)
        except BaseException:
            _remove(balancer)
            raise
    return balancer


def update(balancer: Balancer, targets: Sequence[str]) -> Balancer:
    """Lead to other targets from now on; connections that run go on."""
    with host_lock():
        balancer.targets = list(targets)
        balancer.inputs = {**balancer.inputs, "targets": list(targets)}
        _configure(balancer)
        if not processes.alive(balancer.process):
            raise MachineError(f"the load balancer {balancer.address} does not run (any more): refresh and run again")
        haproxy.reload(balancer.process[0])
        store.save(balancer)
    return balancer


def get(identifier: str) -> Balancer | None:
    """Return the load balancer, or None if there is none of that id or it does not run."""
    balancer = store.load(Balancer, identifier)
    return balancer if balancer is not None and running(balancer) else None


def running(balancer: Balancer) -> bool:
    """Tell whether the load balancer is whole: its process lives and its network is there."""
    alive = balancer.phase == store.READY and processes.alive(balancer.process)
    return alive and networks.get(balancer.network) is not None


def delete(identifier: str) -> None:
    """Remove the load balancer and every trace of it."""
    with host_lock():
        balancer = store.load(Balancer, identifier)
        if balancer is not None:
            _remove(balancer)


def _record(network: Network, urn: str, inputs: dict[str, object]) -> Balancer:
    # An address of this host is one on all of its networks.
    taken = store.addresses()
    candidates = [str(one) for one in addresses.balancer_addresses(IPv4Network(network.cidr))]
    wanted = inputs.get("address")
    if wanted in taken:
        raise MachineError(f"the address {wanted} for the load balancer is taken by another one or by a machine")
    balancer = Balancer(
        id=store.new_id(),
        urn=urn,
        inputs=inputs,
        network=network.id,
        address=str(wanted) if wanted else addresses.pick(candidates, taken, "the load balancer"),
        port=int(str(inputs["port"])),
        target_port=int(str(inputs.get("targetPort", 0))),
        own_source=bool(inputs.get("ownSource")),
        targets=list(inputs["targets"]),  # type: ignore[call-overload]
    )
    store.save(balancer)
    return balancer


def _start(balancer: Balancer, network: Network) -> None:
    purpose = f"make the load balancer {balancer.address}"
    commands.run(["ip", "address", "replace", f"{balancer.address}/32", "dev", network.bridge], purpose=purpose)
    nft.listen(network, balancer.address, balancer.port, open_=True)
    _configure(balancer)
    folder = store.folder(Balancer, balancer.id)
    balancer.process = services.start(balancer.unit, haproxy.COMMAND, folder=folder, log=_LOG)
    listening = processes.wait_until(
        lambda: _listens(balancer) or not processes.alive(balancer.process), _START_TIMEOUT, step=0.05
    )
    if not listening or not processes.alive(balancer.process):
        raise MachineError(
            f"cannot {purpose}: haproxy does not listen. Its last words:\n" + bootlog.tail(folder / _LOG)
        )
    balancer.phase = store.READY
    store.save(balancer)


def _configure(balancer: Balancer) -> None:
    folder = store.folder(Balancer, balancer.id)
    text = haproxy.render(
        balancer.address,
        balancer.port,
        balancer.targets,
        target_port=balancer.target_port,
        own_source=balancer.own_source,
    )
    haproxy.write(folder, text)


def _listens(balancer: Balancer) -> bool:
    """Tell whether something listens on its address, by the kernel's own list: a guard may keep this host from it."""
    packed = int.from_bytes(IPv4Address(balancer.address).packed, sys.byteorder)
    place = f"{packed:08X}:{balancer.port:04X}"
    lines = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return any(fields[1] == place and fields[3] == _LISTENING for fields in lines)


def _remove(balancer: Balancer) -> None:
    if not processes.kill_cgroup(balancer.unit):
        raise MachineError(f"the load balancer {balancer.address} can't be ended: its processes survive a kill")
    processes.end(balancer.process)
    network = store.load(Network, balancer.network)
    if network is not None and Path("/sys/class/net", network.bridge).exists():
        nft.listen(network, balancer.address, balancer.port, open_=False)
        if (
            balancer.address
            in commands.run(
                ["ip", "-4", "address", "show", "dev", network.bridge], purpose="list the bridge's addresses"
            )
            .replace("/", " ")
            .split()
        ):
            command = ["ip", "address", "delete", f"{balancer.address}/32", "dev", network.bridge]
            commands.run(command, purpose=f"remove the address {balancer.address}")
    store.forget(balancer)
