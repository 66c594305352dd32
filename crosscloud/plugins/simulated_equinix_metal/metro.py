"""A metro, as far as a project is in it: its private network, and what its routers have to know.

Everything that changes is written into records first; `sync` then brings the host to what the records say.
"""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from crosscloud.locking import locked
from crosscloud.machines import addresses
from crosscloud.machines.errors import MachineError
from crosscloud.plugins.base import PluginError
from crosscloud.plugins.simulated import OPERATOR, Allow, Cloud, Record, fabric, rehearsal
from crosscloud.plugins.simulated_equinix_metal import metadata, routers
from crosscloud.plugins.simulated_equinix_metal.account import PEERS

NETWORK = "PrivateNetwork"
#: Where devices' public addresses are taken from, which no packet ever has: the other half of the range that
#: `reserved_ip_block` takes blocks from.
_PUBLIC = IPv4Network("198.18.0.0/16")
#: The network's first address is this host's own, its second that of the metro's routers.
_ROUTER, _FIRST = 2, 3
_ANY = "0.0.0.0/0"
_ATTEMPTS = 3


def network(cloud: Cloud, project: str, code: str) -> Record:
    """Return the project's private network in a metro, made with its first device."""
    with cloud.transaction():
        found = cloud.get(NETWORK, _key(project, code))
        if found is not None:
            return found
        cidr = _make(_key(project, code), [IPv4Network(one.outputs["cidr"]) for one in cloud.records(NETWORK)])
        outputs = {"cidr": str(cidr), "router": str(cidr[_ROUTER]), "next": _FIRST}
        return cloud.put(NETWORK, _key(project, code), {"projectId": project, "metro": code}, outputs)


def next_address(cloud: Cloud, place: Record) -> str:
    """Return the private address of a new device: one that no device has, and the last one that went had least."""
    with cloud.transaction():
        record = cloud.get(NETWORK, place.id) or place
        cidr = IPv4Network(record.outputs["cidr"])
        used = {device.outputs["accessPrivateIpv4"] for device in _devices(cloud, record)}
        room = cidr.num_addresses - 1 - _FIRST
        for step in range(room):
            index = _FIRST + (record.outputs["next"] - _FIRST + step) % room
            if str(cidr[index]) not in used:
                cloud.put(NETWORK, record.id, record.inputs, {**record.outputs, "next": index + 1})
                return str(cidr[index])
    raise PluginError(f"422 no private addresses are left in {cidr}")


def addresses_of(place: Record, private: str) -> list[dict[str, Any]]:
    """Return a device's ``networks``: the public one, which is no one's on the Internet, and the private one."""
    cidr, own = IPv4Network(place.outputs["cidr"]), IPv4Address(private)
    block = IPv4Address(int(_PUBLIC[0]) + 2 * (int(own) % (_PUBLIC.num_addresses // 2)))
    return [
        {"address": str(block + 1), "gateway": str(block), "family": 4, "cidr": 31, "public": True},
        {
            "address": private,
            "gateway": place.outputs["router"],
            "family": 4,
            "cidr": cidr.prefixlen,
            "public": False,
        },
    ]


def boot(cloud: Cloud, device_id: str, report: Callable[[str], None]) -> None:
    """Boot the machine of a device; it finds the metadata service at its name, and trusts its certificate."""
    device = cloud.get("Device", device_id)
    if device is None:
        raise PluginError(f"404 device {device_id} not found")
    place = network(cloud, device.inputs["projectId"], device.inputs["metro"])
    fabric.boot(
        device.id,
        place.id,
        hostname=device.inputs["hostname"],
        address=device.outputs["accessPrivateIpv4"],
        user_data=device.inputs.get("userData") or "",
        report=report,
        files=routers.seed(place),
    )


def sync_of(cloud: Cloud, device_id: str) -> None:
    """Do as `sync` does, for the metro of a device."""
    device = cloud.get("Device", device_id)
    if device is not None:
        sync(cloud, device.inputs["projectId"], device.inputs["metro"])


def sync(cloud: Cloud, project: str, code: str) -> None:
    """Bring the host to what the records say of a project in a metro; without devices there is nothing on it."""
    with locked(rehearsal.folder() / "metro.lock"):
        place = cloud.get(NETWORK, _key(project, code))
        if place is None:
            return
        devices = _devices(cloud, place)
        if not devices:
            routers.stop(place)
            fabric.remove_network(place.id)
            cloud.drop(NETWORK, place.id)
            return
        fabric.network(place.id, place.outputs["cidr"])
        blocks = [one for one in cloud.records("ReservedIpBlock") if one.inputs.get("metro") == code]
        _filter(place, devices, blocks)
        sessions = {one.inputs["deviceId"] for one in cloud.records("BgpSession")}
        described = {one.outputs["accessPrivateIpv4"]: metadata.of(one, blocks, sessions) for one in devices}
        neighbours = [one.outputs["accessPrivateIpv4"] for one in devices if one.id in sessions]
        routers.ensure(place, neighbours, [one.outputs["cidrNotation"] for one in blocks], described)


def occupied() -> list[IPv4Network]:
    """Return the ranges that this host uses; none that matters if nothing is made on it."""
    return addresses.occupied() if rehearsal.machines() else []


def _make(key: str, taken: list[IPv4Network]) -> IPv4Network:
    """Make a network with a range that is free; another rehearsal may be faster at taking it."""
    attempts = 0
    while True:
        cidr, attempts = addresses.free_network([*occupied(), *taken]), attempts + 1
        try:
            fabric.network(key, str(cidr))
        except MachineError:
            if attempts == _ATTEMPTS:
                raise
        else:
            return cidr


def _filter(place: Record, devices: list[Record], blocks: list[Record]) -> None:
    """Equinix filters no packet; only the addresses of the rehearsal itself lead here."""
    reserved = [one.outputs["cidrNotation"] for one in blocks]
    allows = [Allow(_ANY, _ANY, "any"), *(Allow(OPERATOR, block, "any") for block in reserved)]
    fabric.guard(place.id, allows, [one.outputs["accessPrivateIpv4"] for one in devices])
    operator, router = fabric.operator(), place.outputs["router"]
    ways = {str(one): {"via": router, "source": operator} for block in reserved for one in IPv4Network(block)}
    fabric.lead(place.id, {**ways, **{address: {} for address in (*PEERS, operator)}})


def _devices(cloud: Cloud, place: Record) -> list[Record]:
    wanted = place.inputs["projectId"], place.inputs["metro"]
    return [one for one in cloud.records("Device") if (one.inputs["projectId"], one.inputs["metro"]) == wanted]


def _key(project: str, code: str) -> str:
    return f"{project}/{code}"
