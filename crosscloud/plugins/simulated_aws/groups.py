"""Auto-scaling groups, and what AWS does for them by itself: placing members, replacing dead ones, renewing all."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, PartialFailure, PluginError, Values
from crosscloud.plugins.simulated_aws import launching, templates
from crosscloud.plugins.simulated_aws.client import ask, region
from crosscloud.plugins.simulated_aws.ec2 import ACCOUNT, AwsResource, gone_is_fine

#: Members that are booted at once.
_AT_ONCE = 4
#: Seconds that a renewal waits at most for a new member to warm up; AWS waits as long as the group says.
_WARMUP = 20.0
_VERSION = "aws:ec2launchtemplate:version"
Report = Callable[[str], None]


class Group(AwsResource):
    """A group. moto keeps its record; its members are launched here, spread over zones, which moto does not do.

    Between two runs nothing is at work, so what AWS would have done by then (put a dead member back) is done when the
    group is looked at.
    """

    sdk = "pulumi_aws.autoscaling:Group"
    autoname = "name"
    replace_on = frozenset({"name", "namePrefix"})
    computed = ("arn",)

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold sizes against each other."""
        least, wanted, most = new["minSize"], new.get("desiredCapacity"), new["maxSize"]
        if UNKNOWN in (least, wanted, most):
            return
        if least > most:
            yield CheckFailure("minSize", f"is {least}; not more than maxSize, {most}")
        if wanted is not None and not least <= wanted <= most:
            yield CheckFailure("desiredCapacity", f"is {wanted}; from minSize, {least}, to maxSize, {most}")
        if not new.get("vpcZoneIdentifiers"):
            yield CheckFailure("vpcZoneIdentifiers", "is missing: a group needs subnets")
        if not new.get("launchTemplate"):
            yield CheckFailure("launchTemplate", "is missing: no other way of launching is rehearsed")

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make it and its members; if they can't all be had, the group is there with those that can."""
        name, template = inputs["name"], inputs["launchTemplate"]
        version = templates.version_of(template)
        ask(
            "autoscaling",
            "CreateAutoScalingGroup",
            AutoScalingGroupName=name,
            MinSize=0,
            MaxSize=inputs["maxSize"],
            DesiredCapacity=0,
            LaunchTemplate={"LaunchTemplateId": template["id"], "Version": str(version)},
            VPCZoneIdentifier=",".join(inputs["vpcZoneIdentifiers"]),
            HealthCheckType=inputs.get("healthCheckType"),
            HealthCheckGracePeriod=inputs.get("healthCheckGracePeriod"),
            Tags=_tags(inputs),
        )
        outputs = {**inputs, "arn": self._arn(name)}
        try:
            reconcile(name, inputs, call.status)
        except PluginError as error:
            raise PartialFailure(
                name, outputs, [f"waiting for Auto Scaling Group ({name}) capacity: {error}"]
            ) from None
        return name, outputs

    def describe(self, resource_id: str) -> Mapping[str, Any] | None:
        """Return the service's description."""
        return described(resource_id)

    def look(self, call: Call, resource_id: str, inputs: Values, _outputs: Values) -> Mapping[str, Any] | None:
        """Put dead members back, as AWS does within minutes, and return what there is."""
        if described(resource_id) is None:
            return None
        reconcile(resource_id, inputs, call.status)
        live = described(resource_id) or {}
        found = {"minSize": live["MinSize"], "maxSize": live["MaxSize"], "desiredCapacity": live["DesiredCapacity"]}
        return {"arn": live["AutoScalingGroupARN"], **found}

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, _old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Change it, and renew its members one by one if they are to come from another launch template."""
        gone = [tag for tag in _tags(old_inputs, resource_id) if tag not in _tags(new, resource_id)]
        if gone:
            ask("autoscaling", "DeleteTags", Tags=gone)
        if _tags(new):
            ask("autoscaling", "CreateOrUpdateTags", Tags=_tags(new, resource_id))
        try:
            reconcile(resource_id, new, call.status)
            if new["launchTemplate"] != old_inputs["launchTemplate"] and new.get("instanceRefresh"):
                renew(resource_id, new, call.status)
        except PluginError as error:
            kept = {**new, "arn": self._arn(resource_id)}
            raise PartialFailure(resource_id, kept, [str(error)]) from None
        return {}

    def remove(self, call: Call, resource_id: str, _inputs: Values, _outputs: Values) -> None:
        """End its members, and remove it."""
        if described(resource_id) is None:
            return
        _resize(resource_id, least=0)
        for member in members(resource_id):
            call.status(f"ending {member}")
            _end(resource_id, member)
        gone_is_fine("autoscaling", "DeleteAutoScalingGroup", AutoScalingGroupName=resource_id, ForceDelete=True)

    def _arn(self, name: str) -> str:
        return (described(name) or {}).get("AutoScalingGroupARN") or (
            f"arn:aws:autoscaling:{region()}:{ACCOUNT}:autoScalingGroup:autoScalingGroupName/{name}"
        )


def described(name: str) -> dict[str, Any] | None:
    """Return the service's description of a group, or None."""
    found = ask("autoscaling", "DescribeAutoScalingGroups", AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return found[0] if found else None


def members(name: str) -> list[str]:
    """Return the ids of a group's instances, the oldest first."""
    return [one["InstanceId"] for one in (described(name) or {}).get("Instances", [])]


def reconcile(name: str, inputs: Mapping[str, Any], report: Report) -> None:
    """End dead members, and bring the group to its desired size in its subnets."""
    for member in members(name):
        if not launching.alive(member):
            _end(name, member)
    wanted = inputs.get("desiredCapacity", inputs["minSize"])
    _resize(name, least=0, most=max(inputs["maxSize"], len(members(name))))
    for member in members(name)[wanted:]:
        _end(name, member)
    template = inputs["launchTemplate"]
    version = templates.version_of(template)
    _launch(name, inputs, version, wanted - len(members(name)), report)
    ask(
        "autoscaling",
        "UpdateAutoScalingGroup",
        AutoScalingGroupName=name,
        MinSize=inputs["minSize"],
        MaxSize=inputs["maxSize"],
        DesiredCapacity=wanted,
        LaunchTemplate={"LaunchTemplateId": template["id"], "Version": str(version)},
        VPCZoneIdentifier=",".join(inputs["vpcZoneIdentifiers"]),
    )


def renew(name: str, inputs: Mapping[str, Any], report: Report) -> None:
    """Replace the members that come from another version, one by one: a new one first, then an old one ends."""
    version = templates.version_of(inputs["launchTemplate"])
    old = [member for member in members(name) if _version_of(member) != str(version)]
    warmup = min(_WARMUP, float(inputs.get("defaultInstanceWarmup") or 0))
    for number, member in enumerate(old, start=1):
        report(f"renewing member {number} of {len(old)}")
        _resize(name, least=0, most=len(members(name)) + 1)
        _launch(name, inputs, version, 1, report)
        time.sleep(warmup)
        _end(name, member)
    _resize(name, least=inputs["minSize"], most=inputs["maxSize"])


def _launch(name: str, inputs: Mapping[str, Any], version: int, count: int, report: Report) -> None:
    places = _places(members(name), inputs["vpcZoneIdentifiers"], max(count, 0))
    if not places:
        return
    spread = [(subnet, [other for other in inputs["vpcZoneIdentifiers"] if other != subnet]) for subnet in places]
    tags = [
        {"Key": one["key"], "Value": one["value"]} for one in inputs.get("tags") or [] if one.get("propagateAtLaunch")
    ]
    specification = [{"ResourceType": "instance", "Tags": tags}] if tags else []

    def one(place: tuple[str, Sequence[str]]) -> str | PluginError:
        failure = PluginError("")
        for subnet in (place[0], *place[1]):  # a zone without capacity is made up for by another one
            try:
                wanted = templates.launch_of(inputs["launchTemplate"], version, subnet, specification)
                return launching.launch(wanted, report)
            except PluginError as error:
                failure = error
                if "InsufficientInstanceCapacity" not in str(error):
                    break
        return failure

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        made = list(pool.map(one, spread))
    there = [each for each in made if isinstance(each, str)]
    if there:
        ask("autoscaling", "AttachInstances", AutoScalingGroupName=name, InstanceIds=there)
    for each in made:
        if isinstance(each, PluginError):
            raise PluginError(f"scaling activity failed: Could not launch On-Demand Instances. {each}")


def _places(there: Sequence[str], subnets: Sequence[str], count: int) -> list[str]:
    """Return the subnets of new members: always the one that has the fewest."""
    taken = dict.fromkeys(subnets, 0)
    for member in there:
        subnet = (launching.describe(member) or {}).get("SubnetId")
        if subnet in taken:
            taken[subnet] += 1
    chosen = []
    for _ in range(count):
        place = min(taken, key=lambda subnet: taken[subnet])
        taken[place] += 1
        chosen.append(place)
    return chosen


def _end(name: str, member: str) -> None:
    # moto would put one that is terminated back by itself, in a place of its own choosing.
    gone_is_fine(
        "autoscaling",
        "DetachInstances",
        AutoScalingGroupName=name,
        InstanceIds=[member],
        ShouldDecrementDesiredCapacity=True,
    )
    launching.terminate(member)


def _resize(name: str, **sizes: int) -> None:
    names = {"least": "MinSize", "most": "MaxSize"}
    given = {names[key]: value for key, value in sizes.items()}
    ask("autoscaling", "UpdateAutoScalingGroup", AutoScalingGroupName=name, **given)


def _version_of(member: str) -> str:
    tags = (launching.describe(member) or {}).get("Tags", [])
    return next((str(tag["Value"]) for tag in tags if tag["Key"] == _VERSION), "")


def _tags(inputs: Mapping[str, Any], name: str = "") -> list[dict[str, Any]]:
    return [
        {
            "Key": tag["key"],
            "Value": tag["value"],
            "PropagateAtLaunch": tag["propagateAtLaunch"],
            **({"ResourceId": name, "ResourceType": "auto-scaling-group"} if name else {}),
        }
        for tag in inputs.get("tags") or []
    ]
