"""Network load balancers of the simulated AWS: where they can be, and whom they lead to."""

from typing import Any
from unittest.mock import Mock

import pytest

from crosscloud.plugins.base import PluginError
from crosscloud.plugins.simulated_aws import host
from crosscloud.plugins.simulated_aws.client import ask
from tests.crosscloud.plugins.simulated_aws.conftest import TCP, Aws

CHECK = {"protocol": "HTTPS", "path": "/readyz", "port": "6443", "interval": 10, "timeout": 6}


class Door:
    """A network with a load balancer, its target group and listener, and the groups of it and its machines."""

    def __init__(self, aws: Aws, *, internal: bool = False) -> None:
        self.aws, self.vpc = aws, aws.network()
        self.gateway = aws.make("InternetGateway", vpcId=self.vpc)
        self.subnet = aws.subnet(self.vpc)
        table = aws.make("RouteTable", vpcId=self.vpc)
        aws.make("Route", routeTableId=table, destinationCidrBlock="0.0.0.0/0", gatewayId=self.gateway)
        aws.make("RouteTableAssociation", routeTableId=table, subnetId=self.subnet)
        self.group, self.machines = aws.group(self.vpc, "door"), aws.group(self.vpc, "machines")
        self.balancer = balancer(aws, [self.subnet], internal=internal, securityGroups=[self.group])
        self.targets = aws.make(
            "TargetGroup", "api", vpcId=self.vpc, port=6443, protocol="TCP", targetType="instance", healthCheck=CHECK
        )
        action = {"type": "forward", "targetGroupArn": self.targets}
        self.listener = aws.make(
            "Listener", loadBalancerArn=self.balancer, port=6443, protocol="TCP", defaultActions=[action]
        )
        self.address = str(aws.outputs("LoadBalancer", self.balancer)["dnsName"])

    def attach(self) -> tuple[str, str]:
        """Return a machine behind it, and its attachment."""
        machine = self.aws.instance(self.subnet, [self.machines])
        given = {"targetGroupArn": self.targets, "targetId": machine, "port": 6443}
        return machine, self.aws.make("TargetGroupAttachment", machine, **given)

    def led_to(self) -> list[str]:
        note = self.aws.fabric.get("Balancer", self.balancer)
        return list(note.inputs["targets"]) if note is not None else []


def balancer(aws: Aws, subnets: list[str], **more: Any) -> str:
    given: dict[str, Any] = {"loadBalancerType": "network", "internal": False, "name": "demo-public", **more}
    return aws.make("LoadBalancer", subnets=subnets, **given)


@pytest.fixture
def door(aws: Aws) -> Door:
    return Door(aws)


def test_it_leads_to_the_machines_that_are_attached(door: Door) -> None:
    (one, attached), (other, _) = door.attach(), door.attach()
    assert door.led_to() == [door.aws.address(one), door.aws.address(other)]
    door.aws.delete("TargetGroupAttachment", attached)
    assert door.led_to() == [door.aws.address(other)]


def test_a_machine_that_ended_is_no_longer_a_target_and_its_attachment_goes_without_a_word(door: Door) -> None:
    (ended, attached), (other, _) = door.attach(), door.attach()
    ask("ec2", "TerminateInstances", InstanceIds=[ended])
    door.aws.delete("TargetGroupAttachment", attached)
    assert door.led_to() == [door.aws.address(other)]


def test_it_leads_nowhere_once_its_listener_is_gone(door: Door) -> None:
    door.attach()
    door.aws.delete("Listener", door.listener)
    assert door.led_to() == []


def test_its_own_group_admits_users_and_the_machines_group_admits_it(door: Door) -> None:
    machine, _ = door.attach()
    target = door.aws.address(machine)
    assert door.aws.passing(door.vpc) == set()
    door.aws.make("SecurityGroupIngressRule", "users", securityGroupId=door.group, cidrIpv4="203.0.113.0/24", **TCP)
    assert door.aws.passing(door.vpc) == {("operator", door.address, "tcp", (6443, 6443))}
    sides = {"Egress": (door.group, door.machines), "Ingress": (door.machines, door.group)}
    for direction, (own, other) in sides.items():
        kind = f"SecurityGroup{direction}Rule"
        door.aws.make(kind, "api", securityGroupId=own, referencedSecurityGroupId=other, **TCP)
    assert (door.address, target, "tcp", (6443, 6443)) in door.aws.passing(door.vpc)
    assert ("operator", target, "tcp", (6443, 6443)) not in door.aws.passing(door.vpc)


def test_an_internal_one_is_not_reached_from_outside(aws: Aws) -> None:
    door = Door(aws, internal=True)
    door.attach()
    aws.make("SecurityGroupIngressRule", "users", securityGroupId=door.group, cidrIpv4="0.0.0.0/0", **TCP)
    assert aws.passing(door.vpc) == set()


