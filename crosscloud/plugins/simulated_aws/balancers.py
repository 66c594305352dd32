"""Network load balancers."""

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, Diff, PluginError, Values
from crosscloud.plugins.simulated import fabric
from crosscloud.plugins.simulated_aws import client, host, picture
from crosscloud.plugins.simulated_aws.client import ApiError, ask, filters
from crosscloud.plugins.simulated_aws.ec2 import AwsResource, gone_is_fine, missing

#: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
_LONGEST = 32
#: Addresses that have to be free in each subnet of a load balancer:
#: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html#availability-zones
_FREE = 8


class LoadBalancer(AwsResource):
    """A network load balancer: an interface in each of its subnets, the first of which is its address here.

    There is no DNS in a rehearsal, so its DNS name is that address. What it leads to is `host`'s business.
    """

    sdk = "pulumi_aws.lb:LoadBalancer"
    autoname = "name"
    replace_on = frozenset({"name", "namePrefix", "internal", "loadBalancerType", "customerOwnedIpv4Pool"})
    computed = ("arn", "arnSuffix", "dnsName", "vpcId", "zoneId")

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold the name against the service's rules; only network load balancers are modelled."""
        yield from plain_name(new)
        if str(new.get("name")).startswith("internal-"):
            yield CheckFailure("name", "may not begin with internal-")
        if new.get("loadBalancerType") not in ("network", UNKNOWN):
            yield CheckFailure("loadBalancerType", "only network load balancers are rehearsed")

    def diff(self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new_inputs: Values) -> Diff:
        """A network load balancer can be given subnets, but not lose them; and groups only if it had some.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html
        """
        found = super().diff(call, resource_id, old_inputs, old_outputs, new_inputs)
        replaces = set(found.replaces)
        before, after = old_inputs.get("subnets") or [], new_inputs.get("subnets") or []
        if after is UNKNOWN or set(map(str, before)) - set(map(str, after)):
            replaces |= {path for path in found.detailed if path.startswith("subnets")}
        if bool(old_inputs.get("securityGroups")) != bool(new_inputs.get("securityGroups")):
            replaces |= {path for path in found.detailed if path.startswith("securityGroups")}
        return Diff(found.detailed, replaces)

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make it where its subnets allow it."""
        ensure_new("Load Balancer", "DescribeLoadBalancers", "LoadBalancers", inputs["name"])
        subnets = _fitting_subnets(inputs)
        made = ask(
            "elbv2",
            "CreateLoadBalancer",
            Name=inputs["name"],
            Type="network",
            Scheme="internal" if inputs.get("internal") else "internet-facing",
            IpAddressType=inputs.get("ipAddressType"),
            Subnets=inputs["subnets"],
            SecurityGroups=inputs.get("securityGroups"),
            Tags=client.tag_list(inputs.get("tags")) or None,
        )["LoadBalancers"][0]
        arn = made["LoadBalancerArn"]
        self._interfaces(inputs, [subnet["SubnetId"] for subnet in subnets])
        self._attributes(arn, inputs)
        host.delay(call, arn, made["VpcId"])
        return arn, self.outputs(made)

    def describe(self, resource_id: str) -> Mapping[str, Any]:
        """Return the service's description."""
        found: Mapping[str, Any] = ask("elbv2", "DescribeLoadBalancers", LoadBalancerArns=[resource_id])[
            "LoadBalancers"
        ][0]
        return found

    def outputs(self, live: Mapping[str, Any]) -> dict[str, Any]:
        """Return its names."""
        arn = live["LoadBalancerArn"]
        return {
            "arn": arn,
            "arnSuffix": arn.partition(":loadbalancer/")[2],
            "dnsName": picture.first_address(picture.interfaces_of(live["LoadBalancerName"])),
            "vpcId": live["VpcId"],
            "zoneId": live["CanonicalHostedZoneId"],
        }

    def change(
        self, _call: Call, resource_id: str, old_inputs: Values, _old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Change subnets, groups, attributes and tags."""
        added = [subnet for subnet in new["subnets"] if subnet not in old_inputs["subnets"]]
        if added:
            ask("elbv2", "SetSubnets", LoadBalancerArn=resource_id, Subnets=new["subnets"])
            self._interfaces(new, added)
        if new.get("securityGroups") != old_inputs.get("securityGroups"):
            ask("elbv2", "SetSecurityGroups", LoadBalancerArn=resource_id, SecurityGroups=new["securityGroups"])
            for one in picture.interfaces_of(new["name"]):
                groups = new["securityGroups"]
                ask(
                    "ec2",
                    "ModifyNetworkInterfaceAttribute",
                    NetworkInterfaceId=one["NetworkInterfaceId"],
                    Groups=groups,
                )
        self._attributes(resource_id, new)
        live = self.describe(resource_id)
        host.settle(live["VpcId"])
        return {**self.outputs(live), **retag(resource_id, old_inputs, new)}

    def remove(self, _call: Call, resource_id: str, inputs: Values, _outputs: Values) -> None:
        """Remove it with its interfaces."""
        live = self.find(resource_id)
        gone_is_fine("elbv2", "DeleteLoadBalancer", LoadBalancerArn=resource_id)
        for one in picture.interfaces_of(inputs["name"]):
            gone_is_fine("ec2", "DeleteNetworkInterface", NetworkInterfaceId=one["NetworkInterfaceId"])
        fabric.unbalance(resource_id)
        if live is not None:
            host.settle(live["VpcId"])

    def _interfaces(self, inputs: Values, subnets: list[str]) -> None:
        for subnet in subnets:
            ask(
                "ec2",
                "CreateNetworkInterface",
                SubnetId=subnet,
                Groups=inputs.get("securityGroups"),
                Description=f"{picture.BALANCER}{inputs['name']}/{secrets.token_hex(8)}",
            )

    def _attributes(self, arn: str, inputs: Values) -> None:
        crossing = str(bool(inputs.get("enableCrossZoneLoadBalancing"))).lower()
        wanted = [{"Key": "load_balancing.cross_zone.enabled", "Value": crossing}]
        ask("elbv2", "ModifyLoadBalancerAttributes", LoadBalancerArn=arn, Attributes=wanted)


def retag(arn: str, old: Values, new: Values) -> dict[str, Any]:
    """Bring the tags of something of the service from the old inputs' to the new ones'."""
    before, after = old.get("tags") or {}, new.get("tags") or {}
    if gone := [key for key in before if key not in after]:
        ask("elbv2", "RemoveTags", ResourceArns=[arn], TagKeys=gone)
    if after != before and after:
        ask("elbv2", "AddTags", ResourceArns=[arn], Tags=client.tag_list(after))
    return {"tagsAll": after}


def _fitting_subnets(inputs: Values) -> list[dict[str, Any]]:
    """Return the subnets: one a zone, with room, and in a VPC with a gateway if the Internet is to reach it."""
    subnets: list[dict[str, Any]] = ask("ec2", "DescribeSubnets", SubnetIds=inputs["subnets"])["Subnets"]
    zones = [subnet["AvailabilityZone"] for subnet in subnets]
    if len(set(zones)) != len(zones):
        words = "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
        raise _refuse("InvalidConfigurationRequest", words)
    for subnet in subnets:
        if subnet["AvailableIpAddressCount"] < _FREE:
            where, least = subnet["SubnetId"], f"ELB requires at least {_FREE} free IP addresses in each subnet."
            words = f"Not enough IP space available in {where}. {least}"
            raise _refuse("InvalidSubnet", words)
    vpc = subnets[0]["VpcId"]
    gateways = ask("ec2", "DescribeInternetGateways", Filters=filters(attachment__vpc_id=vpc))["InternetGateways"]
    if not inputs.get("internal") and not gateways:
        raise _refuse("InvalidSubnet", f"VPC {vpc} has no internet gateway")
    return subnets


def ensure_new(what: str, operation: str, key: str, name: str) -> None:
    """Refuse a name that is taken; the API would hand out the one that is there, so the provider looks first."""
    try:
        found = ask("elbv2", operation, Names=[name])[key]
    except ApiError as error:
        if not missing(error):
            raise
        found = []
    if found:
        raise PluginError(f"ELBv2 {what} ({name}) already exists")


def plain_name(new: Values) -> Iterator[CheckFailure]:
    """Yield what is wrong with the name of a load balancer or a target group."""
    name = new.get("name")
    if name is None or name is UNKNOWN:
        return
    plain = all(c.isascii() and (c.isalnum() or c == "-") for c in name)
    if not plain or not 0 < len(name) <= _LONGEST or name[0] == "-" or name[-1] == "-":
        yield CheckFailure(
            "name", f"{name} has to be 1 to {_LONGEST} letters, digits and hyphens, with no hyphen at either end"
        )


def _refuse(code: str, message: str) -> ApiError:
    return client.refuse("elbv2", "CreateLoadBalancer", code, message)
