"""The defaults that depend on something else: on the stack's name, the cloud, the architecture, the service network."""

import ipaddress
import os
from collections.abc import Mapping
from typing import Any

from crosscloud.config.blocks import CloudBlock
from crosscloud.config.stacks import block_of

_SERVICE_CIDR = "10.96.0.0/16"


def fill(given: Mapping[str, Any], *, cloud: str, stack: str) -> dict[str, Any]:
    """Return a stack's values with what the file left out; what it gave, right or wrong, is never changed."""
    values = dict(given)
    arch = str(values.get("arch", "amd64"))
    _default(values, "clusterName", value=stack)
    _default(values, "chartSource", "kind", value=_chart_kind(cloud, values.get("chartSource")))
    if cloud == "existing":
        _default(values, "existing", "kubeconfig", value=_kubeconfig())
        return values
    values.setdefault(cloud, {})  # so that an error names what is missing inside, and not the block
    block = block_of(cloud)
    own = block if issubclass(block, CloudBlock) else CloudBlock
    if address := _dns_address(values.get("serviceCidr", _SERVICE_CIDR), own.dns_index):
        _default(values, "dnsServiceIp", value=address)
    if own.sizes:
        control_planes, workers = own.sizes.get(arch, own.sizes["amd64"])
        if control_planes:
            _default(values, "controlPlanes", "size", value=control_planes)
        _default(values, "workers", "size", value=workers)
    if own.images:
        _default(values, cloud, "image", value=own.images.get(arch, own.images["amd64"]))
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
