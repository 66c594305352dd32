"""Brings this host to what moto says there should be in a VPC: its packet filter, and its load balancers' targets.

`settle` is called after every change that can matter. It looks at everything anew, so it can't miss what came of
something else's change, and two calls of it do no harm.
"""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crosscloud.locking import locked
from crosscloud.plugins.base import Call
from crosscloud.plugins.simulated import Allow, fabric, faults, rehearsal
from crosscloud.plugins.simulated_aws import reachability
from crosscloud.plugins.simulated_aws.client import ApiError, ask, filters
from crosscloud.plugins.simulated_aws.ec2 import missing
from crosscloud.plugins.simulated_aws.reachability import Member

#: How AWS describes the interfaces of a network load balancer.
BALANCER = "ELB net/"
#: The VPCs with a load balancer that is late (a rehearsed fault), one a line, until it leads somewhere.
_LATE = "late-load-balancers"


def delay(call: Call, arn: str, vpc: str) -> None:
    """Let a new load balancer lead nowhere for a while, if that fault is rehearsed."""
    seconds = faults.load_balancer_delay()
    if not seconds:
        return
    call.status(f"{arn} takes {seconds:.0f} s before it leads anywhere (the rehearsed fault slow-load-balancer)")
    (_folder() / _LATE).write_text(json.dumps({"vpc": vpc, "until": time.time() + seconds}))
    timer = threading.Timer(seconds + 1, settle, [vpc])
    timer.daemon = True
    timer.start()


def catch_up() -> None:
    """Settle what an earlier process of the plugin left unsettled because a load balancer was late."""
    mark = _folder() / _LATE
    if mark.exists():
        late = json.loads(mark.read_text())
        if late["until"] <= time.time():
            mark.unlink(missing_ok=True)
            settle(late["vpc"])


def _is_late() -> bool:
    mark = _folder() / _LATE
    return mark.exists() and json.loads(mark.read_text())["until"] > time.time()


def _folder() -> Path:
    folder = rehearsal.folder() / "cloud"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def settle_subnet(subnet: str) -> None:
    """Settle the VPC of a subnet, if there is one."""
    for found in ask("ec2", "DescribeSubnets", Filters=filters(subnet_id=subnet))["Subnets"]:
        settle(found["VpcId"])


def settle(vpc: str) -> None:
    """Bring the host to the state of a VPC; a VPC with nothing in it, or none, has none."""
    if not _interfaces(vpc):
        return
    with locked(_folder() / "settle.lock"):
        listed = ask("ec2", "DescribeSecurityGroupRules")["SecurityGroupRules"]
        rules = reachability.read_rules(listed)
        members = _members(vpc)
        passing: set[Allow] = set(reachability.allows(members, rules, fabric.operator()))
        outside = [one.address for one in members if reachability.reaches_internet(one, rules)]
        fabric.guard(vpc, passing, outside)
        for balancer in _balancers(vpc):
            _lead(vpc, balancer)


def running_instances(vpc: str) -> list[dict[str, Any]]:
    """Return the instances of a VPC that are not terminated, in the API's form."""
    states = ["pending", "running", "stopping", "stopped"]
    found = ask("ec2", "DescribeInstances", Filters=filters(vpc_id=vpc, instance_state_name=states))
    return [one for each in found["Reservations"] for one in each["Instances"]]


def _interfaces(vpc: str) -> list[dict[str, Any]]:
    found = ask("ec2", "DescribeNetworkInterfaces", Filters=filters(vpc_id=vpc))["NetworkInterfaces"]
    return [one for one in found if one.get("Attachment") or str(one.get("Description")).startswith(BALANCER)]


