"""The simulated VPC keeps AWS's rules about what fits where, and what can't be deleted while something needs it."""

import pytest

from crosscloud.plugins.base import PluginError
from crosscloud.plugins.simulated import declared
from crosscloud.plugins.simulated_aws import client
from crosscloud.plugins.simulated_aws.__main__ import RESOURCES
from crosscloud.plugins.simulated_aws.client import ask
from crosscloud.plugins.simulated_aws.nat import ADDRESSES
from tests.crosscloud.plugins.simulated_aws.conftest import TCP, Aws


@pytest.mark.parametrize("kind", RESOURCES, ids=lambda kind: kind.__name__)
def test_each_type_declares_only_what_its_sdk_knows(kind: type) -> None:
    assert list(declared(kind())) == []


def test_a_subnet_has_to_be_inside_its_network(aws: Aws) -> None:
    vpc = aws.network("10.0.0.0/20")
    with pytest.raises(PluginError, match=r"CreateSubnet, api error InvalidSubnet.Range: The CIDR '10.9.0.0/24'"):
        aws.subnet(vpc, "10.9.0.0/24")


def test_subnets_may_not_overlap(aws: Aws) -> None:
    vpc = aws.network()
    aws.subnet(vpc, "10.0.0.0/20")
    with pytest.raises(PluginError, match=r"InvalidSubnet.Conflict: The CIDR '10.0.8.0/21' conflicts"):
        aws.subnet(vpc, "10.0.8.0/21", "us-east-1b")


def test_a_network_larger_than_a_16_is_refused(aws: Aws) -> None:
    with pytest.raises(PluginError, match=r"InvalidVpc.Range"):
        aws.network("10.0.0.0/15")


