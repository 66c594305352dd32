"""Security groups and their rules."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from crosscloud.plugins.base import Call, CheckFailure, Values
from crosscloud.plugins.simulated_aws import client, dependencies, host
from crosscloud.plugins.simulated_aws.client import ask, filters
from crosscloud.plugins.simulated_aws.ec2 import Ec2Resource, gone_is_fine

_GROUPS = ("DescribeSecurityGroups", "GroupIds", "SecurityGroups")
#: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
_LONGEST = 255
_PLAIN = set(" ._-:/()#,@[]+=&;{}!$*")


class _Group(Ec2Resource):
    """What a group of the program's own and the one that comes with a VPC have in common."""

    listing = _GROUPS
    kind = "security-group"

    def outputs(self, live: Mapping[str, Any]) -> dict[str, Any]:
        """Return its name and network."""
        own = {"name": live["GroupName"], "description": live["Description"], "vpcId": live["VpcId"]}
        return {**self.known(live["GroupId"], live), **own}

    def change(
        self, _call: Call, resource_id: str, old_inputs: Values, _old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Change its tags."""
        return self.retag(resource_id, old_inputs, new)


class SecurityGroup(_Group):
    """A group. The provider takes away the rule that lets everything out, with which AWS makes it."""

    sdk = "pulumi_aws.ec2:SecurityGroup"
    autoname = "name"
    replace_on = frozenset({"description", "name", "namePrefix", "vpcId"})
    computed = ("arn", "ownerId")

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold names and descriptions against EC2's rules."""
        yield from _plain(new, "description")
        yield from _plain(new, "name")
        if str(new.get("name")).startswith("sg-"):
            yield CheckFailure("name", "may not begin with sg-")

    def make(self, _call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make it without rules."""
        made = ask(
            "ec2",
            "CreateSecurityGroup",
            GroupName=inputs["name"],
            Description=inputs.get("description") or "Managed by Pulumi",
            VpcId=inputs.get("vpcId"),
            TagSpecifications=self.tagged(inputs),
        )["GroupId"]
        revoke_all(made)
        return made, self.outputs(self.find(made) or {})

    def remove(self, _call: Call, resource_id: str, _inputs: Values, _outputs: Values) -> None:
        """Remove it, if nothing has it and no rule names it."""
        if self.find(resource_id) is not None:
            dependencies.ensure_group_unused(resource_id)
        gone_is_fine("ec2", "DeleteSecurityGroup", GroupId=resource_id)


class DefaultSecurityGroup(_Group):
    """The group that comes with a VPC: the provider adopts it, and takes its rules away."""

    sdk = "pulumi_aws.ec2:DefaultSecurityGroup"
    replace_on = frozenset({"vpcId"})
    computed = ("arn", "description", "name", "ownerId")

    def make(self, _call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Find it, and leave it without rules."""
        wanted = filters(vpc_id=inputs["vpcId"], group_name="default")
        made = str(ask("ec2", "DescribeSecurityGroups", Filters=wanted)["SecurityGroups"][0]["GroupId"])
        revoke_all(made)
        self.retag(made, Values(), inputs)
        return made, self.outputs(self.find(made) or {})

    def remove(self, _call: Call, _id: str, _inputs: Values, _outputs: Values) -> None:
        """Leave it: it goes with its VPC."""


class _SecurityGroupRule(Ec2Resource):
    """A rule of a group, in one of the two directions."""

    listing = ("DescribeSecurityGroupRules", "SecurityGroupRuleIds", "SecurityGroupRules")
    kind = "security-group-rule"
    replace_on = frozenset({"securityGroupId"})
    computed = ("arn", "securityGroupRuleId")
    #: What its direction is called in the API's operations.
    direction: ClassVar[str]

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        """Exactly one other side, and ports where the protocol has some."""
        sides = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")
        if len([side for side in sides if new.get(side) is not None]) != 1:
            yield CheckFailure("cidrIpv4", f"exactly one of {', '.join(sides)} has to be given")
        if new.get("ipProtocol") in ("tcp", "udp") and None in (new.get("fromPort"), new.get("toPort")):
            yield CheckFailure("fromPort", "tcp and udp need fromPort and toPort")
        yield from _plain(new, "description")

    def make(self, _call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Add it to its group; moto sees to it that the one that it names exists, and refuses it a second time."""
        answer = ask(
            "ec2",
            f"AuthorizeSecurityGroup{self.direction}",
            GroupId=inputs["securityGroupId"],
            IpPermissions=[_permission(inputs)],
            TagSpecifications=self.tagged(inputs),
        )
        live = answer["SecurityGroupRules"][0]
        host.settle_group(inputs["securityGroupId"])
        return live["SecurityGroupRuleId"], self.outputs(live)

    def outputs(self, live: Mapping[str, Any]) -> dict[str, Any]:
        """Return its id and what it says."""
        identifier, tags = live["SecurityGroupRuleId"], client.tag_map(live.get("Tags"))
        found = {
            "arn": self.arn(identifier),
            "securityGroupRuleId": identifier,
            "ipProtocol": live.get("IpProtocol"),
            "fromPort": live.get("FromPort"),
            "toPort": live.get("ToPort"),
            "cidrIpv4": live.get("CidrIpv4"),
            "referencedSecurityGroupId": live.get("ReferencedGroupInfo", {}).get("GroupId"),
            "tagsAll": tags,
        }
        return {key: value for key, value in found.items() if value is not None}

    def change(
        self, _call: Call, resource_id: str, old_inputs: Values, _old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Change what it says in place, as ModifySecurityGroupRules does."""
        names = ("ipProtocol", "fromPort", "toPort", "cidrIpv4", "referencedSecurityGroupId", "description")
        if any(old_inputs.get(name) != new.get(name) for name in names):
            rule = {
                "IpProtocol": new["ipProtocol"],
                "FromPort": new.get("fromPort"),
                "ToPort": new.get("toPort"),
                "CidrIpv4": new.get("cidrIpv4"),
                "ReferencedGroupId": new.get("referencedSecurityGroupId"),
                "Description": new.get("description"),
            }
            given = {key: value for key, value in rule.items() if value is not None}
            changed = [{"SecurityGroupRuleId": resource_id, "SecurityGroupRule": given}]
            ask("ec2", "ModifySecurityGroupRules", GroupId=new["securityGroupId"], SecurityGroupRules=changed)
        host.settle_group(new["securityGroupId"])
        return self.retag(resource_id, old_inputs, new)

    def remove(self, _call: Call, resource_id: str, inputs: Values, _outputs: Values) -> None:
        """Take it out of its group."""
        group = inputs["securityGroupId"]
        if self.find(resource_id) is None:
            return
        gone_is_fine("ec2", f"RevokeSecurityGroup{self.direction}", GroupId=group, SecurityGroupRuleIds=[resource_id])
        host.settle_group(inputs["securityGroupId"])


class SecurityGroupIngressRule(_SecurityGroupRule):
    """What may come in."""

    sdk = "pulumi_aws.vpc:SecurityGroupIngressRule"
    direction = "Ingress"


class SecurityGroupEgressRule(_SecurityGroupRule):
    """What may go out."""

    sdk = "pulumi_aws.vpc:SecurityGroupEgressRule"
    direction = "Egress"


def revoke_all(group: str) -> None:
    """Take all rules out of a group."""
    rules = ask("ec2", "DescribeSecurityGroupRules", Filters=filters(group_id=group))["SecurityGroupRules"]
    for egress, direction in ((True, "Egress"), (False, "Ingress")):
        ids = [rule["SecurityGroupRuleId"] for rule in rules if rule["IsEgress"] == egress]
        if ids:
            ask("ec2", f"RevokeSecurityGroup{direction}", GroupId=group, SecurityGroupRuleIds=ids)


def _permission(inputs: Values) -> dict[str, Any]:
    """Return a rule in the form that Authorize… takes."""
    words = {"Description": inputs["description"]} if inputs.get("description") else {}
    permission: dict[str, Any] = {"IpProtocol": inputs["ipProtocol"]}
    if inputs.get("fromPort") is not None:
        permission |= {"FromPort": inputs["fromPort"], "ToPort": inputs["toPort"]}
    if other := inputs.get("referencedSecurityGroupId"):
        return {**permission, "UserIdGroupPairs": [{"GroupId": other, **words}]}
    return {**permission, "IpRanges": [{"CidrIp": inputs.get("cidrIpv4"), **words}]}


def _plain(new: Values, name: str) -> Iterator[CheckFailure]:
    text = new.get(name)
    if isinstance(text, str) and (
        len(text) > _LONGEST or not all(c.isascii() and (c.isalnum() or c in _PLAIN) for c in text)
    ):
        yield CheckFailure(name, f"has at most {_LONGEST} letters, digits, spaces, or any of ._-:/()#,@[]+=&;{{}}!$*")
