"""Remove everything of this checkout from the host, and tell what is there: by record, or by name if that is lost."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from crosscloud.machines import (
    balancers,
    commands,
    firewall,
    host,
    instances,
    networks,
    nft,
    processes,
    settings,
    store,
)
from crosscloud.machines.host import host_lock


def purge(*, images: bool = False) -> list[str]:
    """Remove all load balancers, machines and networks of this checkout and say what was removed.

    Works on whatever state a killed run or a lost record left. The image is a cache and stays unless ``images``.
    """
    removed = remove(lambda _record: True) + _remove_unrecorded()
    for entry in ("balancers", "machines", "networks", "locks", "lock", *(["images"] if images else [])):
        place = store.machines_home() / entry
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
    return removed


def remove(which: Callable[[store.Record], bool]) -> list[str]:
    """Remove those load balancers, machines and networks that ``which`` says, and say what was removed."""
    removed = []
    for balancer in filter(which, store.everything(store.Balancer)):
        balancers.delete(balancer.id)
        removed.append(f"load balancer {balancer.address}:{balancer.port}")
    for machine in filter(which, store.everything(store.Machine)):
        instances.delete(machine.id)
        removed.append(f"machine {machine.id} ({machine.address})")
    for network in filter(which, store.everything(store.Network)):
        delete_network(network.id)
        removed.append(f"network {network.cidr}")
    return removed


def delete_network(identifier: str) -> None:
    """Remove a network, with what is dead in it (a refresh forgets it); refuse if something in it lives."""
    for machine in store.everything(store.Machine):
        if machine.network == identifier and not instances.running(machine):
            instances.delete(machine.id)
    for balancer in store.everything(store.Balancer):
        if balancer.network == identifier and not balancers.running(balancer):
            balancers.delete(balancer.id)
    networks.delete(identifier)


def leftovers() -> list[str]:
    """Return one line for each thing of this checkout that is on the host: empty after `purge`."""
    found = [f"record {record.id}" for kind in store.FOLDERS for record in store.everything(kind)]
    for unit in _units():
        found.append(f"control group {unit}")
        found += [f"process {pid} of {unit}" for pid in sorted(processes.cgroup_members(unit))]
    found += [f"mount {place}" for place in _mounts()]
    for bridge in _bridges():
        found.append(f"link {bridge}")
        found += [f"link {name} of {bridge}" for name in networks.links_of(bridge)]
    found += [f"nft table {table}" for table in _tables()]
    found += [f"firewall rule {rule}" for rule in firewall.rules(f"cc-{store.home_key()}")]
    routes = json.loads(commands.run(["ip", "-j", "-4", "route"], purpose="list the host's routes") or "[]")
    found += [f"route {route['dst']}" for route in routes if route.get("dev", "").startswith(f"cc-{store.home_key()}")]
    return found


def _remove_unrecorded() -> list[str]:
    removed = []
    for unit in _units():
        processes.kill_cgroup(unit)
        removed.append(f"control group {unit}, which no record knew")
    for place in _mounts():
        commands.run(["umount", "--lazy", place], purpose=f"unmount {place}")
        removed.append(f"mount {place}, which no record knew")
    with host_lock():
        for bridge in _bridges():
            networks.remove_bridge(bridge)
            removed.append(f"bridge {bridge}, which no record knew")
        removed += [f"firewall rule {rule}" for rule in firewall.dismiss(f"cc-{store.home_key()}")]
        for table in _tables():
            nft.remove(table)
            removed.append(f"nft table {table}, which no record knew")
        settings.restore()
    return removed


def _units() -> list[str]:
    prefix = f"crosscloud-{store.home_key()}-"
    tops = [place / middle for place in host.cgroup_mounts() for middle in ("", "system.slice")]
    return sorted({group.name.removesuffix(".service") for top in tops for group in top.glob(f"{prefix}*")})


def _bridges() -> list[str]:
    return sorted(link.name for link in Path("/sys/class/net").glob(f"cc-{store.home_key()}*"))


def _tables() -> list[str]:
    return sorted(name for name in nft.tables() if name.startswith(f"crosscloud-{store.home_key()}"))


def _mounts() -> list[str]:
    """Return the mount points below our folder, the innermost first."""
    home = store.machines_home()
    lines = Path("/proc/self/mounts").read_text().splitlines()
    places = [line.split()[1].encode().decode("unicode_escape") for line in lines]
    return sorted((place for place in places if Path(place).is_relative_to(home)), reverse=True)
