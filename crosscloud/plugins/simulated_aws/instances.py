"""Instances: each is a machine on this host."""

from collections.abc import Iterator, Mapping
from typing import Any

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, Diff, Values
from crosscloud.plugins.simulated_aws import client, host, launching
from crosscloud.plugins.simulated_aws.client import ask
from crosscloud.plugins.simulated_aws.ec2 import Ec2Resource
from crosscloud.plugins.simulated_aws.launching import Launch

METADATA = {
    "httpEndpoint": "HttpEndpoint",
    "httpTokens": "HttpTokens",
    "httpPutResponseHopLimit": "HttpPutResponseHopLimit",
    "httpProtocolIpv6": "HttpProtocolIpv6",
    "instanceMetadataTags": "InstanceMetadataTags",
}
DISK = {
    "volumeType": "VolumeType",
    "volumeSize": "VolumeSize",
    "encrypted": "Encrypted",
    "deleteOnTermination": "DeleteOnTermination",
    "iops": "Iops",
    "throughput": "Throughput",
    "kmsKeyId": "KmsKeyId",
}
#: Inputs whose change the provider answers with another instance; the user-data counts if it was told so.
_REPLACE = {
    "ami",
    "associatePublicIpAddress",
    "availabilityZone",
    "keyName",
    "privateIp",
    "subnetId",
    "rootBlockDevice.encrypted",
    "rootBlockDevice.kmsKeyId",
    "rootBlockDevice.deviceName",
}
#: The largest gp3 volume in GiB: https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
GP3 = 65536
_USER_DATA = ("userData", "userDataBase64")


class Instance(Ec2Resource):
    """One instance; when its machine ended, by whatever hand, it is gone."""

    sdk = "pulumi_aws.ec2:Instance"
    kind = "instance"
    replace_on = frozenset(_REPLACE)
    computed = (
        "arn",
        "availabilityZone",
        "instanceState",
        "primaryNetworkInterfaceId",
        "privateDns",
        "privateIp",
        "publicDns",
        "publicIp",
    )

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        """Refuse user-data twice, and a disk that gp3 does not have."""
        if new.get("userData") is not None and new.get("userDataBase64") is not None:
            yield CheckFailure("userData", "conflicts with userDataBase64")
        disk = new.get("rootBlockDevice") or {}
        size = 1 if disk is UNKNOWN or disk.get("volumeType") != "gp3" else disk.get("volumeSize", 1)
        if isinstance(size, int) and not 1 <= size <= GP3:
            yield CheckFailure("rootBlockDevice.volumeSize", f"is from 1 to {GP3} (GiB) for gp3")

    def diff(self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new_inputs: Values) -> Diff:
        """User-data replaces only with ``userDataReplaceOnChange``; without it the provider stops and starts."""
        found = super().diff(call, resource_id, old_inputs, old_outputs, new_inputs)
        replaces = set(found.replaces)
        if new_inputs.get("userDataReplaceOnChange"):
            replaces |= {name for name in _USER_DATA if name in found.detailed}
        return Diff(found.detailed, replaces)

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Launch it."""
        image = ask("ec2", "DescribeImages", ImageIds=[inputs["ami"]])["Images"][0]
        disk, tags = inputs.get("rootBlockDevice") or {}, inputs.get("tags")
        profile = inputs.get("iamInstanceProfile")
        made = launching.launch(
            Launch(
                image=inputs["ami"],
                type=inputs["instanceType"],
                subnet=inputs["subnetId"],
                groups=inputs.get("vpcSecurityGroupIds") or [],
                user_data=inputs.get("userDataBase64") or "",
                profile={"Name": profile} if profile else None,
                key=inputs.get("keyName"),
                public=inputs.get("associatePublicIpAddress"),
                metadata=renamed(inputs.get("metadataOptions") or {}, METADATA) or None,
                disks=[{"DeviceName": image["RootDeviceName"], "Ebs": renamed(disk, DISK)}] if disk else None,
                tags=(client.tag_specification("instance", tags) or [])
                + (client.tag_specification("volume", disk.get("tags")) or []),
            ),
            call.status,
        )
        return made, self.outputs(launching.describe(made) or {})

    def describe(self, resource_id: str) -> Mapping[str, Any] | None:
        """Return it while its machine runs; EC2 hears of the end of one here."""
        live = launching.describe(resource_id)
        if live is not None and not launching.alive(resource_id):
            launching.terminate(resource_id)
            return None
        return live

    def outputs(self, live: Mapping[str, Any]) -> dict[str, Any]:
        """Return its addresses, and what of its inputs AWS shows."""
        metadata = {name: live.get("MetadataOptions", {}).get(api) for name, api in METADATA.items()}
        return {
            **self.known(live["InstanceId"], live),
            "availabilityZone": live["Placement"]["AvailabilityZone"],
            "instanceState": live["State"]["Name"],
            "primaryNetworkInterfaceId": live["NetworkInterfaces"][0]["NetworkInterfaceId"],
            "privateDns": live["PrivateDnsName"],
            "privateIp": live["PrivateIpAddress"],
            "publicDns": live.get("PublicDnsName", ""),
            "publicIp": live.get("PublicIpAddress", ""),
            "metadataOptions": {name: value for name, value in metadata.items() if value is not None},
        }

    def look(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> Mapping[str, Any] | None:
        """See `Ec2Resource.look`; of the metadata options only those that were asked for are compared."""
        live = super().look(call, resource_id, inputs, outputs)
        if live is None:
            return None
        asked = inputs.get("metadataOptions") or {}
        shown = {name: value for name, value in live["metadataOptions"].items() if name in asked}
        return {
            **live,
            "metadataOptions": shown,
            "instanceType": (launching.describe(resource_id) or {})["InstanceType"],
        }

    def change(
        self, _call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Change groups, size, metadata options and tags in place; the size by stopping and starting, as AWS does.

        The machine on this host stays as it is: sizes mean nothing there.
        """
        if new.get("instanceType") != old_inputs.get("instanceType"):
            size = {"Value": new["instanceType"]}
            ask("ec2", "StopInstances", InstanceIds=[resource_id])
            ask("ec2", "ModifyInstanceAttribute", InstanceId=resource_id, InstanceType=size)
            ask("ec2", "StartInstances", InstanceIds=[resource_id])
        if new.get("vpcSecurityGroupIds") != old_inputs.get("vpcSecurityGroupIds"):
            interface = old_outputs["primaryNetworkInterfaceId"]
            groups = new["vpcSecurityGroupIds"]
            ask("ec2", "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=interface, Groups=groups)
        if new.get("metadataOptions") != old_inputs.get("metadataOptions"):
            options = renamed(new.get("metadataOptions") or {}, METADATA)
            ask("ec2", "ModifyInstanceMetadataOptions", InstanceId=resource_id, **options)
        live = launching.describe(resource_id) or {}
        host.settle(live["VpcId"])
        return {**self.outputs(live), **self.retag(resource_id, old_inputs, new)}

    def remove(self, _call: Call, resource_id: str, _inputs: Values, _outputs: Values) -> None:
        """Terminate it, with its machine."""
        launching.terminate(resource_id)


def renamed(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return those values that are there, by the API's names."""
    return {api: values[name] for name, api in names.items() if values.get(name) is not None}
