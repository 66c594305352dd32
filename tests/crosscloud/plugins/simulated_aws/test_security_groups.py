"""Security groups and routes of the simulated AWS say what passes on this host, and nothing else does."""

import pytest

from crosscloud.plugins.base import PluginError
from crosscloud.plugins.simulated_aws.client import ask, filters
from tests.crosscloud.plugins.simulated_aws.conftest import OPERATOR, TCP, Aws

API = (6443, 6443)


def ingress(aws: Aws, group: str, name: str = "in", **rule: object) -> str:
    return aws.make("SecurityGroupIngressRule", name, securityGroupId=group, **{**TCP, **rule})


def egress(aws: Aws, group: str, name: str = "out", **rule: object) -> str:
    return aws.make("SecurityGroupEgressRule", name, securityGroupId=group, **{**TCP, **rule})


def two_machines(aws: Aws) -> tuple[str, str, str, str, str]:
    """Return a network, two groups, and the address of a machine in each."""
    vpc = aws.network()
    subnet = aws.subnet(vpc)
    first, second = aws.group(vpc, "first"), aws.group(vpc, "second")
    addresses = [aws.address(aws.instance(subnet, [group])) for group in (first, second)]
    return vpc, first, second, addresses[0], addresses[1]


def test_nothing_passes_without_rules(aws: Aws) -> None:
    vpc, *_ = two_machines(aws)
    assert aws.passing(vpc) == set()
    assert aws.outside(vpc) == []


def test_one_side_of_a_rule_is_not_enough(aws: Aws) -> None:
    vpc, first, second, source, target = two_machines(aws)
    way_in = ingress(aws, second, referencedSecurityGroupId=first)
    assert aws.passing(vpc) == set()
    egress(aws, first, referencedSecurityGroupId=second)
    assert aws.passing(vpc) == {(source, target, "tcp", API)}
    aws.delete("SecurityGroupIngressRule", way_in)
    assert aws.passing(vpc) == set()


def test_only_the_ports_that_both_sides_allow_pass(aws: Aws) -> None:
    vpc, first, second, source, target = two_machines(aws)
    ingress(aws, second, referencedSecurityGroupId=first, fromPort=1000, toPort=3000)
    egress(aws, first, cidrIpv4="10.0.0.0/8", fromPort=2000, toPort=4000)
    assert aws.passing(vpc) == {(source, target, "tcp", (2000, 3000))}


def test_a_changed_rule_is_the_one_that_holds(aws: Aws) -> None:
    vpc, first, second, source, target = two_machines(aws)
    rule = ingress(aws, second, referencedSecurityGroupId=first)
    egress(aws, first, ipProtocol="-1", fromPort=None, toPort=None, cidrIpv4="0.0.0.0/0")
    assert aws.passing(vpc) == {(source, target, "tcp", API)}
    aws.change("SecurityGroupIngressRule", rule, fromPort=22, toPort=22)
    assert aws.passing(vpc) == {(source, target, "tcp", (22, 22))}


def test_protocols_are_told_apart(aws: Aws) -> None:
    vpc, first, second, source, target = two_machines(aws)
    ingress(aws, second, "vxlan", referencedSecurityGroupId=first, ipProtocol="udp", fromPort=8472, toPort=8472)
    egress(aws, first, "tcp", referencedSecurityGroupId=second, fromPort=8472, toPort=8472)
    assert aws.passing(vpc) == set()
    egress(aws, first, "udp", referencedSecurityGroupId=second, ipProtocol="udp", fromPort=8472, toPort=8472)
    assert aws.passing(vpc) == {(source, target, "udp", (8472, 8472))}


def test_members_of_one_group_don_t_reach_each_other_by_themselves(aws: Aws) -> None:
    vpc = aws.network()
    subnet, group = aws.subnet(vpc), aws.group(vpc)
    one, other = (aws.address(aws.instance(subnet, [group])) for _ in range(2))
    assert aws.passing(vpc) == set()
    ingress(aws, group, referencedSecurityGroupId=group)
    egress(aws, group, referencedSecurityGroupId=group)
    assert aws.passing(vpc) == {(one, other, "tcp", API), (other, one, "tcp", API)}


@pytest.mark.parametrize(("cidr", "comes_in"), [("203.0.113.0/24", True), ("198.51.100.0/24", False)])
def test_whoever_runs_the_program_comes_in_only_to_public_machines_that_admit_them(
    aws: Aws, cidr: str, comes_in: bool
) -> None:
    vpc = aws.network()
    gateway = aws.make("InternetGateway", vpcId=vpc)
    group, public, private = aws.group(vpc), aws.subnet(vpc), aws.subnet(vpc, "10.0.16.0/20", "us-east-1b")
    table = aws.make("RouteTable", vpcId=vpc)
    aws.make("Route", routeTableId=table, destinationCidrBlock="0.0.0.0/0", gatewayId=gateway)
    aws.make("RouteTableAssociation", routeTableId=table, subnetId=public)
    ingress(aws, group, cidrIpv4=cidr)
    assert OPERATOR.startswith("203.0.113.")
    seen = aws.address(aws.instance(public, [group], associatePublicIpAddress=True))
    aws.instance(private, [group])
    assert aws.passing(vpc) == ({("operator", seen, "tcp", API)} if comes_in else set())


