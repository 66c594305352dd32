"""What passes in a simulated cluster's network: what GKE's own firewall rules let pass, and who reaches its API."""

import ipaddress

from crosscloud.plugins.simulated import OPERATOR, Allow, Cloud, Record, fabric
from crosscloud.plugins.simulated_gcp import container_plane, machines
from crosscloud.plugins.simulated_gcp.container_plane import PORT, PUBLIC_PORT, Plane
from crosscloud.plugins.simulated_gcp.wiring import Passing

#: Of the control plane to its nodes: kubelets, and webhooks.
#: https://cloud.google.com/kubernetes-engine/docs/concepts/firewall-rules
_TO_NODES = (10250, 443)
#: Of nodes to the control plane, which in a rehearsal is a node too: its kubelet's and its node-exporter's metrics.
_TO_CONTROL_PLANE = (PORT, 10250, 9100)
_POD_NETWORK = 8472


def passing(cloud: Cloud, subnetwork: Record) -> Passing:
    """Return what passes in a subnetwork because of the clusters in it."""
    found = Passing()
    for plane in container_plane.every(cloud):
        if plane.subnetwork == subnetwork.id:
            nodes = [one.address for one in machines.machines(cloud) if one.subnetwork == subnetwork.id]
            found.allows |= _between(plane, nodes) | _to_endpoint(cloud, plane)
            found.internet.add(plane.address)  # Google's own machine needs none of the project's ways out
    return found


def _between(plane: Plane, nodes: list[str]) -> set[Allow]:
    allows = {Allow(one, other, "any") for one in nodes for other in nodes if one != other}
    for node in nodes:
        allows |= {Allow(plane.address, node, "tcp", (port, port)) for port in _TO_NODES}
        allows |= {Allow(node, plane.address, "tcp", (port, port)) for port in _TO_CONTROL_PLANE}
        pods = (_POD_NETWORK, _POD_NETWORK)
        allows |= {Allow(node, plane.address, "udp", pods), Allow(plane.address, node, "udp", pods)}
    return allows


def _to_endpoint(cloud: Cloud, plane: Plane) -> set[Allow]:
    allows = {
        Allow(plane.endpoint, plane.address, "tcp", (PORT, PORT)),
        # By this door Google manages the cluster, whatever networks are authorized; no kubeconfig leads here.
        Allow(OPERATOR, plane.address, "tcp", (PORT, PORT)),
    }
    cluster = cloud.get("Cluster", plane.cluster)
    blocks = ((cluster.inputs if cluster else {}).get("masterAuthorizedNetworksConfig") or {}).get("cidrBlocks")
    operator = ipaddress.IPv4Address(fabric.operator())
    if blocks is None or any(operator in ipaddress.IPv4Network(each["cidrBlock"]) for each in blocks):
        allows.add(Allow(OPERATOR, plane.endpoint, "tcp", (PUBLIC_PORT, PUBLIC_PORT)))
    return allows
