"""What GKE alone asks of a stack's keys."""

import ipaddress
from collections.abc import Iterator

from crosscloud.config.findings import Finding
from crosscloud.config.stacks import GkeStack, Stack

#: What GKE takes for services: https://cloud.google.com/kubernetes-engine/docs/concepts/alias-ips
_LARGEST_SERVICES, _SMALLEST_SERVICES = 16, 27
#: What its control plane takes: https://cloud.google.com/kubernetes-engine/docs/how-to/legacy/network-isolation
_CONTROL_PLANE = 28
#: Which address of the services GKE gives to its own DNS.
_DNS = 10


def gke(stack: Stack) -> Iterator[Finding]:
    """Yield what is wrong with a stack on GKE, whose own DNS has an address and a domain that GKE chooses."""
    if not isinstance(stack, GkeStack):
        return
    services = ipaddress.IPv4Network(stack.service_cidr)
    if not _LARGEST_SERVICES <= services.prefixlen <= _SMALLEST_SERVICES:
        wrong = "large" if services.prefixlen < _LARGEST_SERVICES else "small"
        allowed = f"from /{_LARGEST_SERVICES} to /{_SMALLEST_SERVICES}"
        yield Finding(("serviceCidr",), f"{services} is too {wrong} for GKE", allowed)
    elif ipaddress.IPv4Address(stack.dns_service_ip) == services[_DNS]:
        allowed = f"another address in {services}, by default {services[_DNS + 1]}"
        yield Finding(("dnsServiceIp",), f"{stack.dns_service_ip} is held by GKE's own DNS", allowed)
    if stack.cluster_domain != "cluster.local":
        yield Finding(("clusterDomain",), f"{stack.cluster_domain} is not the domain of GKE's DNS", "cluster.local")
    yield from _control_plane(stack)


def _control_plane(stack: GkeStack) -> Iterator[Finding]:
    path, network = ("gke", "controlPlaneCidr"), ipaddress.IPv4Network(stack.gke.control_plane_cidr)
    if network.prefixlen != _CONTROL_PLANE:
        yield Finding(path, f"{network} is not a /{_CONTROL_PLANE}", f"a /{_CONTROL_PLANE}")
    others = {
        "podCidr": stack.pod_cidr, "serviceCidr": stack.service_cidr, "gke.networkCidr": stack.gke.network_cidr,
    }  # fmt: skip
    for key, other in others.items():
        if network.overlaps(ipaddress.IPv4Network(other)):
            about = (tuple(key.split(".")),)
            yield Finding(path, f"{network} overlaps with crosscloud:{key}, {other}", "an unused /28", about)
