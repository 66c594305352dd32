"""GKE's rules for what a cluster and its pools are asked to be."""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from crosscloud.plugins.base import UNKNOWN, CheckFailure
from crosscloud.plugins.simulated_gcp import catalogue, names
from crosscloud.plugins.simulated_gcp.container_versions import CHANNELS, offered

#: https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters
LONGEST_NAME = 40
#: https://cloud.google.com/kubernetes-engine/docs/how-to/legacy/network-isolation
CONTROL_PLANE_PREFIX = 28
#: The smallest disk of a node, in GB, and the most authorized networks of a cluster.
#: https://cloud.google.com/kubernetes-engine/docs/how-to/authorized-networks
_SMALLEST_DISK, _MOST_NETWORKS = 10, 100
#: Prefixes of a node's labels that are Kubernetes' own.
_RESERVED = ("kubernetes.io/", "k8s.io/")


def channel_rules(channel: Any) -> Iterator[CheckFailure]:
    """Yield what is wrong with a release channel."""
    if channel is not None and channel is not UNKNOWN and channel not in (*CHANNELS, "UNSPECIFIED"):
        yield CheckFailure("releaseChannel.channel", f"{channel!r} is none of {', '.join(CHANNELS)}, UNSPECIFIED")


def version_rules(place: str, version: Any, channel: str | None) -> Iterator[CheckFailure]:
    """Yield what is wrong with a version; without a ``channel`` any one will do."""
    if version is None or version is UNKNOWN:
        return
    if channel is not None and channel not in (*CHANNELS, "UNSPECIFIED"):
        return  # said of the channel itself
    taken = None if channel in (None, "UNSPECIFIED") else channel
    versions = offered(taken) if taken else [one for name in (*CHANNELS, "NONE") for one in offered(name)]
    if version not in versions:
        what = "Master version" if place == "minMasterVersion" else "Node version"
        some = f"[{', '.join(versions)}]"
        yield CheckFailure(
            place,
            f'{what} must be one of "{taken}" channel supported versions {some}, and not {version}'
            if taken
            else f'{what} "{version}" is unsupported.',
        )


def control_plane_range(cidr: Any) -> Iterator[CheckFailure]:
    """Yield what is wrong with the range of a control plane."""
    if not isinstance(cidr, str):
        return
    place = "privateClusterConfig.masterIpv4CidrBlock"
    try:
        network = ipaddress.IPv4Network(cidr)
    except ValueError:
        yield CheckFailure(place, f"{cidr!r} is not a network's address and prefix length")
        return
    if network.prefixlen != CONTROL_PLANE_PREFIX:
        yield CheckFailure(place, f"{cidr} has to be a /{CONTROL_PLANE_PREFIX}")
    elif not network.is_private:
        yield CheckFailure(place, f"{cidr} has to be a private range")


def authorized_networks(blocks: Any) -> Iterator[CheckFailure]:
    """Yield what is wrong with the networks that may reach a cluster's endpoint."""
    if not isinstance(blocks, list):
        return
    place = "masterAuthorizedNetworksConfig.cidrBlocks"
    if len(blocks) > _MOST_NETWORKS:
        yield CheckFailure(place, f"has {len(blocks)} networks; GKE takes {_MOST_NETWORKS}")
    for index, block in enumerate(blocks):
        cidr = block.get("cidrBlock")
        try:
            ipaddress.IPv4Network(cidr) if cidr is not UNKNOWN else None
        except ValueError:
            yield CheckFailure(f"{place}[{index}].cidrBlock", f"{cidr!r} is not a network's address and prefix length")


def node_config(config: Mapping[str, Any], zones: Any) -> Iterator[CheckFailure]:
    """Yield what is wrong with what nodes are made of."""
    size, disk = config.get("machineType"), config.get("diskSizeGb")
    for index, zone in enumerate(zones if isinstance(zones, list) else []):
        offers = {one["name"] for one in catalogue.machine_types(zone)} if isinstance(zone, str) else set()
        if isinstance(size, str) and isinstance(zone, str) and size not in offers:
            reason = f"Machine type with name '{size}' does not exist in zone '{zone}' (nodeLocations[{index}])"
            yield CheckFailure("nodeConfig.machineType", reason)
    if isinstance(disk, int) and disk < _SMALLEST_DISK:
        yield CheckFailure("nodeConfig.diskSizeGb", f"{disk} is too small; {_SMALLEST_DISK} or more")
    yield from names.labels("nodeConfig.resourceLabels", config.get("resourceLabels"))
    for key in config.get("labels") or {}:
        if any(key.partition("/")[0].endswith(one.rstrip("/")) for one in _RESERVED) and "/" in key:
            yield CheckFailure(f"nodeConfig.labels.{key}", "is a prefix that Kubernetes keeps for itself")
    for index, tag in enumerate(config.get("tags") or []):
        yield from names.name(f"nodeConfig.tags[{index}]", tag)
    mode = (config.get("workloadMetadataConfig") or {}).get("mode")
    if mode not in (None, UNKNOWN, "GKE_METADATA", "GCE_METADATA"):
        yield CheckFailure(
            "nodeConfig.workloadMetadataConfig.mode", f"{mode!r} is neither GKE_METADATA nor GCE_METADATA"
        )
