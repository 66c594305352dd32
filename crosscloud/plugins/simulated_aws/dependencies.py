"""What AWS refuses to delete while something else needs it, and moto deletes all the same.

The words are those of EC2's DependencyViolation and its relatives:
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""

from collections.abc import Iterator
from typing import Any

from crosscloud.plugins.simulated_aws import client
from crosscloud.plugins.simulated_aws.client import ask, filters


def ensure_vpc_empty(vpc: str) -> None:
    """Refuse while a VPC has subnets, gateways, or security groups of its own."""
    inside = filters(vpc_id=vpc)
    groups = ask("ec2", "DescribeSecurityGroups", Filters=inside)["SecurityGroups"]
    gateways = ask("ec2", "DescribeInternetGateways", Filters=filters(attachment__vpc_id=vpc))
    needed = [
        *ask("ec2", "DescribeSubnets", Filters=inside)["Subnets"],
        *gateways["InternetGateways"],
        *(group for group in groups if group["GroupName"] != "default"),
    ]
    if needed:
        raise _violation("DeleteVpc", f"The vpc '{vpc}' has dependencies and cannot be deleted.")


def ensure_subnet_empty(subnet: str) -> None:
    """Refuse while an interface (of a machine, a NAT gateway, a load balancer) is in a subnet."""
    if any(interfaces(subnet_id=subnet)):
        raise _violation("DeleteSubnet", f"The subnet '{subnet}' has dependencies and cannot be deleted.")


def ensure_group_unused(group: str) -> None:
    """Refuse while an interface has a security group, or a rule of another group names it."""
    named = [
        rule
        for rule in ask("ec2", "DescribeSecurityGroupRules")["SecurityGroupRules"]
        if rule["GroupId"] != group and rule.get("ReferencedGroupInfo", {}).get("GroupId") == group
    ]
    if named or any(interfaces(group_id=group)):
        raise _violation("DeleteSecurityGroup", f"resource {group} has a dependent object")


def ensure_no_public_addresses(vpc: str) -> None:
    """Refuse while machines, NAT gateways or load balancers of a VPC have public addresses."""
    mapped = any(one.get("Association", {}).get("PublicIp") for one in interfaces(vpc_id=vpc))
    balancers = ask("elbv2", "DescribeLoadBalancers")["LoadBalancers"]
    if mapped or any(one["VpcId"] == vpc and one["Scheme"] == "internet-facing" for one in balancers):
        raise _violation(
            "DetachInternetGateway",
            f"Network {vpc} has some mapped public address(es). Please unmap those public address(es) before "
            "detaching the gateway.",
        )


def interfaces(**wanted: str) -> Iterator[dict[str, Any]]:
    """Yield the network interfaces that are there for something: those of machines that ended are not."""
    found = ask("ec2", "DescribeNetworkInterfaces", Filters=filters(**wanted))["NetworkInterfaces"]
    ended = _ended([one["Attachment"]["InstanceId"] for one in found if one.get("Attachment", {}).get("InstanceId")])
    for one in found:
        if one.get("Attachment", {}).get("InstanceId") not in ended:
            yield one


def _ended(instances: list[str]) -> set[str]:
    if not instances:
        return set()
    found = ask("ec2", "DescribeInstances", InstanceIds=instances)["Reservations"]
    return {one["InstanceId"] for each in found for one in each["Instances"] if one["State"]["Name"] == "terminated"}


def _violation(operation: str, message: str) -> client.ApiError:
    return client.refuse("ec2", operation, "DependencyViolation", message)
