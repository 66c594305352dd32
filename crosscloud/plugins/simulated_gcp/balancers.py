"""The load balancers that the records make up: forwarding rules, with what is behind them."""

from collections.abc import Iterator
from dataclasses import dataclass

from crosscloud.plugins.simulated import Cloud, Record
from crosscloud.plugins.simulated_gcp import names
from crosscloud.plugins.simulated_gcp.machines import KINDS, Machine, machine

#: Where health checks come from: https://cloud.google.com/load-balancing/docs/health-check-concepts#ip-ranges
_PROBES = {
    "EXTERNAL": ("35.191.0.0/16", "209.85.152.0/22", "209.85.204.0/22"),
    "INTERNAL_MANAGED": ("35.191.0.0/16", "130.211.0.0/22"),
}


@dataclass(frozen=True)
class Balancer:
    """An address and port of a network that lead to a port of ``targets``.

    ``subnetwork`` is the one of an address inside the network, empty for a public one. ``probes`` are the ranges that
    its health checks come from; ``proxies`` those that its proxies do, none for one that passes packets through.
    """

    key: str
    network: str
    subnetwork: str
    address: str
    port: int
    target_port: int
    targets: tuple[Machine, ...]
    probes: tuple[str, ...]
    proxies: tuple[str, ...]


def balancers(cloud: Cloud) -> Iterator[Balancer]:
    """Yield all load balancers whose parts are there."""
    for rule in cloud.records("ForwardingRule"):
        service = _service(cloud, rule)
        groups = _groups(cloud, service) if service is not None else []
        networks = {found for group in groups for found in [_network(cloud, group)] if found}
        if service is None or not networks:
            continue
        network, scheme, port = sorted(networks)[0], rule.inputs["loadBalancingScheme"], port_of(rule)
        proxied = scheme == "INTERNAL_MANAGED"
        yield Balancer(
            key=rule.id,
            network=network,
            subnetwork=_subnetwork(cloud, rule),
            address=rule.outputs["ipAddress"],
            port=port,
            target_port=_named_port(groups, service) if proxied else port,
            targets=tuple(one for group in groups for one in members(cloud, group)),
            probes=_PROBES[scheme],
            proxies=tuple(active_proxies(cloud, network)) if proxied else (),
        )


def _subnetwork(cloud: Cloud, rule: Record) -> str:
    return next((one for one in rule.refers if cloud.get("Subnetwork", one) is not None), "")


def port_of(rule: Record) -> int:
    """Return the port of a forwarding rule, of which the rehearsal takes one."""
    return int((rule.inputs.get("ports") or [rule.inputs.get("portRange")])[0].partition("-")[0])


def active_proxies(cloud: Cloud, network: str, region: str = "") -> Iterator[str]:
    """Yield the ranges of a network's active proxy-only subnetworks, in a region or in all."""
    for one in cloud.records("Subnetwork"):
        active = one.inputs.get("purpose") == "REGIONAL_MANAGED_PROXY" and one.inputs.get("role") == "ACTIVE"
        if active and network in one.refers and region in ("", one.outputs["region"]):
            yield one.inputs["ipCidrRange"]


def members(cloud: Cloud, group: Record) -> Iterator[Machine]:
    """Yield the machines of an instance group, managed or not."""
    if group.kind == "RegionInstanceGroupManager":
        yield from (machine(one) for one in cloud.records(KINDS[1]) if group.id in one.refers)
        return
    for membership in cloud.records("InstanceGroupMembership"):
        if group.id in membership.refers:
            instances = [cloud.get(KINDS[0], one) for one in membership.refers]
            yield from (machine(one) for one in instances if one is not None)


def group_of(cloud: Cloud, reference: str) -> Record | None:
    """Return the instance group that a link leads to; that of a managed group has the name of its manager."""
    wanted = names.identifier(reference)
    if "/regions/" in wanted:
        return cloud.get("RegionInstanceGroupManager", wanted.replace("/instanceGroups/", "/instanceGroupManagers/"))
    return cloud.get("InstanceGroup", wanted)


def _service(cloud: Cloud, rule: Record) -> Record | None:
    for one in rule.refers:
        proxy = cloud.get("RegionTargetTcpProxy", one)
        for candidate in [one, *(proxy.refers if proxy else [])]:
            service = cloud.get("RegionBackendService", candidate)
            if service is not None:
                return service
    return None


def _groups(cloud: Cloud, service: Record) -> list[Record]:
    found = [group_of(cloud, backend["group"]) for backend in service.inputs.get("backends") or []]
    return [one for one in found if one is not None]


def _network(cloud: Cloud, group: Record) -> str:
    if group.kind == "InstanceGroup":
        return next((one for one in group.refers if "/networks/" in one), "")
    inside = next((one.subnetwork for one in members(cloud, group)), "")
    subnetwork = cloud.get("Subnetwork", inside)
    return subnetwork.refers[0] if subnetwork else ""


def _named_port(groups: list[Record], service: Record) -> int:
    """Return the port that a proxy sends to: the one of the groups that has the service's ``portName``."""
    ports = [port for group in groups for port in group.inputs.get("namedPorts") or []]
    wanted = service.inputs.get("portName") or "http"
    return next((int(port["port"]) for port in ports if port["name"] == wanted), 80)
