"""The defaults that depend on something else: on the stack's name, the cloud, the architecture, the service network."""

import ipaddress
import os
from collections.abc import Mapping
from typing import Any

#: The default sizes by cloud and architecture: control planes, then workers. kubeadm's preflight asks for 2 processors
#: and 1.7 GB for a control plane, and a whole cluster of two nodes was seen to use 1.3 GB; so 2 processors and
#: 4 to 8 GB, in each cloud's current family for loads that come and go: https://aws.amazon.com/ec2/instance-types/t3/ ·
#: https://learn.microsoft.com/azure/virtual-machines/sizes/general-purpose/b-family ·
#: https://cloud.google.com/compute/docs/general-purpose-machines. Metal has no small machines: m3.small.x86 is what
#: every metro keeps on demand (https://docs.equinix.com/metal/locations/capacity).
SIZES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "aws": {"amd64": ("t3.medium", "t3.large"), "arm64": ("t4g.medium", "t4g.large")},
    "azure": {"amd64": ("Standard_B2s_v2",) * 2, "arm64": ("Standard_B2ps_v2",) * 2},
    "gce": {"amd64": ("e2-standard-2",) * 2, "arm64": ("t2a-standard-2",) * 2},
    "gke": {"amd64": ("", "e2-standard-2"), "arm64": ("", "t2a-standard-2")},
    "packet": {"amd64": ("m3.small.x86",) * 2, "arm64": ("c3.large.arm64",) * 2},
}

#: The machines' images by cloud and architecture: Ubuntu 24.04 LTS. It has cloud-init, which Google's Debian
#: images lack (https://cloud.google.com/compute/docs/images/os-details), and it is what Azure's and Google's own
#: documentation of cloud-init takes (https://learn.microsoft.com/azure/virtual-machines/linux/using-cloud-init).
MACHINE_IMAGES: Mapping[str, Mapping[str, str]] = {
    "azure": {
        "amd64": "Canonical:ubuntu-24_04-lts:server:latest",
        "arm64": "Canonical:ubuntu-24_04-lts:server-arm64:latest",
    },
    "gce": {
        "amd64": "ubuntu-os-cloud/ubuntu-2404-lts-amd64",
        "arm64": "ubuntu-os-cloud/ubuntu-2404-lts-arm64",
    },
}

_SERVICE_CIDR = "10.96.0.0/16"
_TENTH, _ELEVENTH = 10, 11


def fill(given: Mapping[str, Any], *, cloud: str, stack: str) -> dict[str, Any]:
    """Return a stack's values with what the file left out; what it gave, right or wrong, is never changed."""
    values = dict(given)
    arch = str(values.get("arch", "amd64"))
    _default(values, "name", value=stack)
    _default(values, "chartSource", "kind", value=_chart_kind(cloud, values.get("chartSource")))
    if cloud == "existing":
        _default(values, "existing", "kubeconfig", value=_kubeconfig())
        return values
    if address := _dns_address(values.get("serviceCidr", _SERVICE_CIDR), _ELEVENTH if cloud == "gke" else _TENTH):
        _default(values, "dnsServiceIp", value=address)
    if sizes := SIZES.get(cloud):
        control_planes, workers = sizes.get(arch, sizes["amd64"])
        if control_planes:
            _default(values, "controlPlanes", "size", value=control_planes)
        _default(values, "workers", "size", value=workers)
    if cloud == "packet":
        values.setdefault("packet", {})  # so that its missing project id is what an error names
    if images := MACHINE_IMAGES.get(cloud):
        _default(values, cloud, "image", value=images.get(arch, images["amd64"]))
    return values


def _default(values: dict[str, Any], *path: str, value: str) -> None:
    """Set the value at the path unless there is one; a block that is no mapping is left for the schema to refuse."""
    first, *rest = path
    if not rest:
        values.setdefault(first, value)
        return
    inner = values.get(first, {})
    if isinstance(inner, Mapping):
        values[first] = dict(inner)
        _default(values[first], *rest, value=value)


def _chart_kind(cloud: str, source: Any) -> str:
    if isinstance(source, Mapping) and "path" in source:
        return "path"
    return "bundled" if cloud == "local" else "upstream"


def _dns_address(service_cidr: Any, index: int) -> str | None:
    """Return the address at the index of the service network; of the default network if the given one is none."""
    try:
        return str(ipaddress.IPv4Network(str(service_cidr))[index])
    except (ValueError, IndexError):
        return str(ipaddress.IPv4Network(_SERVICE_CIDR)[index])


def _kubeconfig() -> str:
    """Return the kubeconfig that kubectl would use: the first one of ``$KUBECONFIG``, else ``~/.kube/config``."""
    chosen = os.environ.get("KUBECONFIG", "").split(os.pathsep)[0]
    return chosen or "~/.kube/config"
