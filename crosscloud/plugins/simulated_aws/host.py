"""Brings this host to what moto says there should be in a VPC: its packet filter, and its load balancers' targets.

`settle` is called after every change that can matter. It looks at everything anew, so it can't miss what came of
something else's change, and two calls of it do no harm.
"""

import json
import threading
import time
from pathlib import Path
from typing import Any

from crosscloud.locking import locked
from crosscloud.plugins.base import Call
from crosscloud.plugins.simulated import Allow, fabric, faults, rehearsal
from crosscloud.plugins.simulated_aws import picture, reachability
from crosscloud.plugins.simulated_aws.client import ApiError, ask, filters
from crosscloud.plugins.simulated_aws.ec2 import missing

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
    if not picture.running_instances():
        return
    for found in ask("ec2", "DescribeSubnets", Filters=filters(subnet_id=subnet))["Subnets"]:
        settle(found["VpcId"])


def settle_group(group: str) -> None:
    """Settle the VPC of a security group; most rules are made before there is any machine."""
    if not picture.running_instances():
        return
    for found in ask("ec2", "DescribeSecurityGroups", GroupIds=[group])["SecurityGroups"]:
        settle(found["VpcId"])


def settle(vpc: str) -> None:
    """Bring the host to the state of a VPC; one without machines has none yet, or none any more."""
    if not picture.running_instances(vpc):
        return
    with locked(_folder() / "settle.lock"):
        seen = picture.take(vpc, picture.running_instances(vpc))
        rules = reachability.read_rules(ask("ec2", "DescribeSecurityGroupRules")["SecurityGroupRules"])
        members = seen.members()
        passing: set[Allow] = set(reachability.allows(members, rules, fabric.operator()))
        outside = [one.address for one in members if reachability.reaches_internet(one, rules)]
        fabric.guard(vpc, passing, outside)
        for balancer in seen.balancers:
            _lead(vpc, seen, balancer)


def _lead(vpc: str, seen: picture.Picture, balancer: dict[str, Any]) -> None:
    """Lead a load balancer's address to the machines of its listener's target group."""
    arn = balancer["LoadBalancerArn"]
    try:
        listeners = ask("elbv2", "DescribeListeners", LoadBalancerArn=arn)["Listeners"]
    except ApiError as error:
        if missing(error):
            return
        raise
    for listener in listeners:
        targets = [] if _is_late() else _targets(seen, listener["DefaultActions"][0]["TargetGroupArn"])
        fabric.balance(
            arn,
            vpc,
            port=listener["Port"],
            targets=[address for address, _ in targets],
            target_port=targets[0][1] if targets else listener["Port"],
            address=seen.address_of(balancer["LoadBalancerName"]),
        )


def _targets(seen: picture.Picture, group: str) -> list[tuple[str, int]]:
    """Return the address and port of each machine in a target group that is there."""
    addresses = seen.addresses()
    registered = ask("elbv2", "DescribeTargetHealth", TargetGroupArn=group)["TargetHealthDescriptions"]
    there = [one["Target"] for one in registered if one["Target"]["Id"] in addresses]
    return [(addresses[target["Id"]], target["Port"]) for target in there]
