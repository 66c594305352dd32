"""The routers of a metro on this host: a process in a network namespace of its own, with a link to the bridge.

It outlives the engine, and ends by itself when its link goes with the bridge (see `router_process`).
"""

import json
import sys
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from crosscloud import paths
from crosscloud.machines import commands, processes, services, store
from crosscloud.machines.errors import MachineError
from crosscloud.machines.store import write_private
from crosscloud.plugins.base import PluginError
from crosscloud.plugins.simulated import Record, rehearsal
from crosscloud.plugins.simulated.fabric_host import network_of
from crosscloud.plugins.simulated_equinix_metal import bird, certificates
from crosscloud.plugins.simulated_equinix_metal.account import PEERS

_START_TIMEOUT = 20.0
_PROCESS, _LOG, _SETTINGS = "process.json", "router.log", "settings.json"
#: There once the routers' daemons run and devices are answered.
READY = "ready"
_MODULE = "crosscloud.plugins.simulated_equinix_metal.router_process"


def seed(place: Record) -> dict[str, str]:
    """Return the files by which a machine finds and trusts the metadata service."""
    authority = certificates.ensure(_folder(place))
    hosts = f"{place.outputs['router']} {certificates.NAME}\n"
    return {"etc/hosts": hosts, "etc/ssl/certs/ca-certificates.crt": authority}


def ensure(
    place: Record, neighbours: Sequence[str], blocks: Sequence[str], metadata: Mapping[str, Mapping[str, Any]]
) -> None:
    """Have the routers run, take ``blocks`` from ``neighbours``, and answer each device its ``metadata``."""
    folder = _folder(place)
    certificates.ensure(folder)
    for router in range(len(PEERS)):
        write_private(folder / bird.file(router), bird.render(router, neighbours, blocks))
    write_private(folder / "metadata.json", json.dumps(metadata))
    if not rehearsal.machines():
        return
    if processes.alive(_process(folder)):
        bird.reload(folder)
    else:
        _start(place, folder)


def stop(place: Record) -> None:
    """End the routers and all that is theirs."""
    _end(_folder(place))


def stop_all(rehearsed: Path) -> None:
    """End all routers of a rehearsal's folder."""
    for folder in sorted((rehearsed / "routers").glob("*")):
        _end(folder)


def _start(place: Record, folder: Path) -> None:
    network = network_of(place.id)
    if network is None:
        raise PluginError(f"the network {place.id} does not exist (any more)")
    _end(folder)
    settings = {
        "address": place.outputs["router"],
        "prefix": IPv4Network(network.cidr).prefixlen,
        "gateway": network.gateway,
        "peers": PEERS,
    }
    write_private(folder / _SETTINGS, json.dumps(settings))
    unit = f"crosscloud-{store.home_key()}-rt-{network.id}"
    command = ["unshare", "--net", "--", sys.executable, "-m", _MODULE, str(folder)]
    environment = {"PYTHONPATH": str(paths.ROOT)}
    process = services.start(unit, command, folder=folder, log=_LOG, environment=environment)
    link = f"rt-{network.id}"
    write_private(folder / _PROCESS, json.dumps({"process": process, "unit": unit, "link": link}))
    _connect(network, process, link, folder)


def _connect(network: store.Network, process: list[int], link: str, folder: Path) -> None:
    """Give the routers' namespace a link to the bridge, once it is there; they take it from then on."""
    purpose = f"connect the metro's routers to the network {network.cidr}"
    own = Path("/proc/self/ns/net").stat().st_ino

    def apart() -> bool:
        return not processes.alive(process) or Path(f"/proc/{process[0]}/ns/net").stat().st_ino != own

    processes.wait_until(apart, _START_TIMEOUT)
    peer = ("peer", "name", "eth0", "netns", str(process[0]))
    commands.run(["ip", "link", "add", link, "type", "veth", *peer], purpose=purpose)
    commands.run(["ip", "link", "set", link, "master", network.bridge, "up"], purpose=purpose)
    ready = folder / READY
    if not processes.wait_until(lambda: ready.exists() or not processes.alive(process), _START_TIMEOUT, step=0.05):
        raise PluginError(f"cannot {purpose}: they did not start; see {folder / _LOG}")
    if not processes.alive(process):
        raise PluginError(f"cannot {purpose}: they ended; see {folder / _LOG}")


def _process(folder: Path) -> list[int]:
    try:
        found: list[int] = json.loads((folder / _PROCESS).read_text())["process"]
    except FileNotFoundError:
        return []
    return found


def _end(folder: Path) -> None:
    try:
        known = json.loads((folder / _PROCESS).read_text())
    except FileNotFoundError:
        return
    if not processes.kill_cgroup(known["unit"]):
        raise PluginError(f"the metro's routers can't be ended: processes of {known['unit']} survive a kill")
    processes.end(known["process"])
    # The link goes with their namespace, which the kernel keeps for minutes while a connection to a dead device ends.
    link = Path("/sys/class/net", known["link"])
    try:
        commands.run(["ip", "link", "delete", link.name], purpose=f"remove the link {link.name}")
    except MachineError:
        if not processes.wait_until(lambda: not link.exists(), 1):  # else it went by itself
            raise
    (folder / READY).unlink(missing_ok=True)
    (folder / _PROCESS).unlink()


def _folder(place: Record) -> Path:
    folder = rehearsal.folder() / "routers" / place.id.replace("/", "-")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
