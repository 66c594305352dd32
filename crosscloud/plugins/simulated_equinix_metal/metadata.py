"""What the metadata service answers a device: the part of it that stacks read.

https://deploy.equinix.com/developers/docs/metal/server-metadata/metadata and, for BGP neighbours,
https://deploy.equinix.com/developers/docs/metal/bgp/route-bgp-with-bird/
"""

from collections.abc import Collection, Sequence
from ipaddress import IPv4Network
from typing import Any

from crosscloud.plugins.simulated import Record
from crosscloud.plugins.simulated_equinix_metal.account import ASN, PEER_ASN, PEERS


def of(device: Record, blocks: Sequence[Record], sessions: Collection[str]) -> dict[str, Any]:
    """Return the metadata of a device; ``sessions`` are the ids of the devices that have a BGP session."""
    known: dict[str, Any] = {
        "id": device.id,
        "hostname": device.inputs.get("hostname"),
        "plan": device.inputs["plan"],
        "class": device.inputs["plan"],
        "facility": device.outputs["deployedFacility"],
        "metro": device.inputs["metro"],
        "tags": device.inputs.get("tags") or [],
        "operating_system": {"slug": device.inputs["operatingSystem"]},
        "network": {
            "bonding": {"mode": 4},
            "addresses": [_address(network) for network in device.outputs["networks"]],
        },
        "bgp_neighbors": [],
    }
    if device.id in sessions:
        known["bgp_neighbors"] = [_neighbour(device, blocks)]
    return known


def _address(network: dict[str, Any]) -> dict[str, Any]:
    block = IPv4Network((network["address"], int(network["cidr"])), strict=False)
    return {
        "address_family": 4,
        "netmask": str(block.netmask),
        "public": network["public"],
        "cidr": int(network["cidr"]),
        "management": True,
        "enabled": True,
        "network": str(block.network_address),
        "address": network["address"],
        "gateway": network["gateway"],
    }


def _neighbour(device: Record, blocks: Sequence[Record]) -> dict[str, Any]:
    return {
        "address_family": 4,
        "customer_as": ASN,
        "customer_ip": device.outputs["accessPrivateIpv4"],
        "md5_enabled": False,
        "md5_password": None,
        "multihop": True,
        "peer_as": PEER_ASN,
        "peer_ips": list(PEERS),
        "routes_in": [{"route": block.outputs["cidrNotation"], "exact": False} for block in blocks],
        "routes_out": [],
    }