def test_a_network_that_this_host_can_not_have_is_not_in_the_cloud_either(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(*_: object) -> None:
        raise PluginError("the network overlaps what this host already uses")

    monkeypatch.setattr("crosscloud.plugins.simulated.fabric.network", taken)
    before = ask("ec2", "DescribeVpcs")["Vpcs"]
    with pytest.raises(PluginError, match="already uses"):
        aws.make("Vpc", cidrBlock="10.8.0.0/16")
    assert ask("ec2", "DescribeVpcs")["Vpcs"] == before


def test_a_zone_of_another_region_is_refused(aws: Aws) -> None:
    vpc = aws.network()
    with pytest.raises(PluginError, match=r"InvalidParameterValue.*eu-west-1a"):
        aws.subnet(vpc, zone="eu-west-1a")


def test_a_subnet_of_a_network_that_is_not_there_is_refused(aws: Aws) -> None:
    with pytest.raises(PluginError, match=r"InvalidVpcID.NotFound"):
        aws.subnet("vpc-0123456789abcdef0")


@pytest.mark.parametrize("inside", ["subnet", "gateway", "group"])
def test_a_network_is_not_deleted_while_something_is_in_it(aws: Aws, inside: str) -> None:
    vpc = aws.network()
    if inside == "subnet":
        kind, made = "Subnet", aws.subnet(vpc)
    elif inside == "gateway":
        kind, made = "InternetGateway", aws.make("InternetGateway", vpcId=vpc)
    else:
        kind, made = "SecurityGroup", aws.group(vpc)
    with pytest.raises(PluginError, match=rf"DependencyViolation: The vpc '{vpc}' has dependencies"):
        aws.delete("Vpc", vpc)
    aws.delete(kind, made)
    aws.delete("Vpc", vpc)
    assert aws.refresh("Vpc", vpc) is None


def test_a_subnet_is_not_deleted_while_a_machine_is_in_it(aws: Aws) -> None:
    vpc = aws.network()
    subnet = aws.subnet(vpc)
    machine = aws.instance(subnet, [aws.group(vpc)])
    with pytest.raises(PluginError, match=rf"DependencyViolation: The subnet '{subnet}' has dependencies"):
        aws.delete("Subnet", subnet)
    aws.delete("Instance", machine)
    aws.delete("Subnet", subnet)


def test_a_group_is_not_deleted_while_a_machine_has_it(aws: Aws) -> None:
    vpc = aws.network()
    group = aws.group(vpc)
    machine = aws.instance(aws.subnet(vpc), [group])
    with pytest.raises(PluginError, match=rf"DependencyViolation: resource {group} has a dependent object"):
        aws.delete("SecurityGroup", group)
    aws.delete("Instance", machine)
    aws.delete("SecurityGroup", group)


def test_a_group_is_not_deleted_while_another_ones_rule_names_it(aws: Aws) -> None:
    vpc = aws.network()
    named, other = aws.group(vpc, "named"), aws.group(vpc, "other")
    rule = aws.make("SecurityGroupIngressRule", securityGroupId=other, referencedSecurityGroupId=named, **TCP)
    with pytest.raises(PluginError, match=r"has a dependent object"):
        aws.delete("SecurityGroup", named)
    aws.delete("SecurityGroupIngressRule", rule)
    aws.delete("SecurityGroup", named)


def test_a_gateway_stays_while_an_address_depends_on_it(aws: Aws) -> None:
    vpc = aws.network()
    subnet, gateway = aws.subnet(vpc), aws.make("InternetGateway", vpcId=vpc)
    address = aws.make("Eip", domain="vpc")
    nat = aws.make("NatGateway", allocationId=address, subnetId=subnet)
    with pytest.raises(PluginError, match=r"DependencyViolation: Network vpc-\w+ has some mapped public address"):
        aws.delete("InternetGateway", gateway)
    with pytest.raises(PluginError, match=r"ReleaseAddress, api error AuthFailure"):
        aws.delete("Eip", address)
    aws.delete("NatGateway", nat)
    aws.delete("Eip", address)
    aws.delete("InternetGateway", gateway)
    aws.delete("Subnet", subnet)


def test_a_nat_gateway_needs_an_internet_gateway(aws: Aws) -> None:
    subnet, address = aws.subnet(aws.network()), aws.make("Eip", domain="vpc")
    with pytest.raises(PluginError, match=r"Gateway.NotAttached: Network vpc-\w+ has no Internet gateway attached"):
        aws.make("NatGateway", allocationId=address, subnetId=subnet)


def test_an_account_has_only_so_many_elastic_addresses(aws: Aws) -> None:
    for number in range(ADDRESSES):
        aws.make("Eip", str(number), domain="vpc")
    with pytest.raises(PluginError, match=r"AddressLimitExceeded: The maximum number of addresses has been reached"):
        aws.make("Eip", "another", domain="vpc")


def test_a_subnet_has_one_route_table_at_most(aws: Aws) -> None:
    vpc = aws.network()
    subnet, table = aws.subnet(vpc), aws.make("RouteTable", vpcId=vpc)
    link = aws.make("RouteTableAssociation", routeTableId=table, subnetId=subnet)
    with pytest.raises(PluginError, match=r"Resource.AlreadyAssociated"):
        aws.make("RouteTableAssociation", routeTableId=table, subnetId=subnet)
    with pytest.raises(PluginError, match=r"DependencyViolation"):
        aws.delete("RouteTable", table)
    aws.delete("RouteTableAssociation", link)
    aws.delete("RouteTable", table)


def test_a_subnet_can_be_given_another_table(aws: Aws) -> None:
    vpc = aws.network()
    subnet, first, second = aws.subnet(vpc), aws.make("RouteTable", vpcId=vpc), aws.make("RouteTable", vpcId=vpc)
    link = aws.make("RouteTableAssociation", routeTableId=first, subnetId=subnet)
    assert not aws.diff("RouteTableAssociation", link, routeTableId=second).replaces
    aws.change("RouteTableAssociation", link, routeTableId=second)
    aws.delete("RouteTable", first)
    aws.delete("RouteTableAssociation", link)
    aws.delete("RouteTable", second)


def test_a_route_leads_to_something_that_is_there(aws: Aws) -> None:
    vpc = aws.network()
    table = aws.make("RouteTable", vpcId=vpc)
    with pytest.raises(PluginError, match=r"NotFound"):
        aws.make("Route", routeTableId=table, destinationCidrBlock="0.0.0.0/0", natGatewayId="nat-0123456789abcdef0")
    gateway = aws.make("InternetGateway", vpcId=vpc)
    route = aws.make("Route", routeTableId=table, destinationCidrBlock="0.0.0.0/0", gatewayId=gateway)
    assert aws.refresh("Route", route) is not None
    with pytest.raises(PluginError, match=r"RouteAlreadyExists"):
        aws.make("Route", routeTableId=table, destinationCidrBlock="0.0.0.0/0", gatewayId=gateway)
    aws.delete("Route", route)
    assert aws.refresh("Route", route) is None


@pytest.mark.parametrize(
    ("kind", "changes", "replaces"),
    [
        ("Vpc", {"cidrBlock": "10.1.0.0/16"}, True),
        ("Vpc", {"enableDnsHostnames": True}, False),
        ("Subnet", {"cidrBlock": "10.0.16.0/20"}, True),
        ("Subnet", {"availabilityZone": "us-east-1b"}, True),
        ("Subnet", {"mapPublicIpOnLaunch": True}, False),
    ],
)
def test_another_one_is_made_where_aws_can_t_change_it(
    aws: Aws, kind: str, changes: dict[str, object], replaces: bool
) -> None:
    vpc = aws.network()
    made = vpc if kind == "Vpc" else aws.subnet(vpc)
    assert bool(aws.diff(kind, made, **changes).replaces) == replaces


def test_refresh_sees_a_tag_that_someone_changed(aws: Aws) -> None:
    vpc = aws.make("Vpc", cidrBlock="10.0.0.0/16", tags={"owner": "us"})
    client.ask("ec2", "CreateTags", Resources=[vpc], Tags=[{"Key": "owner", "Value": "them"}])
    live = aws.refresh("Vpc", vpc)
    assert live is not None
    assert live["tags"] == {"owner": "them"}
    aws.change("Vpc", vpc, tags={"owner": "us", "more": "1"})
    assert (aws.refresh("Vpc", vpc) or {})["tags"] == {"owner": "us", "more": "1"}