def test_the_internet_needs_a_rule_and_a_route(aws: Aws) -> None:
    vpc = aws.network()
    gateway = aws.make("InternetGateway", vpcId=vpc)
    public, private = aws.subnet(vpc), aws.subnet(vpc, "10.0.16.0/20")
    group = aws.group(vpc)
    machine = aws.address(aws.instance(private, [group]))
    nat = aws.make("NatGateway", allocationId=aws.make("Eip", domain="vpc"), subnetId=public)
    tables = [aws.make("RouteTable", name, vpcId=vpc) for name in ("public", "private")]
    for table, subnet in zip(tables, (public, private), strict=True):
        aws.make("RouteTableAssociation", subnet, routeTableId=table, subnetId=subnet)
    way_out = aws.make("Route", "nat", routeTableId=tables[1], destinationCidrBlock="0.0.0.0/0", natGatewayId=nat)
    egress(aws, group, cidrIpv4="0.0.0.0/0", fromPort=443, toPort=443)
    assert aws.outside(vpc) == []  # the NAT gateway's own subnet leads nowhere
    aws.make("Route", "public", routeTableId=tables[0], destinationCidrBlock="0.0.0.0/0", gatewayId=gateway)
    assert aws.outside(vpc) == [machine]
    aws.delete("Route", way_out)
    assert aws.outside(vpc) == []


def test_a_private_machine_does_not_use_the_internet_gateway(aws: Aws) -> None:
    vpc = aws.network()
    gateway, table = aws.make("InternetGateway", vpcId=vpc), aws.make("RouteTable", vpcId=vpc)
    subnet, group = aws.subnet(vpc), aws.group(vpc)
    aws.make("Route", routeTableId=table, destinationCidrBlock="0.0.0.0/0", gatewayId=gateway)
    aws.make("RouteTableAssociation", routeTableId=table, subnetId=subnet)
    egress(aws, group, cidrIpv4="0.0.0.0/0", fromPort=443, toPort=443)
    aws.instance(subnet, [group], associatePublicIpAddress=False)
    public = aws.instance(subnet, [group], associatePublicIpAddress=True)
    assert aws.outside(vpc) == [aws.address(public)]


def test_a_machine_that_has_gone_is_forgotten_by_the_filter(aws: Aws) -> None:
    vpc = aws.network()
    subnet, group = aws.subnet(vpc), aws.group(vpc)
    ingress(aws, group, referencedSecurityGroupId=group)
    egress(aws, group, referencedSecurityGroupId=group)
    one, _other = (aws.instance(subnet, [group]) for _ in range(2))
    assert len(aws.passing(vpc)) == 2
    aws.delete("Instance", one)
    assert aws.passing(vpc) == set()


def test_the_same_rule_twice_is_refused(aws: Aws) -> None:
    group = aws.group(aws.network())
    ingress(aws, group, cidrIpv4="203.0.113.0/24")
    with pytest.raises(PluginError, match=r"InvalidPermission.Duplicate"):
        ingress(aws, group, cidrIpv4="203.0.113.0/24")


def test_a_rule_names_one_other_side_that_exists(aws: Aws) -> None:
    group = aws.group(aws.network())
    assert aws.wrong("SecurityGroupIngressRule", securityGroupId=group, **TCP) == [
        "cidrIpv4: exactly one of cidrIpv4, cidrIpv6, prefixListId, referencedSecurityGroupId has to be given"
    ]
    with pytest.raises(PluginError, match=r"InvalidGroup.NotFound"):
        ingress(aws, group, referencedSecurityGroupId="sg-0123456789abcdef0")


def test_a_new_group_lets_nothing_out_and_the_networks_own_neither(aws: Aws) -> None:
    vpc = aws.network()
    groups = [aws.group(vpc), aws.make("DefaultSecurityGroup", vpcId=vpc)]
    for group in groups:
        assert ask("ec2", "DescribeSecurityGroupRules", Filters=filters(group_id=group))["SecurityGroupRules"] == []


def test_a_description_has_only_the_characters_that_ec2_takes(aws: Aws) -> None:
    vpc = aws.network()
    wrong = aws.wrong("SecurityGroup", vpcId=vpc, description="the cluster's machines")
    assert wrong == ["description: has at most 255 letters, digits, spaces, or any of ._-:/()#,@[]+=&;{}!$*"]
    assert aws.wrong("SecurityGroup", vpcId=vpc, name="sg-mine") == ["name: may not begin with sg-"]
