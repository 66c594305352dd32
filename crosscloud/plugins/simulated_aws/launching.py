"""Launching and ending instances: the rules of ``RunInstances`` that moto does not keep, and machines on this host."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crosscloud.plugins.simulated import fabric, faults
from crosscloud.plugins.simulated_aws import client, host, lookups
from crosscloud.plugins.simulated_aws.client import ApiError, ask, filters
from crosscloud.plugins.simulated_aws.ec2 import gone_is_fine, missing

#: Bytes of user-data, before base64: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
USER_DATA = 16384


@dataclass(frozen=True)
class Launch:
    """An instance to launch. ``user_data`` is in base64; ``profile`` is the API's ``{"Name": …}`` or ``{"Arn": …}``.

    ``template`` is the launch template's version that it comes from, in the API's form.
    """

    image: str
    type: str
    subnet: str
    groups: list[str]
    user_data: str = field(repr=False, default="")
    profile: Mapping[str, str] | None = None
    key: str | None = None
    public: bool | None = None
    metadata: Mapping[str, Any] | None = None
    disks: list[dict[str, Any]] | None = None
    tags: list[dict[str, Any]] = field(default_factory=list)
    template: Mapping[str, str] | None = None


def launch(wanted: Launch, report: Callable[[str], None]) -> str:
    """Launch it and boot its machine; return the id. A machine that can't be booted leaves no instance behind."""
    found = ask("ec2", "DescribeSubnets", SubnetIds=[wanted.subnet])["Subnets"][0]
    vpc, zone = found["VpcId"], found["AvailabilityZone"]
    user_data = decoded(wanted.user_data)
    _ensure_launchable(wanted, vpc, zone)
    faults.capacity(
        zone,
        str(client.refuse("ec2", "RunInstances", "InsufficientInstanceCapacity", capacity_words(wanted.type, zone))),
    )
    interface = {
        "DeviceIndex": 0,
        "SubnetId": wanted.subnet,
        "Groups": wanted.groups or _default_group(vpc),
        "AssociatePublicIpAddress": found["MapPublicIpOnLaunch"] if wanted.public is None else wanted.public,
        "DeleteOnTermination": True,
    }
    made = ask(
        "ec2",
        "RunInstances",
        ImageId=wanted.image,
        InstanceType=wanted.type,
        MinCount=1,
        MaxCount=1,
        NetworkInterfaces=[interface],
        UserData=user_data,
        IamInstanceProfile=wanted.profile,
        KeyName=wanted.key,
        MetadataOptions=wanted.metadata,
        BlockDeviceMappings=wanted.disks,
        TagSpecifications=wanted.tags or None,
        LaunchTemplate=wanted.template,
    )["Instances"][0]
    identifier, address = str(made["InstanceId"]), str(made["PrivateIpAddress"])
    try:
        host.settle(vpc)
        name = f"ip-{address.replace('.', '-')}"
        fabric.boot(identifier, vpc, hostname=name, address=address, user_data=user_data, report=report)
    except BaseException:
        terminate(identifier)
        raise
    return identifier


def terminate(identifier: str) -> None:
    """End an instance and its machine; one that is gone already is no error."""
    found = describe(identifier)
    fabric.halt(identifier)
    gone_is_fine("ec2", "TerminateInstances", InstanceIds=[identifier])
    if found is not None:
        host.settle(found["VpcId"])


def describe(identifier: str) -> dict[str, Any] | None:
    """Return EC2's description of an instance; None for one that is gone or terminated."""
    try:
        listed = ask("ec2", "DescribeInstances", InstanceIds=[identifier])["Reservations"]
    except ApiError as error:
        if missing(error):
            return None
        raise
    live = [one for each in listed for one in each["Instances"] if one["State"]["Name"] != "terminated"]
    return live[0] if live else None


def alive(identifier: str) -> bool:
    """Tell whether an instance is there and its machine runs: one that was ended by hand is dead."""
    return describe(identifier) is not None and fabric.running(identifier)


def decoded(user_data: str) -> str:
    """Return user-data as a machine finds it; refuse what is no base64, or too long."""
    try:
        plain = base64.b64decode(user_data, validate=True)
    except binascii.Error:
        words = "Invalid BASE64 encoding of user data."
        raise client.refuse("ec2", "RunInstances", "InvalidUserData.Malformed", words) from None
    if len(plain) > USER_DATA:
        words = f"User data is limited to {USER_DATA} bytes"
        raise client.refuse("ec2", "RunInstances", "InvalidParameterValue", words)
    return plain.decode()


def capacity_words(size: str, zone: str) -> str:
    """Return what EC2 says when a zone has no machine of that size left."""
    others = [other for other in lookups.zones(client.region()) if other != zone]
    return (
        f"We currently do not have sufficient {size} capacity in the Availability Zone you requested ({zone}). Our "
        f"system will be working on provisioning additional capacity. You can currently get {size} capacity by not "
        f"specifying an Availability Zone in your request or choosing {', '.join(others)}."
    )


def _ensure_launchable(wanted: Launch, vpc: str, zone: str) -> None:
    image = ask("ec2", "DescribeImages", ImageIds=[wanted.image])["Images"][0]
    listed = ask("ec2", "DescribeInstanceTypes", InstanceTypes=[wanted.type])["InstanceTypes"]
    architectures = listed[0]["ProcessorInfo"]["SupportedArchitectures"] if listed else []
    if image["Architecture"] not in architectures:
        words = (
            f"The architecture '{', '.join(architectures)}' of the specified instance type does not match the "
            f"architecture '{image['Architecture']}' of the specified AMI. Specify an instance type and an AMI that "
            "have matching architectures, and try again."
        )
        raise client.refuse("ec2", "RunInstances", "InvalidParameterValue", words)
    _ensure_offered(wanted.type, zone)
    groups = ask("ec2", "DescribeSecurityGroups", GroupIds=wanted.groups)["SecurityGroups"] if wanted.groups else []
    for group in groups:
        if group["VpcId"] != vpc:
            words = f"Security group {group['GroupId']} and subnet {wanted.subnet} belong to different networks."
            raise client.refuse("ec2", "RunInstances", "InvalidParameter", words)
    if wanted.key:
        ask("ec2", "DescribeKeyPairs", KeyNames=[wanted.key])
    _ensure_profile(wanted.profile)


def _default_group(vpc: str) -> list[str]:
    wanted = filters(vpc_id=vpc, group_name="default")
    return [one["GroupId"] for one in ask("ec2", "DescribeSecurityGroups", Filters=wanted)["SecurityGroups"]]


def _ensure_offered(size: str, zone: str) -> None:
    wanted = filters(instance_type=size)
    offers = ask("ec2", "DescribeInstanceTypeOfferings", LocationType="availability-zone", Filters=wanted)
    zones = sorted(one["Location"] for one in offers["InstanceTypeOfferings"])
    if zone not in zones:
        words = (
            f"Your requested instance type ({size}) is not supported in your requested Availability Zone ({zone}). "
            f"Please retry your request by not specifying an Availability Zone or choosing {', '.join(zones)}."
        )
        raise client.refuse("ec2", "RunInstances", "Unsupported", words)


def _ensure_profile(profile: Mapping[str, str] | None) -> None:
    if not profile:
        return
    name = profile.get("Name") or str(profile.get("Arn")).rpartition("/")[2]
    try:
        ask("iam", "GetInstanceProfile", InstanceProfileName=name)
    except ApiError as error:
        if not missing(error):
            raise
        words = f"Value ({name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"
        raise client.refuse("ec2", "RunInstances", "InvalidParameterValue", words) from None
