"""What is left in the simulated AWS: nothing, after a destroy that forgot nothing; what any account has is left out."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from crosscloud.plugins.simulated_aws.client import ask, use_region

#: Service, operation, the list in its answer, and the name of each in it.
_LISTINGS = (
    ("autoscaling", "DescribeAutoScalingGroups", "AutoScalingGroups", "AutoScalingGroupARN"),
    ("elbv2", "DescribeLoadBalancers", "LoadBalancers", "LoadBalancerArn"),
    ("elbv2", "DescribeTargetGroups", "TargetGroups", "TargetGroupArn"),
    ("ec2", "DescribeInstances", "Reservations", "ReservationId"),
    ("ec2", "DescribeVolumes", "Volumes", "VolumeId"),
    ("ec2", "DescribeLaunchTemplates", "LaunchTemplates", "LaunchTemplateId"),
    ("ec2", "DescribeNatGateways", "NatGateways", "NatGatewayId"),
    ("ec2", "DescribeAddresses", "Addresses", "AllocationId"),
    ("ec2", "DescribeKeyPairs", "KeyPairs", "KeyPairId"),
    ("ec2", "DescribeVpcs", "Vpcs", "VpcId"),
    ("iam", "ListInstanceProfiles", "InstanceProfiles", "Arn"),
    ("iam", "ListRoles", "Roles", "Arn"),
)
#: What AWS keeps listing for a while, and what it makes by itself.
_NOTHING: Mapping[str, Callable[[dict[str, Any]], bool]] = {
    "Reservations": lambda one: all(machine["State"]["Name"] == "terminated" for machine in one["Instances"]),
    "NatGateways": lambda one: one["State"] == "deleted",
    "Vpcs": lambda one: bool(one.get("IsDefault")),
    "Roles": lambda one: str(one.get("Path")).startswith("/aws-service-role/"),
}


def leftovers(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of all that is there and costs, or stands in the way of the next stack of that name.

    ``settings`` are the stack's; they name the region.
    """
    use_region(str(settings["aws:region"]))
    for service, operation, listed, name in _LISTINGS:
        for one in ask(service, operation).get(listed, []):
            nothing = _NOTHING.get(listed)
            if nothing is None or not nothing(one):
                yield f"{listed.removesuffix('s')} {one[name]} in the simulated cloud"
