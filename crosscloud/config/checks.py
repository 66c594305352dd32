"""What no single key can tell: whether the keys of a stack fit each other."""

import ipaddress
from collections.abc import Callable, Iterator
from itertools import combinations

from crosscloud.config.azure_checks import azure
from crosscloud.config.findings import Finding, Path, key_of
from crosscloud.config.gke_checks import gke
from crosscloud.config.pools import nodes_at_most
from crosscloud.config.stacks import CloudSettings, CloudStack, ClusterStack, Stack
from crosscloud.config.values import Block

#: kubeadm's limits of a service network (its ``MaximumBitsForServiceSubnet`` is 20, ``MinimumAddressesInServiceSubnet``
#: 10), the lower one rounded up so that the DNS address, the tenth or eleventh, has a place.
_SERVICE_PREFIXES = range(12, 29)
#: kube-controller-manager cuts a /24 for each node out of the pod network (its default --node-cidr-mask-size), of which
#: kubeadm allows 2^16 at most (``PodSubnetNodeMaskMaxDiff``).
_NODE_PREFIX = 24
_POD_PREFIXES = range(8, _NODE_PREFIX + 1)
#: A VPC of AWS has at most a /16; less than a /24 leaves no room for three zones' subnets.
_NETWORK_PREFIXES = range(16, 25)
_WORKERS: tuple[Path, ...] = (("workers", "count"),)
_COUNTS: tuple[Path, ...] = (*_WORKERS, ("workers", "max"), ("controlPlanes", "count"))


def findings(stack: Stack) -> Iterator[Finding]:
    """Yield what is wrong between the keys of a stack."""
    for check in _CHECKS:
        yield from check(stack)


def _network_path(stack: Stack) -> Path:
    return (stack.cloud, "networkCidr")


def _networks(stack: ClusterStack) -> dict[Path, ipaddress.IPv4Network]:
    """Return the cluster's networks by their keys, those that the stack leaves at their defaults first."""
    block: Block | None = getattr(stack, stack.cloud)
    found = [
        (("podCidr",), stack.pod_cidr, "pod_cidr" in stack.model_fields_set),
        (("serviceCidr",), stack.service_cidr, "service_cidr" in stack.model_fields_set),
        (_network_path(stack), getattr(block, "network_cidr", None), "network_cidr" in _given(block)),
    ]
    return {path: ipaddress.IPv4Network(cidr) for path, cidr, _ in sorted(found, key=lambda row: row[2]) if cidr}


def _given(block: Block | None) -> set[str]:
    return block.model_fields_set if block else set()


def _overlaps(stack: Stack) -> Iterator[Finding]:
    if not isinstance(stack, ClusterStack):
        return
    for (path, network), (other_path, other) in combinations(_networks(stack).items(), 2):
        if network.overlaps(other):
            wrong = f"{other} overlaps with {key_of(path)}, {network}"
            yield Finding(other_path, wrong, "networks that share no address", (path,))


def _sizes(stack: Stack) -> Iterator[Finding]:
    if not isinstance(stack, ClusterStack):
        return
    rules = {("podCidr",): _POD_PREFIXES, ("serviceCidr",): _SERVICE_PREFIXES, _network_path(stack): _NETWORK_PREFIXES}
    networks = _networks(stack)
    for path, network in networks.items():
        prefixes = rules[path]
        if network.prefixlen not in prefixes:
            wrong = "large" if network.prefixlen < prefixes.start else "small"
            yield Finding(path, f"{network} is too {wrong}", f"from /{prefixes.start} to /{prefixes.stop - 1}")
    pods, nodes = networks[("podCidr",)], nodes_at_most(stack)
    room = 2 ** max(0, _NODE_PREFIX - pods.prefixlen)
    if pods.prefixlen in _POD_PREFIXES and nodes > room:
        yield Finding(
            ("podCidr",), f"{pods} has a /24 for {room} nodes, and there may be {nodes}", "a shorter prefix", _COUNTS
        )