def _members(vpc: str) -> list[Member]:
    routes = _default_routes(vpc)
    internet_facing = {one["LoadBalancerName"] for one in _balancers(vpc) if one["Scheme"] == "internet-facing"}
    running = running_instances(vpc)
    members = []
    for one in running:
        public = routes.get(one["SubnetId"]) == "gateway" and bool(one.get("PublicIpAddress"))
        # moto keeps an instance's groups with its interface alone.
        groups = frozenset(group["GroupId"] for nic in one["NetworkInterfaces"] for group in nic["Groups"])
        way_out = public or routes.get(one["SubnetId"]) == "nat"
        members.append(Member(one["PrivateIpAddress"], groups, public, way_out))
    for one in _interfaces(vpc):
        description = str(one.get("Description"))
        if description.startswith(BALANCER):
            name = description.removeprefix(BALANCER).partition("/")[0]
            public = name in internet_facing and routes.get(one["SubnetId"]) == "gateway"
            members.append(
                Member(one["PrivateIpAddress"], frozenset(group["GroupId"] for group in one["Groups"]), public)
            )
    return members


def _default_routes(vpc: str) -> dict[str, str]:
    """Return what the default route of each subnet leads to: ``gateway``, ``nat`` (that works), or nothing."""
    tables = ask("ec2", "DescribeRouteTables", Filters=filters(vpc_id=vpc))["RouteTables"]
    own = {link["SubnetId"]: table for table in tables for link in table["Associations"] if link.get("SubnetId")}
    main: dict[str, Any] = next(
        (one for one in tables for link in one["Associations"] if link.get("Main")), {"Routes": []}
    )
    subnets = [one["SubnetId"] for one in ask("ec2", "DescribeSubnets", Filters=filters(vpc_id=vpc))["Subnets"]]
    defaults: dict[str, dict[str, Any]] = {
        subnet: next(
            (one for one in own.get(subnet, main)["Routes"] if one.get("DestinationCidrBlock") == "0.0.0.0/0"), {}
        )
        for subnet in subnets
    }
    ways = {subnet: "gateway" for subnet, route in defaults.items() if str(route.get("GatewayId")).startswith("igw-")}
    nats = ask("ec2", "DescribeNatGateways", Filters=filters(vpc_id=vpc, state="available"))["NatGateways"]
    working = {one["NatGatewayId"] for one in nats if ways.get(one["SubnetId"]) == "gateway"}
    return ways | {subnet: "nat" for subnet, route in defaults.items() if route.get("NatGatewayId") in working}


def _balancers(vpc: str) -> list[dict[str, Any]]:
    return [one for one in ask("elbv2", "DescribeLoadBalancers")["LoadBalancers"] if one["VpcId"] == vpc]


def _lead(vpc: str, balancer: dict[str, Any]) -> None:
    """Lead a load balancer's address to the machines of its listener's target group."""
    arn = balancer["LoadBalancerArn"]
    try:
        listeners = ask("elbv2", "DescribeListeners", LoadBalancerArn=arn)["Listeners"]
    except ApiError as error:
        if missing(error):
            return
        raise
    for listener in listeners:
        group = listener["DefaultActions"][0]["TargetGroupArn"]
        targets = [] if _is_late() else list(_targets(vpc, group))
        port = targets[0][1] if targets else listener["Port"]
        fabric.balance(
            arn,
            vpc,
            port=listener["Port"],
            targets=[address for address, _ in targets],
            target_port=port,
            address=address_of(balancer),
        )


def _targets(vpc: str, group: str) -> Iterator[tuple[str, int]]:
    addresses = {one["InstanceId"]: one["PrivateIpAddress"] for one in running_instances(vpc)}
    registered = ask("elbv2", "DescribeTargetHealth", TargetGroupArn=group)["TargetHealthDescriptions"]
    for one in registered:
        if one["Target"]["Id"] in addresses:
            yield addresses[one["Target"]["Id"]], one["Target"]["Port"]


def address_of(balancer: dict[str, Any]) -> str:
    """Return the address that a load balancer's name stands for: that of its first interface."""
    description = f"{BALANCER}{balancer['LoadBalancerName']}/"
    found = ask("ec2", "DescribeNetworkInterfaces", Filters=filters(vpc_id=balancer["VpcId"]))["NetworkInterfaces"]
    own = [one for one in found if str(one.get("Description")).startswith(description)]
    return str(min(own, key=lambda one: str(one["Description"]))["PrivateIpAddress"])
