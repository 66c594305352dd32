"""The cluster on AWS in the genuine engine, without machines: what a change of the stack's file changes there."""

from collections.abc import Iterator
from typing import Any

import pytest

from crosscloud.plugins.simulated_aws import client, service
from tests.rehearsal.harness import Rehearsal, Step, rehearsal

pytestmark = pytest.mark.engine

NAME = "test-aws-engine"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """Three control planes and two workers, as far up as that goes without a cluster: with the first control plane."""
    sizes: dict[str, Any] = {"controlPlanes": {"count": 3}, "workers": {"count": 2}}
    with rehearsal("aws", tmp_path_factory.mktemp("a project"), name=NAME, **sizes) as made:
        made.up()
        yield made


def told(steps: list[Step], *ops: str) -> set[tuple[str, str]]:
    """Return type and name of the steps of some kinds."""
    return {(one.type.rpartition(":")[2], one.name.removeprefix(f"{NAME}-")) for one in steps if one.op in ops}


def test_the_same_again_changes_nothing(stack: Rehearsal) -> None:
    stack.configure()
    assert stack.changes() == []


def test_another_network_of_users_changes_that_rule_alone(stack: Rehearsal) -> None:
    stack.configure(apiAccessCidrs=["203.0.113.0/24"])
    steps = stack.changes()
    assert told(steps, "create") == {("SecurityGroupIngressRule", "public-api-from-203.0.113.0/24")}
    assert told(steps, "delete") == {("SecurityGroupIngressRule", "public-api-from-203.0.113.7/32")}
    assert len(steps) == 2


def test_a_nat_gateway_a_zone_leaves_machines_and_subnets_alone(stack: Rehearsal) -> None:
    stack.configure(aws={"region": "us-east-1", "natGateways": "perZone"})
    steps = stack.changes()
    assert ("NatGateway", "nat-us-east-1b") in told(steps, "create")
    touched = {kind for kind, _ in told(steps, "create", "update", "delete", "replace")}
    assert touched == {"Eip", "NatGateway", "RouteTable", "Route", "RouteTableAssociation"}
    assert told(steps, "replace") == set()


def test_another_owner_is_a_tag_and_replaces_nothing(stack: Rehearsal) -> None:
    stack.configure(owner="platform")
    steps = stack.changes()
    assert {one.op for one in steps} == {"update"}
    assert ("Vpc", NAME) in told(steps, "update")
    assert ("Instance", "control-plane-0") in told(steps, "update")


def test_larger_disks_replace_control_planes_and_renew_workers(stack: Rehearsal) -> None:
    stack.configure(controlPlanes={"count": 3, "diskGb": 40}, workers={"count": 2, "diskGb": 40})
    steps = stack.changes()
    replaced = told(steps, "replace")
    assert ("Instance", "control-plane-0") in replaced
    assert not {kind for kind, _ in replaced} & {"LoadBalancer", "TargetGroup", "Group", "LaunchTemplate", "Subnet"}
    assert {("LaunchTemplate", "worker"), ("Group", "worker")} <= told(steps, "update")


def test_machines_have_what_the_program_asked_for(stack: Rehearsal) -> None:
    machine = stack.resources("aws:ec2/instance:Instance")[f"{NAME}-control-plane-0"]
    assert machine["availabilityZone"] == "us-east-1a"
    assert machine["metadataOptions"]["httpTokens"] == "required"
    assert machine["publicIp"] == ""
    secrets = machine["userDataBase64"]
    assert secrets, "shown here because the state was asked for in the clear"
    assert str(secrets) not in stack.pulumi("stack", "export")


def test_destroy_leaves_nothing_in_the_account(stack: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last of this file: there is nothing for another one afterwards."""
    stack.destroy()
    monkeypatch.setenv(service.ENDPOINT, stack.environment[service.ENDPOINT])
    client.use_region("us-east-1")
    assert [one for one in client.ask("ec2", "DescribeVpcs")["Vpcs"] if not one["IsDefault"]] == []
    for operation, key in (
        ("DescribeAddresses", "Addresses"),
        ("DescribeLaunchTemplates", "LaunchTemplates"),
        ("DescribeInternetGateways", "InternetGateways"),
        ("DescribeVolumes", "Volumes"),
    ):
        assert client.ask("ec2", operation)[key] == []
    assert client.ask("elbv2", "DescribeLoadBalancers")["LoadBalancers"] == []
    assert client.ask("elbv2", "DescribeTargetGroups")["TargetGroups"] == []
    assert client.ask("iam", "ListRoles")["Roles"] == []
