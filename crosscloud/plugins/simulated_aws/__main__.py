"""The plugin's process, started by `pulumi-resource-aws` within a rehearsal."""

from collections.abc import Callable, Mapping

from crosscloud.plugins.base import Values, main
from crosscloud.plugins.simulated import SimulatedProvider, SimulatedResource
from crosscloud.plugins.simulated_aws import client, host, lookups
from crosscloud.plugins.simulated_aws.balancers import LoadBalancer
from crosscloud.plugins.simulated_aws.groups import Group
from crosscloud.plugins.simulated_aws.identity import InstanceProfile, KeyPair, Role
from crosscloud.plugins.simulated_aws.instances import Instance
from crosscloud.plugins.simulated_aws.nat import Eip, NatGateway
from crosscloud.plugins.simulated_aws.network import InternetGateway, Subnet, Vpc
from crosscloud.plugins.simulated_aws.routing import Route, RouteTable, RouteTableAssociation
from crosscloud.plugins.simulated_aws.security_groups import (
    DefaultSecurityGroup,
    SecurityGroup,
    SecurityGroupEgressRule,
    SecurityGroupIngressRule,
)
from crosscloud.plugins.simulated_aws.targets import Listener, TargetGroup, TargetGroupAttachment
from crosscloud.plugins.simulated_aws.templates import LaunchTemplate

#: What is modelled; anything else is refused by name.
RESOURCES: tuple[Callable[[], SimulatedResource], ...] = (
    DefaultSecurityGroup,
    Eip,
    Group,
    Instance,
    InstanceProfile,
    InternetGateway,
    KeyPair,
    LaunchTemplate,
    Listener,
    LoadBalancer,
    NatGateway,
    Role,
    Route,
    RouteTable,
    RouteTableAssociation,
    SecurityGroup,
    SecurityGroupEgressRule,
    SecurityGroupIngressRule,
    Subnet,
    TargetGroup,
    TargetGroupAttachment,
    Vpc,
)
FUNCTIONS: Mapping[str, Callable[..., Mapping[str, object]]] = {
    "aws:ec2/getAmi:getAmi": lookups.ami,
    "aws:index/getAvailabilityZones:getAvailabilityZones": lookups.availability_zones,
}
INTERNAL_ERROR = (
    "operation error EC2: exceeded maximum number of attempts, 25, https response error StatusCode: 503, "
    "api error RequestLimitExceeded: Request limit exceeded."
)


class AwsProvider(SimulatedProvider):
    """The provider ``aws``, in the region of its configuration."""

    def __init__(self) -> None:
        super().__init__("aws", "pulumi_aws", [one() for one in RESOURCES], FUNCTIONS, internal_error=INTERNAL_ERROR)

    def configure(self, config: Values) -> None:
        """Take the region."""
        super().configure(config)
        client.use_region(str(config.get("region") or client.region()))
        host.catch_up()


if __name__ == "__main__":
    main(AwsProvider())