def _dns(stack: Stack) -> Iterator[Finding]:
    if not isinstance(stack, ClusterStack):
        return
    services, address = ipaddress.IPv4Network(stack.service_cidr), ipaddress.IPv4Address(stack.dns_service_ip)
    path: Path = ("dnsServiceIp",)
    about: tuple[Path, ...] = (("serviceCidr",),)
    taken = {services[0]: "the network itself", services[-1]: "its broadcast address"}
    if services.num_addresses > 1:
        taken[services[1]] = "the Kubernetes API's own service"
    if services.prefixlen not in _SERVICE_PREFIXES:
        return  # the network is refused already
    if address not in services:
        yield Finding(
            path, f"{address} is outside the service network", f"in {services}, by default {services[10]}", about
        )
    elif address in taken:
        yield Finding(
            path, f"{address} is {taken[address]}", f"another address in {services}, by default {services[10]}", about
        )


def _control_planes(stack: Stack) -> Iterator[Finding]:
    """Refuse even counts: etcd stops when half of its members are gone, so one more is one more to lose."""
    pool = getattr(stack, "control_planes", None)
    if pool is None or pool.count % 2 or pool.allow_even:
        return
    allowed = f"{pool.count - 1} survives as many losses, {pool.count + 1} one more"
    insists = "crosscloud:controlPlanes.allowEven: true insists"
    wrong = f"{pool.count} is even, and etcd needs a majority"
    yield Finding(("controlPlanes", "count"), wrong, f"{allowed}; {insists}", (("controlPlanes", "allowEven"),))


def _workers(stack: Stack) -> Iterator[Finding]:
    workers = getattr(stack, "workers", None)
    fewest, most = getattr(workers, "min", None), getattr(workers, "max", None)
    if workers is None:
        return
    if fewest is not None and fewest > workers.count:
        yield Finding(
            ("workers", "min"), f"{fewest} is more than count, {workers.count}", "min ≤ count ≤ max", _WORKERS
        )
    if most is not None and most < workers.count:
        yield Finding(("workers", "max"), f"{most} is less than count, {workers.count}", "min ≤ count ≤ max", _WORKERS)


def whole_internet(cidrs: tuple[str, ...]) -> bool:
    """Say whether networks together hold every address, be it as 0.0.0.0/0 or in pieces."""
    return ipaddress.IPv4Network("0.0.0.0/0") in ipaddress.collapse_addresses(map(ipaddress.IPv4Network, cidrs))


def _access(stack: Stack) -> Iterator[Finding]:
    if not isinstance(stack, CloudSettings):
        return
    if whole_internet(stack.api_access_cidrs) and not stack.api_access_from_anywhere:
        allowed = "the networks that need it; crosscloud:apiAccessFromAnywhere: true insists"
        yield Finding(("apiAccessCidrs",), "opens the Kubernetes API to the whole Internet", allowed)
    if not isinstance(stack, CloudStack):
        return
    if whole_internet(stack.ssh_access_cidrs):
        yield Finding(("sshAccessCidrs",), "opens port 22 to the whole Internet", "the networks that need it")
    if stack.ssh_access_cidrs and not stack.admin_ssh_key:
        yield Finding(("sshAccessCidrs",), "opens port 22, but nobody has a key", "set crosscloud:adminSshKey too")


def _zones(stack: Stack) -> Iterator[Finding]:
    cloud = stack.cloud
    block = getattr(stack, cloud)
    separator = getattr(block, "zone_separator", None)
    zones: tuple[str, ...] = getattr(block, "zones", ())
    for index, zone in enumerate(zones):
        if zone in zones[:index]:
            yield Finding((cloud, "zones", index), f"{zone} is named twice", "each zone once")
        if separator is not None:
            region = block.region
            if not zone.startswith(region + separator) or zone == region:
                example = f"{region}{separator}a"
                yield Finding(
                    (cloud, "zones", index),
                    f"{zone} is not in the region {region}",
                    f"such as {example}",
                    ((cloud, "region"),),
                )


def _charts(stack: Stack) -> Iterator[Finding]:
    kind, path = stack.chart_source.kind, stack.chart_source.path
    if kind == "path" and path is None:
        yield Finding(("chartSource", "path"), "is missing", "the folder of charts for kind path")
    if kind != "path" and path is not None:
        yield Finding(("chartSource", "path"), f"has no effect with kind {kind}", "kind path, or no path")


_CHECKS: tuple[Callable[[Stack], Iterator[Finding]], ...] = (
    _overlaps, _sizes, _dns, _control_planes, _workers, _access, _zones, _charts, azure, gke,
)  # fmt: skip