def test_one_that_faces_the_internet_needs_a_gateway(aws: Aws) -> None:
    subnet = aws.subnet(aws.network())
    with pytest.raises(PluginError, match=r"InvalidSubnet: VPC vpc-\w+ has no internet gateway"):
        balancer(aws, [subnet])
    balancer(aws, [subnet], internal=True)


def test_it_has_one_subnet_a_zone_at_most(aws: Aws) -> None:
    vpc = aws.network()
    subnets = [aws.subnet(vpc), aws.subnet(vpc, "10.0.16.0/20")]
    with pytest.raises(PluginError, match=r"cannot be attached to multiple subnets in the same Availability Zone"):
        balancer(aws, subnets, internal=True)


def test_it_needs_room_in_its_subnets(aws: Aws) -> None:
    vpc = aws.network()
    subnet, group = aws.subnet(vpc, "10.0.0.0/28"), aws.group(vpc)
    for _ in range(4):
        aws.instance(subnet, [group])
    with pytest.raises(PluginError, match=r"InvalidSubnet: Not enough IP space .* at least 8 free IP addresses"):
        balancer(aws, [subnet], internal=True)


def test_its_subnets_and_groups_can_t_go_before_it(door: Door) -> None:
    with pytest.raises(PluginError, match=r"DependencyViolation"):
        door.aws.delete("Subnet", door.subnet)
    with pytest.raises(PluginError, match=r"DependencyViolation"):
        door.aws.delete("InternetGateway", door.gateway)
    with pytest.raises(PluginError, match=r"has a dependent object"):
        door.aws.delete("SecurityGroup", door.group)
    with pytest.raises(PluginError, match=r"ResourceInUse"):
        door.aws.delete("TargetGroup", door.targets)
    door.aws.delete("Listener", door.listener)
    door.aws.delete("LoadBalancer", door.balancer)
    door.aws.delete("SecurityGroup", door.group)
    assert door.aws.refresh("LoadBalancer", door.balancer) is None
    door.aws.delete("TargetGroup", door.targets)
    door.aws.delete("Subnet", door.subnet)


def test_a_name_is_taken_once(aws: Aws) -> None:
    subnet = aws.subnet(aws.network())
    balancer(aws, [subnet], internal=True)
    with pytest.raises(PluginError, match=r"ELBv2 Load Balancer \(demo-public\) already exists"):
        balancer(aws, [subnet], internal=True)


@pytest.mark.parametrize("name", ["a" * 33, "-demo", "demo-", "demo_api", "internal-demo"])
def test_a_name_that_the_service_refuses_is_refused(aws: Aws, name: str) -> None:
    given = {"name": name, "loadBalancerType": "network", "subnets": ["subnet-1"]}
    assert [line.partition(":")[0] for line in aws.wrong("LoadBalancer", **given)] == ["name"]


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        ({"interval": 4}, "healthCheck.interval: is 4; from 5 to 300"),
        ({"unhealthyThreshold": 11}, "healthCheck.unhealthyThreshold: is 11; from 2 to 10"),
        ({"interval": 10, "timeout": 10}, "healthCheck.timeout: is 10; less than the interval, 10"),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_a_health_check_out_of_range_is_refused(aws: Aws, check: dict[str, int], wrong: str) -> None:
    assert wrong in aws.wrong("TargetGroup", port=6443, protocol="TCP", vpcId="vpc-1", healthCheck=check)


def test_a_listener_and_its_targets_speak_the_same_protocol(door: Door) -> None:
    udp = door.aws.make("TargetGroup", "udp", vpcId=door.vpc, port=53, protocol="UDP", targetType="instance")
    action = {"type": "forward", "targetGroupArn": udp}
    with pytest.raises(PluginError, match=r"IncompatibleProtocols"):
        door.aws.make(
            "Listener", "udp", loadBalancerArn=door.balancer, port=53, protocol="TCP", defaultActions=[action]
        )


def test_it_can_be_given_subnets_but_not_lose_them(door: Door) -> None:
    more = door.aws.subnet(door.vpc, "10.0.16.0/20", "us-east-1b")
    assert not door.aws.diff("LoadBalancer", door.balancer, subnets=[door.subnet, more]).replaces
    assert door.aws.diff("LoadBalancer", door.balancer, subnets=[more]).replaces
    assert door.aws.diff("LoadBalancer", door.balancer, securityGroups=None).replaces


def test_a_slow_one_leads_nowhere_at_first_and_is_caught_up_with(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("crosscloud.plugins.simulated_aws.host.time.time", lambda: now[0])
    monkeypatch.setattr("crosscloud.plugins.simulated_aws.host.threading.Timer", Mock())  # as if the engine had ended
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_FAULT", "slow-load-balancer")
    door = Door(aws)
    monkeypatch.delenv("CROSSCLOUD_REHEARSAL_FAULT")
    machine, _ = door.attach()
    host.catch_up()
    assert door.led_to() == []
    now[0] += 3600
    host.catch_up()
    assert door.led_to() == [aws.address(machine)]
