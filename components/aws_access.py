"""Who may talk to whom in a cluster on AWS: a security group for each role, and the rules between them."""

from collections.abc import Iterator
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pulumi import Input

from components.aws_network import ANYWHERE
from components.self_managed import SelfManagedCluster
from crosscloud.config import AwsStack

API_PORT = 6443
PUBLIC, PRIVATE, CONTROL_PLANE, WORKER = "public", "private", "control-plane", "worker"
#: What the groups' descriptions say; a description can't be changed afterwards.
_ROLES = {
    PUBLIC: "The load balancer that users reach the Kubernetes API by",
    PRIVATE: "The load balancer that nodes reach the Kubernetes API by",
    CONTROL_PLANE: "The machines of the control plane",
    WORKER: "The machines of the workers",
}


@dataclass(frozen=True)
class Flow:
    """What may be sent from a role, or a network, to another. Ports are inclusive; ICMP has -1 for all of its types."""

    name: str
    source: str
    target: str
    protocol: str
    first: int
    last: int


def _flows() -> Iterator[Flow]:
    for source in (PUBLIC, PRIVATE, CONTROL_PLANE, WORKER):
        yield Flow("api", source, CONTROL_PLANE, "tcp", API_PORT, API_PORT)
    for node in (CONTROL_PLANE, WORKER):
        yield Flow("api", node, PRIVATE, "tcp", API_PORT, API_PORT)
    yield Flow("etcd", CONTROL_PLANE, CONTROL_PLANE, "tcp", 2379, 2380)
    for target in (CONTROL_PLANE, WORKER):
        yield Flow("node-exporter", WORKER, target, "tcp", 9100, 9100)  # Prometheus runs on workers
        for source in (CONTROL_PLANE, WORKER):
            yield Flow("kubelet", source, target, "tcp", 10250, 10250)  # logs and exec; Prometheus
            yield Flow("vxlan", source, target, "udp", 8472, 8472)  # flannel: what pods say to each other
            yield Flow("icmp", source, target, "icmp", -1, -1)  # packets that are too large are found out by it


FLOWS = tuple(_flows())
#: What machines may send to the Internet: registries and package mirrors. Names and the time come from addresses of the
#: VPC that no security group filters (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html).
OUTSIDE = {"http": 80, "https": 443}


class AwsAccess:
    """The security groups, by role in ``groups``; ``rules`` are what a machine must not boot before."""

    def __init__(self, cluster: SelfManagedCluster, config: AwsStack, vpc: aws.ec2.Vpc) -> None:
        """Make the groups in ``vpc``, as children of ``cluster``."""
        self._config, self._tags, self._opts, self._name = config, cluster.tags, cluster.opts, cluster.name
        self.rules: list[pulumi.Resource] = []
        self.groups = {
            role: aws.ec2.SecurityGroup(
                self._name(role),
                vpc_id=vpc.id,
                description=description,
                tags=self._tagged(role),
                opts=self._opts,
            )
            for role, description in _ROLES.items()
        }
        for flow in FLOWS:
            self._between(flow)
        for cidr in config.api_access_cidrs:
            self._ingress(PUBLIC, f"api-from-{cidr}", Flow("api", cidr, PUBLIC, "tcp", API_PORT, API_PORT), cidr=cidr)
        for role in (CONTROL_PLANE, WORKER):
            for name, port in OUTSIDE.items():
                self._egress(role, f"{name}-to-anywhere", Flow(name, role, ANYWHERE, "tcp", port, port), cidr=ANYWHERE)
            for cidr in config.ssh_access_cidrs:
                self._ingress(role, f"ssh-from-{cidr}", Flow("ssh", cidr, role, "tcp", 22, 22), cidr=cidr)

    def _between(self, flow: Flow) -> None:
        source, target = self.groups[flow.source], self.groups[flow.target]
        self._egress(flow.source, f"{flow.name}-to-{flow.target}", flow, group=target.id)
        self._ingress(flow.target, f"{flow.name}-from-{flow.source}", flow, group=source.id)

    def _egress(
        self, role: str, name: str, flow: Flow, *, cidr: str | None = None, group: Input[str] | None = None
    ) -> None:
        name = f"{role}-{name}"
        made = aws.vpc.SecurityGroupEgressRule(
            self._name(name),
            security_group_id=self.groups[role].id,
            description=name,
            ip_protocol=flow.protocol,
            from_port=flow.first,
            to_port=flow.last,
            cidr_ipv4=cidr,
            referenced_security_group_id=group,
            tags=self._tagged(name),
            opts=self._opts,
        )
        self.rules.append(made)

    def _ingress(
        self, role: str, name: str, flow: Flow, *, cidr: str | None = None, group: Input[str] | None = None
    ) -> None:
        name = f"{role}-{name}"
        made = aws.vpc.SecurityGroupIngressRule(
            self._name(name),
            security_group_id=self.groups[role].id,
            description=name,
            ip_protocol=flow.protocol,
            from_port=flow.first,
            to_port=flow.last,
            cidr_ipv4=cidr,
            referenced_security_group_id=group,
            tags=self._tagged(name),
            opts=self._opts,
        )
        self.rules.append(made)

    def _tagged(self, name: str) -> dict[str, str]:
        return {**self._tags, "Name": self._name(name)}
