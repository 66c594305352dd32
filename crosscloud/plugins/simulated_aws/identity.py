"""IAM roles, instance profiles, and key pairs."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, Values
from crosscloud.plugins.simulated_aws import client
from crosscloud.plugins.simulated_aws.client import ask
from crosscloud.plugins.simulated_aws.ec2 import AwsResource, Ec2Resource, gone_is_fine

#: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
_LONGEST_ROLE = 64
_IAM_NAME = set("+=,.@-_")


class Role(AwsResource):
    """A role. Its id is its name, which is unique in the account, whatever the region."""

    sdk = "pulumi_aws.iam:Role"
    autoname = "name"
    replace_on = frozenset({"name", "namePrefix", "path"})
    computed = ("arn", "createDate", "uniqueId")

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold the name and the trust policy against IAM's rules."""
        yield from _iam_name(new, _LONGEST_ROLE)
        policy = new.get("assumeRolePolicy")
        if isinstance(policy, str):
            try:
                json.loads(policy)
            except ValueError as error:
                yield CheckFailure("assumeRolePolicy", f"is no JSON: {error}")

    def make(self, _call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make it; moto sees to it that the name is free and the policy one."""
        ask(
            "iam",
            "CreateRole",
            RoleName=inputs["name"],
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            Description=inputs.get("description"),
            Path=inputs.get("path"),
            Tags=client.tag_list(inputs.get("tags")),
        )
        return inputs["name"], self.outputs(self.find(inputs["name"]) or {})

    def describe(self, resource_id: str) -> Mapping[str, Any]:
        """Return IAM's description."""
        role: Mapping[str, Any] = ask("iam", "GetRole", RoleName=resource_id)["Role"]
        return role

    def outputs(self, live: Mapping[str, Any]) -> dict[str, Any]:
        """Return its names."""
        tags = client.tag_map(live.get("Tags"))
        return {
            "arn": live["Arn"],
            "createDate": str(live["CreateDate"]),
            "uniqueId": live["RoleId"],
            "tags": tags,
            "tagsAll": tags,
        }

    def change(
        self, _call: Call, resource_id: str, old_inputs: Values, _old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Change its policy, description and tags."""
        if new["assumeRolePolicy"] != old_inputs["assumeRolePolicy"]:
            document = new["assumeRolePolicy"]
            ask("iam", "UpdateAssumeRolePolicy", RoleName=resource_id, PolicyDocument=document)
        ask("iam", "UpdateRole", RoleName=resource_id, Description=new.get("description") or "")
        gone = [key for key in old_inputs.get("tags") or {} if key not in (new.get("tags") or {})]
        if gone:
            ask("iam", "UntagRole", RoleName=resource_id, TagKeys=gone)
        ask("iam", "TagRole", RoleName=resource_id, Tags=client.tag_list(new.get("tags")))
        return {"tagsAll": new.get("tags") or {}}

    def remove(self, _call: Call, resource_id: str, _inputs: Values, _outputs: Values) -> None:
        """Remove it, unless an instance profile has it."""
        if self.find(resource_id) is None:
            return
        if ask("iam", "ListInstanceProfilesForRole", RoleName=resource_id)["InstanceProfiles"]:
            words = "Cannot delete entity, must remove roles from instance profile first."
            raise client.refuse("iam", "DeleteRole", "DeleteConflict", words)
        gone_is_fine("iam", "DeleteRole", RoleName=resource_id)


class InstanceProfile(AwsResource):
    """What gives a role to machines. Its id is its name."""

    sdk = "pulumi_aws.iam:InstanceProfile"
    autoname = "name"
    replace_on = frozenset({"name", "namePrefix", "path"})
    computed = ("arn", "createDate", "uniqueId")

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold the name against IAM's rules."""
        yield from _iam_name(new, 2 * _LONGEST_ROLE)

    def make(self, _call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make it, with its role."""
        name, tags = inputs["name"], client.tag_list(inputs.get("tags"))
        ask("iam", "CreateInstanceProfile", InstanceProfileName=name, Path=inputs.get("path"), Tags=tags)
        if inputs.get("role"):
            ask("iam", "AddRoleToInstanceProfile", InstanceProfileName=name, RoleName=inputs["role"])
        return name, self.outputs(self.find(name) or {})

    def describe(self, resource_id: str) -> Mapping[str, Any]:
        """Return IAM's description."""
        answer = ask("iam", "GetInstanceProfile", InstanceProfileName=resource_id)
        profile: Mapping[str, Any] = answer["InstanceProfile"]
        return profile

    def outputs(self, live: Mapping[str, Any]) -> dict[str, Any]:
        """Return its names, and the role that it has."""
        roles = [role["RoleName"] for role in live.get("Roles", [])]
        return {
            "arn": live["Arn"],
            "createDate": str(live["CreateDate"]),
            "uniqueId": live["InstanceProfileId"],
            "role": roles[0] if roles else "",
            "tagsAll": client.tag_map(live.get("Tags")),
        }

    def change(
        self, _call: Call, resource_id: str, old_inputs: Values, _old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Give it another role, and change its tags."""
        before, after = old_inputs.get("role"), new.get("role")
        if before != after:
            if before:
                ask("iam", "RemoveRoleFromInstanceProfile", InstanceProfileName=resource_id, RoleName=before)
            ask("iam", "AddRoleToInstanceProfile", InstanceProfileName=resource_id, RoleName=after)
        ask("iam", "TagInstanceProfile", InstanceProfileName=resource_id, Tags=client.tag_list(new.get("tags")))
        return {"tagsAll": new.get("tags") or {}}

    def remove(self, _call: Call, resource_id: str, _inputs: Values, _outputs: Values) -> None:
        """Take its role out and remove it."""
        live = self.find(resource_id)
        for role in (live or {}).get("Roles", []):
            name = role["RoleName"]
            gone_is_fine("iam", "RemoveRoleFromInstanceProfile", InstanceProfileName=resource_id, RoleName=name)
        gone_is_fine("iam", "DeleteInstanceProfile", InstanceProfileName=resource_id)


class KeyPair(Ec2Resource):
    """A public SSH key. Its id is its name."""

    sdk = "pulumi_aws.ec2:KeyPair"
    listing = ("DescribeKeyPairs", "KeyNames", "KeyPairs")
    kind = "key-pair"
    autoname = "keyName"
    replace_on = frozenset({"keyName", "keyNamePrefix", "publicKey"})
    computed = ("arn", "fingerprint", "keyPairId", "keyType")

    def make(self, _call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Import it; moto looks at whether it is a key."""
        name, tags = inputs["keyName"], self.tagged(inputs)
        ask("ec2", "ImportKeyPair", KeyName=name, PublicKeyMaterial=inputs["publicKey"], TagSpecifications=tags)
        return name, self.outputs(self.find(name) or {})

    def outputs(self, live: Mapping[str, Any]) -> dict[str, Any]:
        """Return its fingerprint and ids."""
        return {
            "arn": self.arn(live["KeyName"]),
            "fingerprint": live.get("KeyFingerprint", ""),
            "keyPairId": live.get("KeyPairId", ""),
            "keyType": live.get("KeyType", ""),
            "tagsAll": client.tag_map(live.get("Tags")),
        }

    def change(self, _call: Call, _id: str, old_inputs: Values, old_outputs: Values, new: Values) -> Mapping[str, Any]:
        """Change its tags."""
        return self.retag(old_outputs["keyPairId"], old_inputs, new)

    def remove(self, _call: Call, resource_id: str, _inputs: Values, _outputs: Values) -> None:
        """Remove it; machines keep the key."""
        gone_is_fine("ec2", "DeleteKeyPair", KeyName=resource_id)


def _iam_name(new: Values, longest: int) -> Iterator[CheckFailure]:
    name = new.get("name")
    if name is None or name is UNKNOWN:
        return
    if len(name) > longest or not all(c.isascii() and (c.isalnum() or c in _IAM_NAME) for c in name):
        yield CheckFailure("name", f"{name} is no name in IAM: at most {longest} letters, digits, or any of +=,.@-_")
