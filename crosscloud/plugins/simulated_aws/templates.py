"""Launch templates: each change of one makes a new version."""

from collections.abc import Iterator, Mapping
from typing import Any

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, Values
from crosscloud.plugins.simulated_aws import client, launching
from crosscloud.plugins.simulated_aws.client import ask
from crosscloud.plugins.simulated_aws.ec2 import Ec2Resource, gone_is_fine
from crosscloud.plugins.simulated_aws.instances import DISK, METADATA, renamed
from crosscloud.plugins.simulated_aws.launching import Launch

_SIMPLE = {"imageId": "ImageId", "instanceType": "InstanceType", "keyName": "KeyName", "userData": "UserData"}
#: What no version holds: changing them makes none.
_OUTSIDE = {"name", "namePrefix", "tags", "description", "updateDefaultVersion", "defaultVersion", "region"}
#: In a launch template the provider has these as texts, so that they can be left out.
_BOOLEANS = {"true": True, "false": False}


class LaunchTemplate(Ec2Resource):
    """What the members of a group are launched from."""

    sdk = "pulumi_aws.ec2:LaunchTemplate"
    listing = ("DescribeLaunchTemplates", "LaunchTemplateIds", "LaunchTemplates")
    kind = "launch-template"
    autoname = "name"
    replace_on = frozenset({"name", "namePrefix"})
    computed = ("arn", "defaultVersion", "latestVersion")
    recomputed = ("defaultVersion", "latestVersion")

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold the name and the user-data against EC2's rules; refuse what a rehearsal would pass over."""
        name = new.get("name")
        if isinstance(name, str) and not 3 <= len(name) <= 128:  # noqa: PLR2004
            yield CheckFailure("name", "has from 3 to 128 characters")
        for disk in new.get("blockDeviceMappings") or []:
            for key in ("encrypted", "deleteOnTermination"):
                value = ((disk if disk is not UNKNOWN else {}).get("ebs") or {}).get(key)
                if isinstance(value, str) and value not in _BOOLEANS:
                    yield CheckFailure(f"blockDeviceMappings[].ebs.{key}", f"is {value!r}; 'true' or 'false'")
        if new.get("networkInterfaces"):
            yield CheckFailure("networkInterfaces", "is not rehearsed; use vpcSecurityGroupIds")

    def make(self, _call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make it, in its first version."""
        made = ask(
            "ec2",
            "CreateLaunchTemplate",
            LaunchTemplateName=inputs["name"],
            LaunchTemplateData=_data(inputs),
            VersionDescription=inputs.get("description"),
            TagSpecifications=self.tagged(inputs),
        )["LaunchTemplate"]
        return made["LaunchTemplateId"], self.outputs(made)

    def outputs(self, live: Mapping[str, Any]) -> dict[str, Any]:
        """Return its versions."""
        return {
            "arn": self.arn(live["LaunchTemplateId"]),
            "defaultVersion": live["DefaultVersionNumber"],
            "latestVersion": live["LatestVersionNumber"],
            "tagsAll": client.tag_map(live.get("Tags")),
        }

    def change(
        self, _call: Call, resource_id: str, old_inputs: Values, _old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Add a version, and make it the default if that was asked for."""
        changed = {key for key in {*old_inputs, *new} - _OUTSIDE if old_inputs.get(key) != new.get(key)}
        if changed:
            made = ask(
                "ec2",
                "CreateLaunchTemplateVersion",
                LaunchTemplateId=resource_id,
                LaunchTemplateData=_data(new),
                VersionDescription=new.get("description"),
            )["LaunchTemplateVersion"]["VersionNumber"]
            if new.get("updateDefaultVersion"):
                ask("ec2", "ModifyLaunchTemplate", LaunchTemplateId=resource_id, DefaultVersion=str(made))
        tags = self.retag(resource_id, old_inputs, new)
        return {**self.outputs(self.find(resource_id) or {}), **tags}

    def remove(self, _call: Call, resource_id: str, _inputs: Values, _outputs: Values) -> None:
        """Remove it with its versions."""
        gone_is_fine("ec2", "DeleteLaunchTemplate", LaunchTemplateId=resource_id)


def version_of(template: Mapping[str, Any]) -> int:
    """Return the number of a version that a group names (``{"id": …, "version": "$Latest"}``); it has to exist."""
    asked = str(template.get("version") or "$Default")
    return int(_version(template, asked)["VersionNumber"])


def launch_of(template: Mapping[str, Any], number: int, subnet: str, tags: list[dict[str, Any]]) -> Launch:
    """Return an instance as a version of a template has it, in a subnet, with the group's own tags."""
    content = _version(template, str(number))["LaunchTemplateData"]
    return Launch(
        image=content["ImageId"],
        type=content["InstanceType"],
        subnet=subnet,
        groups=content.get("SecurityGroupIds") or [],
        user_data=content.get("UserData") or "",
        profile=content.get("IamInstanceProfile"),
        key=content.get("KeyName"),
        metadata=content.get("MetadataOptions"),
        disks=content.get("BlockDeviceMappings"),
        tags=[*tags, *(one for one in content.get("TagSpecifications") or [] if one["ResourceType"] != "instance")],
        template={"LaunchTemplateId": template["id"], "Version": str(number)},
    )


def _version(template: Mapping[str, Any], asked: str) -> dict[str, Any]:
    identifier = template["id"]
    found = ask("ec2", "DescribeLaunchTemplateVersions", LaunchTemplateId=identifier, Versions=[asked])
    if not found["LaunchTemplateVersions"]:
        words = f"Could not find launch template version {asked} of {identifier}"
        code = "InvalidLaunchTemplateId.VersionNotFound"
        raise client.refuse("ec2", "DescribeLaunchTemplateVersions", code, words)
    version: dict[str, Any] = found["LaunchTemplateVersions"][0]
    return version


def _data(inputs: Values) -> dict[str, Any]:
    """Return a version's content in the API's form."""
    launching.decoded(inputs.get("userData") or "")
    content = renamed(inputs, _SIMPLE)
    if groups := inputs.get("vpcSecurityGroupIds"):
        content["SecurityGroupIds"] = groups
    if profile := inputs.get("iamInstanceProfile"):
        content["IamInstanceProfile"] = renamed(profile, {"arn": "Arn", "name": "Name"})
    if metadata := inputs.get("metadataOptions"):
        content["MetadataOptions"] = renamed(metadata, METADATA)
    if disks := inputs.get("blockDeviceMappings"):
        content["BlockDeviceMappings"] = [{"DeviceName": one.get("deviceName"), "Ebs": _ebs(one)} for one in disks]
    if specifications := inputs.get("tagSpecifications"):
        content["TagSpecifications"] = [
            {"ResourceType": one["resourceType"], "Tags": client.tag_list(one.get("tags"))} for one in specifications
        ]
    return content


def _ebs(disk: Mapping[str, Any]) -> dict[str, Any]:
    found = renamed(disk.get("ebs") or {}, DISK)
    return {key: _BOOLEANS.get(value, value) if isinstance(value, str) else value for key, value in found.items()}
