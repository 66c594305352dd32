"""The packet filters of a cluster on Azure: a network security group for each role, with only the ports that are used.

Azure takes rules by ascending priority and the first that matches, and ends with rules of its own that let the whole
virtual network and the load balancer in (https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview).
A last rule of ours denies everything before those are asked.
"""

from collections.abc import Sequence

from pulumi import Input, Output
from pulumi_azure_native import network

from crosscloud.config import AzureStack

API_PORT = 6443
#: etcd's client and peer ports, the kubelet's, node-exporter's, and VXLAN as flannel uses it on Linux.
ETCD_PORTS, KUBELET_PORT, NODE_EXPORTER_PORT, VXLAN_PORT, SSH_PORT = "2379-2380", 10250, 9100, 8472, 22
#: Where health probes come from: https://learn.microsoft.com/azure/load-balancer/load-balancer-custom-probe-overview
PROBES = "AzureLoadBalancer"
#: Priorities go from 100 to 4096; the last one is the denial's, and steps leave room between.
_FIRST, _STEP, _LAST = 100, 10, 4096


class Rules:
    """The rules of one security group, in the order in which they are asked."""

    def __init__(self, destination: str) -> None:
        """Let nothing in to ``destination``, the CIDR of the group's subnet, but what is added."""
        self._destination = destination
        self._made: list[network.SecurityRuleArgs] = []

    def allow(self, name: str, protocol: str, ports: str | int, sources: Sequence[Input[str]], why: str) -> "Rules":
        """Let ``protocol`` in on ``ports`` (one, or a range ``2379-2380``) from addresses, CIDRs or a service tag."""
        tagged = sources == [PROBES]
        self._made.append(
            network.SecurityRuleArgs(
                name=name,
                description=why,
                priority=_FIRST + _STEP * len(self._made),
                direction="Inbound",
                access="Allow",
                protocol=protocol,
                source_address_prefix=PROBES if tagged else None,
                source_address_prefixes=None if tagged else sources,
                source_port_range="*",
                destination_address_prefix=self._destination,
                destination_port_range=str(ports),
            )
        )
        return self

    def listed(self) -> list[network.SecurityRuleArgs]:
        """Return the rules, ending with the one that denies the rest."""
        return [
            *self._made,
            network.SecurityRuleArgs(
                name="deny-the-rest",
                description="Azure's own last rules would let in the whole virtual network",
                priority=_LAST,
                direction="Inbound",
                access="Deny",
                protocol="*",
                source_address_prefix="*",
                source_port_range="*",
                destination_address_prefix="*",
                destination_port_range="*",
            ),
        ]


def control_plane_rules(
    config: AzureStack, own: str, workers: str, way_out: Input[str]
) -> list[network.SecurityRuleArgs]:
    """Return the rules of the control planes' subnet ``own``.

    ``way_out`` is the public address behind which the machines themselves reach the load balancer.
    """
    machines = [own, workers]
    # Each by itself: a preview of a cluster that is not there yet shows all of them but the last.
    users: list[Input[str]] = [*map(str, config.api_access_cidrs), Output.concat(way_out, "/32")]
    rules = Rules(own)
    rules.allow("api-users", "Tcp", API_PORT, users, "apiAccessCidrs, and the machines by way of the NAT gateway")
    rules.allow("api-machines", "Tcp", API_PORT, machines, "the service kubernetes.default leads straight to them")
    rules.allow("api-probe", "Tcp", API_PORT, [PROBES], "the load balancer asks /readyz")
    rules.allow("etcd", "Tcp", ETCD_PORTS, [own], "etcd's clients and members are the control planes")
    return _every_machine(rules, config, machines, workers)


def worker_rules(config: AzureStack, control_planes: str, own: str) -> list[network.SecurityRuleArgs]:
    """Return the rules of the workers' subnet ``own``."""
    return _every_machine(Rules(own), config, [control_planes, own], own)


def _every_machine(
    rules: Rules, config: AzureStack, machines: Sequence[str], workers: str
) -> list[network.SecurityRuleArgs]:
    rules.allow("kubelet", "Tcp", KUBELET_PORT, machines, "the API server, and Prometheus on the workers")
    rules.allow("node-exporter", "Tcp", NODE_EXPORTER_PORT, [workers], "Prometheus on the workers")
    rules.allow("pods", "Udp", VXLAN_PORT, machines, "flannel's VXLAN")
    rules.allow("icmp", "Icmp", "*", machines, "path MTU discovery, and ping")
    if config.ssh_access_cidrs:
        rules.allow("ssh", "Tcp", SSH_PORT, list(config.ssh_access_cidrs), "sshAccessCidrs")
    return rules.listed()
