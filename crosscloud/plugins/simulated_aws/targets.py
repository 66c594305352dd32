"""The target groups and listeners of network load balancers, and the machines in them."""

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from crosscloud.plugins.base import Call, CheckFailure, Values
from crosscloud.plugins.simulated import fabric
from crosscloud.plugins.simulated_aws import client, host
from crosscloud.plugins.simulated_aws.balancers import ensure_new, plain_name, retag
from crosscloud.plugins.simulated_aws.client import ApiError, ask
from crosscloud.plugins.simulated_aws.ec2 import AwsResource, gone_is_fine, missing


class TargetGroup(AwsResource):
    """The machines that a listener leads to, and how it finds out which of them are well."""

    sdk = "pulumi_aws.lb:TargetGroup"
    autoname = "name"
    replace_on = frozenset(
        {"name", "namePrefix", "port", "protocol", "protocolVersion", "targetType", "vpcId", "ipAddressType"}
    )
    computed = ("arn", "arnSuffix", "loadBalancerArns")

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold the name and the health check against the service's rules.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html
        """
        yield from plain_name(new)
        check = new.get("healthCheck") or {}
        ranges = {"interval": (5, 300), "timeout": (2, 120), "healthyThreshold": (2, 10), "unhealthyThreshold": (2, 10)}
        for name, (least, most) in ranges.items():
            value = check.get(name)
            if isinstance(value, int) and not least <= value <= most:
                yield CheckFailure(f"healthCheck.{name}", f"is {value}; from {least} to {most}")
        interval, timeout = check.get("interval", 30), check.get("timeout", 6)
        if isinstance(interval, int) and isinstance(timeout, int) and timeout >= interval:
            yield CheckFailure("healthCheck.timeout", f"is {timeout}; less than the interval, {interval}")

    def make(self, _call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make it."""
        ensure_new("Target Group", "DescribeTargetGroups", "TargetGroups", inputs["name"])
        made = ask(
            "elbv2",
            "CreateTargetGroup",
            Name=inputs["name"],
            Protocol=inputs.get("protocol"),
            Port=inputs.get("port"),
            VpcId=inputs.get("vpcId"),
            TargetType=inputs.get("targetType"),
            Tags=client.tag_list(inputs.get("tags")) or None,
            **_health_check(inputs),
        )["TargetGroups"][0]
        self._attributes(made["TargetGroupArn"], inputs)
        return made["TargetGroupArn"], self.outputs(made)

    def describe(self, resource_id: str) -> Mapping[str, Any]:
        """Return the service's description."""
        found: Mapping[str, Any] = ask("elbv2", "DescribeTargetGroups", TargetGroupArns=[resource_id])["TargetGroups"][
            0
        ]
        return found

    def outputs(self, live: Mapping[str, Any]) -> dict[str, Any]:
        """Return its names."""
        arn = live["TargetGroupArn"]
        return {"arn": arn, "arnSuffix": arn.rpartition(":")[2], "loadBalancerArns": live.get("LoadBalancerArns", [])}

    def change(
        self, _call: Call, resource_id: str, old_inputs: Values, _old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Change its health check, attributes and tags."""
        ask("elbv2", "ModifyTargetGroup", TargetGroupArn=resource_id, **_health_check(new))
        self._attributes(resource_id, new)
        return retag(resource_id, old_inputs, new)

    def remove(self, _call: Call, resource_id: str, _inputs: Values, _outputs: Values) -> None:
        """Remove it; moto refuses while a listener leads to it."""
        gone_is_fine("elbv2", "DeleteTargetGroup", TargetGroupArn=resource_id)

    def _attributes(self, arn: str, inputs: Values) -> None:
        wanted = {
            "preserve_client_ip.enabled": inputs.get("preserveClientIp"),
            "deregistration_delay.timeout_seconds": inputs.get("deregistrationDelay"),
        }
        given = [{"Key": key, "Value": str(value)} for key, value in wanted.items() if value is not None]
        if given:
            ask("elbv2", "ModifyTargetGroupAttributes", TargetGroupArn=arn, Attributes=given)


def _health_check(inputs: Values) -> dict[str, Any]:
    check = inputs.get("healthCheck") or {}
    names = {
        "protocol": "HealthCheckProtocol",
        "path": "HealthCheckPath",
        "port": "HealthCheckPort",
        "interval": "HealthCheckIntervalSeconds",
        "timeout": "HealthCheckTimeoutSeconds",
        "healthyThreshold": "HealthyThresholdCount",
        "unhealthyThreshold": "UnhealthyThresholdCount",
    }
    given = {api: check.get(name) for name, api in names.items()}
    return {**given, "Matcher": {"HttpCode": check["matcher"]} if check.get("matcher") else None}


class Listener(AwsResource):
    """A port of a load balancer."""

    sdk = "pulumi_aws.lb:Listener"
    replace_on = frozenset({"loadBalancerArn"})
    computed = ("arn",)

    def make(self, _call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make it; the target group's protocol has to be its own."""
        self._same_protocol(inputs)
        made = ask(
            "elbv2",
            "CreateListener",
            LoadBalancerArn=inputs["loadBalancerArn"],
            Protocol=inputs.get("protocol"),
            Port=inputs.get("port"),
            DefaultActions=_actions(inputs),
            Tags=client.tag_list(inputs.get("tags")) or None,
        )["Listeners"][0]["ListenerArn"]
        _settle(inputs["loadBalancerArn"])
        return made, {"arn": made}

    def describe(self, resource_id: str) -> Mapping[str, Any]:
        """Return the service's description."""
        found: Mapping[str, Any] = ask("elbv2", "DescribeListeners", ListenerArns=[resource_id])["Listeners"][0]
        return found

    def outputs(self, live: Mapping[str, Any]) -> dict[str, Any]:
        """Return its port."""
        return {"arn": live["ListenerArn"], "port": live["Port"], "protocol": live["Protocol"]}

    def change(
        self, _call: Call, resource_id: str, old_inputs: Values, _old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Change its port, where it leads to, and its tags."""
        self._same_protocol(new)
        port, protocol, actions = new.get("port"), new.get("protocol"), _actions(new)
        ask(
            "elbv2",
            "ModifyListener",
            ListenerArn=resource_id,
            Port=port,
            Protocol=protocol,
            DefaultActions=actions,
        )
        _settle(new["loadBalancerArn"])
        return retag(resource_id, old_inputs, new)

    def remove(self, _call: Call, resource_id: str, inputs: Values, _outputs: Values) -> None:
        """Remove it: its load balancer then leads nowhere."""
        gone_is_fine("elbv2", "DeleteListener", ListenerArn=resource_id)
        fabric.unbalance(inputs["loadBalancerArn"])

    def _same_protocol(self, inputs: Values) -> None:
        for action in inputs["defaultActions"]:
            arns = [action["targetGroupArn"]]
            for group in ask("elbv2", "DescribeTargetGroups", TargetGroupArns=arns)["TargetGroups"]:
                if group["Protocol"] != inputs.get("protocol"):
                    words = f"The target group protocol {group['Protocol']} does not fit the listener's"
                    raise client.refuse("elbv2", "CreateListener", "IncompatibleProtocols", words)


class TargetGroupAttachment(AwsResource):
    """A machine as one of a group's targets."""

    sdk = "pulumi_aws.lb:TargetGroupAttachment"
    replace_on = frozenset({"*"})

    def make(self, _call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Register it; AWS takes only machines that are there and in the group's VPC."""
        found = ask("ec2", "DescribeInstances", InstanceIds=[inputs["targetId"]])["Reservations"]
        instance = found[0]["Instances"][0]
        group = ask("elbv2", "DescribeTargetGroups", TargetGroupArns=[inputs["targetGroupArn"]])["TargetGroups"][0]
        if instance.get("VpcId") != group["VpcId"]:
            words = f"The following targets are not in the target group VPC '{group['VpcId']}': '{inputs['targetId']}'"
            raise client.refuse("elbv2", "RegisterTargets", "InvalidTarget", words)
        ask("elbv2", "RegisterTargets", TargetGroupArn=inputs["targetGroupArn"], Targets=[_target(inputs)])
        host.settle(group["VpcId"])
        return f"{inputs['targetGroupArn']}-{secrets.token_hex(8)}", {}

    def look(self, _call: Call, _id: str, inputs: Values, _outputs: Values) -> Mapping[str, Any] | None:
        """Tell whether it is registered; a machine that ended no longer is."""
        try:
            found = ask("elbv2", "DescribeTargetHealth", TargetGroupArn=inputs["targetGroupArn"])
        except ApiError as error:
            if missing(error):
                return None
            raise
        registered = [one["Target"]["Id"] for one in found["TargetHealthDescriptions"]]
        return {} if inputs["targetId"] in registered else None

    def remove(self, _call: Call, _id: str, inputs: Values, _outputs: Values) -> None:
        """Take it out of the group, which a machine that ended has left already.

        The service lets it pass then, and moto doesn't:
        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeregisterTargets.html
        """
        arn, target = inputs["targetGroupArn"], _target(inputs)
        try:
            gone_is_fine("elbv2", "DeregisterTargets", TargetGroupArn=arn, Targets=[target])
        except ApiError as error:
            if error.code != "InvalidTarget":
                raise
        for group in ask("elbv2", "DescribeTargetGroups")["TargetGroups"]:
            if group["TargetGroupArn"] == arn:
                host.settle(group["VpcId"])


def _actions(inputs: Values) -> list[dict[str, Any]]:
    return [{"Type": one["type"], "TargetGroupArn": one["targetGroupArn"]} for one in inputs["defaultActions"]]


def _target(inputs: Values) -> dict[str, Any]:
    return {"Id": inputs["targetId"], **({"Port": inputs["port"]} if inputs.get("port") else {})}


def _settle(balancer: str) -> None:
    for found in ask("elbv2", "DescribeLoadBalancers", LoadBalancerArns=[balancer])["LoadBalancers"]:
        host.settle(found["VpcId"])
