"""Networks: a Linux bridge on this host with a gateway address, guarded by an nft table."""

import json
from collections.abc import Mapping
from ipaddress import IPv4Network
from pathlib import Path

from crosscloud.machines import addresses, commands, firewall, nft, processes, requirements, settings, store
from crosscloud.machines.errors import MachineError
from crosscloud.machines.guard import Guard
from crosscloud.machines.guard import render as render_bridge
from crosscloud.machines.host import host_lock
from crosscloud.machines.store import Network


def create(  # noqa: PLR0913 - all but the name are optional
    name: str,
    *,
    urn: str = "",
    cidr: str | None = None,
    outbound: bool = True,
    host_ports: Mapping[str, int] | None = None,
    guard: Guard | None = None,
) -> Network:
    """Make a network, or take over the one that an interrupted creation left for the same ``urn`` and inputs.

    ``cidr`` is the first free /24 of `addresses.POOL` by default. ``host_ports`` maps ports of the gateway to ports of
    127.0.0.1 on this host. With a ``guard`` nothing passes but what it allows; it is no part of the inputs.
    """
    inputs = {"name": name, "cidr": cidr, "outbound": outbound, "hostPorts": dict(host_ports or {})}
    with host_lock():
        requirements.ensure("make a network")
        for left in store.everything(Network):
            if urn and left.urn == urn:
                if left.inputs == inputs and exists(left):
                    return left
                _remove(left)
        chosen = _choose(cidr)
        network = Network(
            id=store.new_id(),
            urn=urn,
            inputs=inputs,
            cidr=str(chosen),
            gateway=str(addresses.gateway(chosen)),
            guard=None if guard is None else guard.to_record(),
        )
        store.save(network)
        _build(network)
        network.phase = store.READY
        store.save(network)
    return network


def update(network: Network, *, host_ports: Mapping[str, int] | None = None, guard: Guard | None = None) -> Network:
    """Change which ports of the gateway lead to which ports of this host, or what may pass; the rest stays as it is.

    Connections that run go on. Changing nothing has a guard take note of the machines that came since.
    """
    with host_lock():
        network = store.load(Network, network.id) or network
        if host_ports is not None:
            network.inputs = {**network.inputs, "hostPorts": dict(host_ports)}
        if guard is not None:
            network.guard = guard.to_record()
        _guard(network)
        store.save(network)
    return network


def lead(network: Network, ways: Mapping[str, Mapping[str, str]]) -> Network:
    """Replace the addresses outside of the network's range that lead into it; packets from them are no spoofed ones.

    Each has an address to go by (``via``; without one it is only let through) and the address that packets of this
    host to it come from (``source``; the gateway's by default).
    """
    with host_lock():
        network = store.load(Network, network.id) or network
        for address in sorted({*network.led} - {*ways}):
            if network.led[address].get("via"):
                command = ["ip", "route", "delete", f"{address}/32", "dev", network.bridge]
                commands.run(command, purpose=f"remove the way to {address}")
        network.led = {address: dict(way) for address, way in ways.items()}
        _guard(network)
        for address, way in network.led.items():
            if way.get("via"):
                command = ["ip", "route", "replace", f"{address}/32", "via", way["via"], "dev", network.bridge]
                commands.run(command, purpose=f"lead {address} into the network {network.cidr}")
        store.save(network)
    return network


def get(identifier: str) -> Network | None:
    """Return the network, or None if there is none of that id or its bridge or its guard is gone."""
    network = store.load(Network, identifier)
    return network if network is not None and exists(network) else None


def exists(network: Network) -> bool:
    """Tell whether the network is whole on this host (a reboot takes it away, for one)."""
    return network.phase == store.READY and _settings(network.bridge).exists() and nft.exists(network)


def delete(identifier: str) -> None:
    """Remove the network and every trace of it; refuse while it has machines or load balancers."""
    with host_lock():
        network = store.load(Network, identifier)
        if network is None:
            return
        members = [m.id for m in store.everything(store.Machine) if m.network == identifier]
        members += [
            f"the load balancer {b.address}" for b in store.everything(store.Balancer) if b.network == identifier
        ]
        if members:
            raise MachineError(f"the network {network.cidr} still has {', '.join(members)}: delete them first")
        _remove(network)


def links_of(bridge: str) -> list[str]:
    """Return the names of the links on a bridge: the host's ends of its machines' links."""
    if not _settings(bridge).exists():
        return []
    listing = commands.run(["ip", "-j", "link", "show", "master", bridge], purpose="list the bridge's links")
    return [link["ifname"] for link in json.loads(listing or "[]")]


def remove_bridge(bridge: str) -> None:
    """Remove a bridge with the links on it, and wait until it is gone."""
    for link in links_of(bridge):
        commands.run(["ip", "link", "delete", link], purpose=f"remove the link {link}")
    if _settings(bridge).exists():
        commands.run(["ip", "link", "delete", bridge], purpose=f"remove the bridge {bridge}")
        processes.wait_until(lambda: not _settings(bridge).exists(), 5)


def _choose(cidr: str | None) -> IPv4Network:
    taken = addresses.occupied()
    taken += [IPv4Network(other.cidr) for other in store.everything(Network)]
    if cidr is None:
        return addresses.free_network(taken)
    chosen = IPv4Network(cidr)
    if chosen.prefixlen not in addresses.PREFIXES:
        raise MachineError(
            f"the network {cidr} is of no usable size: /{addresses.PREFIXES[0]} to /{addresses.PREFIXES[-1]}"
        )
    addresses.ensure_free(chosen, taken)
    return chosen


def _build(network: Network) -> None:
    purpose = f"make the network {network.cidr}"
    prefix = IPv4Network(network.cidr).prefixlen
    # The guard first: there is no moment at which the bridge is open.
    _guard(network)
    commands.run(["ip", "link", "add", network.bridge, "type", "bridge", "forward_delay", "0"], purpose=purpose)
    _settings(network.bridge).joinpath("route_localnet").write_text("1")
    # The gateway would keep the lowest address of its links as its own, which changes with every machine.
    mac = "02:" + ":".join(network.id[i : i + 2] for i in range(0, 10, 2))
    commands.run(["ip", "link", "set", network.bridge, "address", mac, "up"], purpose=purpose)
    firewall.admit(network.bridge)
    commands.run(["ip", "address", "add", f"{network.gateway}/{prefix}", "dev", network.bridge], purpose=purpose)
    settings.ensure(settings.INOTIFY)
    if network.inputs["outbound"]:
        settings.ensure(settings.FORWARDING)


def _guard(network: Network) -> None:
    outbound, host_ports = network.inputs["outbound"], network.inputs["hostPorts"]
    guard = None if network.guard is None else Guard.from_record(network.guard)
    script = nft.render(network, outbound=outbound, host_ports=host_ports, guard=guard)
    for balancer in store.everything(store.Balancer):
        if balancer.network == network.id:
            elements = nft.listener(network, balancer.address, balancer.port)
            script += "".join(f"add {one}\n" for one in elements)
    if guard is not None:
        script += render_bridge(network.table, network.cidr, links_of(network.bridge), guard)
    nft.apply(script, f"guard the network {network.cidr}")


def _remove(network: Network) -> None:
    """Remove what there is of the network, in whatever state it was left, and its record last."""
    remove_bridge(network.bridge)
    firewall.dismiss(network.bridge)
    nft.remove(network.table)
    store.forget(network)
    settings.restore()


def _settings(bridge: str) -> Path:
    """Return the folder of the bridge's IPv4 settings, which is there while the bridge is."""
    return Path("/proc/sys/net/ipv4/conf") / bridge
