"""The doors to the Kubernetes API on AWS: a network load balancer for its users, and one for its nodes.

They are two so that no node's traffic leaves the network. Neither keeps the clients' addresses: a load balancer that
does can't lead a control plane to itself.
https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html
"""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws
from pulumi import Input, Output, ResourceOptions

from components.aws_access import API_PORT
from components.self_managed import SelfManagedCluster

#: Seconds that a control plane which leaves still gets its connections; the default, 300, keeps users waiting for it.
_DEREGISTRATION = 30


class ApiBalancer:
    """A network load balancer that leads port 6443 to the control planes that answer ``/readyz``."""

    def __init__(  # noqa: PLR0913 - a load balancer has no fewer
        self,
        cluster: SelfManagedCluster,
        role: str,
        *,
        internal: bool,
        vpc: aws.ec2.Vpc,
        subnets: Sequence[Input[str]],
        group: aws.ec2.SecurityGroup,
        after: Sequence[pulumi.Resource],
    ) -> None:
        """``after`` is what has to be there before: an Internet gateway for one that is not ``internal``."""
        # Load balancers and target groups have names of 32 characters at most, too few for random endings, and unique
        # in a region: another one of the same name can be made only after the first is gone.
        self._name = cluster.name(role)
        self._opts = ResourceOptions.merge(cluster.opts, ResourceOptions(delete_before_replace=True))
        tagged = {**cluster.tags, "Name": self._name}
        balancer = aws.lb.LoadBalancer(
            self._name,
            name=self._name,
            load_balancer_type="network",
            internal=internal,
            ip_address_type="ipv4",
            subnets=list(subnets),
            security_groups=[group.id],
            # Control planes may be fewer than zones.
            enable_cross_zone_load_balancing=True,
            tags=tagged,
            opts=ResourceOptions.merge(self._opts, ResourceOptions(depends_on=list(after))),
        )
        self._target_group = aws.lb.TargetGroup(
            self._name,
            name=self._name,
            vpc_id=vpc.id,
            port=API_PORT,
            protocol="TCP",
            target_type="instance",
            preserve_client_ip="false",
            deregistration_delay=_DEREGISTRATION,
            health_check=aws.lb.TargetGroupHealthCheckArgs(
                protocol="HTTPS",
                path="/readyz",
                port=str(API_PORT),
                matcher="200",
                interval=10,
                timeout=6,
                healthy_threshold=2,
                unhealthy_threshold=2,
            ),
            tags=tagged,
            opts=self._opts,
        )
        self.listener = aws.lb.Listener(
            self._name,
            load_balancer_arn=balancer.arn,
            port=API_PORT,
            protocol="TCP",
            default_actions=[aws.lb.ListenerDefaultActionArgs(type="forward", target_group_arn=self._target_group.arn)],
            tags=tagged,
            opts=self._opts,
        )
        self.endpoint: Output[str] = Output.concat(balancer.dns_name, f":{API_PORT}")

    def attach(self, index: int, machine: aws.ec2.Instance) -> None:
        """Make a control plane one of the targets."""
        aws.lb.TargetGroupAttachment(
            f"{self._name}-{index}",
            target_group_arn=self._target_group.arn,
            target_id=machine.id,
            port=API_PORT,
            opts=self._opts,
        )
