"""Instances of the simulated AWS: what may be launched, what AWS changes in place, and what happens when one dies."""

import base64
from typing import Any

import pytest

from crosscloud.plugins.base import PluginError
from crosscloud.plugins.simulated import fabric
from crosscloud.plugins.simulated_aws import launching
from tests.crosscloud.plugins.simulated_aws.conftest import AMD64, ARM64, Aws


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_an_instance_is_a_machine_with_the_name_that_ec2_would_give_it(aws: Aws) -> None:
    vpc = aws.network()
    made = aws.instance(aws.subnet(vpc, "10.0.16.0/20"), [aws.group(vpc)])
    note = aws.fabric.get("Machine", made)
    assert note is not None
    assert note.inputs["hostname"] == f"ip-{aws.address(made).replace('.', '-')}"
    assert note.inputs["address"].startswith("10.0.16.")
    assert aws.outputs("Instance", made)["privateDns"] == f"{note.inputs['hostname']}.ec2.internal"


def test_a_machine_gets_its_user_data_byte_for_byte(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(fabric, "boot", lambda *_args, user_data, **_named: seen.append(user_data))
    vpc = aws.network()
    text = "#cloud-config\n# ünïcode\nruncmd: []\n"
    aws.instance(aws.subnet(vpc), [aws.group(vpc)], userDataBase64=encoded(text))
    assert seen == [text]


@pytest.mark.parametrize(("size", "taken"), [(16384, True), (16385, False)])
def test_user_data_has_16_kib_at_most(aws: Aws, size: int, taken: bool) -> None:
    vpc = aws.network()
    subnet, group = aws.subnet(vpc), aws.group(vpc)
    if taken:
        aws.instance(subnet, [group], userDataBase64=encoded("x" * size))
        return
    with pytest.raises(PluginError, match=r"InvalidParameterValue: User data is limited to 16384 bytes"):
        aws.instance(subnet, [group], userDataBase64=encoded("x" * size))
    with pytest.raises(PluginError, match=r"User data is limited to 16384 bytes"):
        aws.make("LaunchTemplate", imageId=AMD64, instanceType="t3.medium", userData=encoded("x" * size))


def test_user_data_that_is_no_base64_is_refused(aws: Aws) -> None:
    with pytest.raises(PluginError, match=r"InvalidUserData.Malformed: Invalid BASE64 encoding of user data"):
        aws.make("LaunchTemplate", imageId=AMD64, instanceType="t3.medium", userData="#cloud-config\n")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"ami": ARM64}, r"The architecture 'x86_64' of the specified instance type does not match .* 'arm64'"),
        ({"ami": "ami-0123456789abcdef0"}, r"InvalidAMIID.NotFound"),
        ({"instanceType": "t9.huge"}, r"InvalidInstanceType.*t9.huge"),
        ({"keyName": "nobodys"}, r"InvalidKeyPair.NotFound"),
        ({"iamInstanceProfile": "nobodys"}, r"Invalid IAM Instance Profile name"),
        ({"vpcSecurityGroupIds": ["sg-0123456789abcdef0"]}, r"InvalidGroup.NotFound"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_ec2_would_not_launch_is_refused_in_its_words(aws: Aws, wrong: dict[str, Any], words: str) -> None:
    vpc = aws.network()
    given: dict[str, Any] = {"vpcSecurityGroupIds": [aws.group(vpc)], **wrong}
    user_data = encoded("#cloud-config\n")
    inputs: dict[str, Any] = {"ami": AMD64, "instanceType": "t3.medium", "userDataBase64": user_data, **given}
    subnet = aws.subnet(vpc)
    with pytest.raises(PluginError, match=words):
        aws.make("Instance", subnetId=subnet, **inputs)
    aws.delete("Subnet", subnet)  # nothing is left in it


def test_a_size_that_a_zone_does_not_have_is_refused_with_the_zones_that_do(aws: Aws) -> None:
    vpc = aws.network()
    subnet, group = aws.subnet(vpc, zone="us-east-1e"), aws.group(vpc)
    with pytest.raises(PluginError, match=r"Unsupported: Your requested instance type \(t4g.medium\).*us-east-1a"):
        aws.instance(subnet, [group], ami=ARM64, instanceType="t4g.medium")


def test_a_group_of_another_network_is_refused(aws: Aws) -> None:
    here, there = aws.network(), aws.network("10.1.0.0/16")
    with pytest.raises(PluginError, match=r"belong to different networks"):
        aws.instance(aws.subnet(here), [aws.group(there)])


def test_the_metadata_options_that_were_asked_for_are_those_that_aws_shows(aws: Aws) -> None:
    vpc = aws.network()
    asked = {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1}
    made = aws.instance(aws.subnet(vpc), [aws.group(vpc)], metadataOptions=asked)
    assert (aws.refresh("Instance", made) or {})["metadataOptions"] == asked


def test_a_machine_that_was_ended_by_hand_is_gone_for_refresh(aws: Aws) -> None:
    vpc = aws.network()
    made = aws.instance(aws.subnet(vpc), [aws.group(vpc)])
    assert aws.refresh("Instance", made) is not None
    fabric.halt(made)
    assert aws.refresh("Instance", made) is None
    assert launching.describe(made) is None
    aws.delete("Instance", made)  # and its deletion is no error


def test_a_machine_that_can_t_be_booted_leaves_no_instance(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_args: object, **_named: object) -> None:
        raise PluginError("no image")

    monkeypatch.setattr(fabric, "boot", fails)
    vpc = aws.network()
    subnet = aws.subnet(vpc)
    with pytest.raises(PluginError, match="no image"):
        aws.instance(subnet, [aws.group(vpc)])
    aws.delete("Subnet", subnet)


@pytest.mark.parametrize(
    ("changes", "replaces"),
    [
        ({"ami": ARM64}, True),
        ({"subnetId": "subnet-other"}, True),
        ({"associatePublicIpAddress": True}, True),
        ({"instanceType": "t3.large"}, False),
        ({"vpcSecurityGroupIds": ["sg-other"]}, False),
        ({"tags": {"a": "b"}}, False),
        ({"rootBlockDevice": {"volumeType": "gp3", "volumeSize": 40, "encrypted": True}}, False),
        ({"rootBlockDevice": {"volumeType": "gp3", "volumeSize": 30, "encrypted": False}}, True),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_another_instance_is_made_where_aws_can_t_change_one(
    aws: Aws, changes: dict[str, object], replaces: bool
) -> None:
    vpc = aws.network()
    disk = {"volumeType": "gp3", "volumeSize": 30, "encrypted": True}
    made = aws.instance(aws.subnet(vpc), [aws.group(vpc)], rootBlockDevice=disk)
    assert bool(aws.diff("Instance", made, **changes).replaces) == replaces


@pytest.mark.parametrize("told", [True, False])
def test_user_data_replaces_an_instance_if_the_program_said_so(aws: Aws, told: bool) -> None:
    vpc = aws.network()
    made = aws.instance(aws.subnet(vpc), [aws.group(vpc)], userDataReplaceOnChange=told)
    assert bool(aws.diff("Instance", made, userDataBase64=encoded("other")).replaces) == told


def test_size_and_groups_change_in_place(aws: Aws) -> None:
    vpc = aws.network()
    other = aws.group(vpc, "other")
    made = aws.instance(aws.subnet(vpc), [aws.group(vpc)])
    aws.change("Instance", made, instanceType="t3.large", vpcSecurityGroupIds=[other])
    live = launching.describe(made)
    assert live is not None
    assert live["InstanceType"] == "t3.large"
    assert [group["GroupId"] for group in live["NetworkInterfaces"][0]["Groups"]] == [other]
    assert fabric.running(made)


@pytest.mark.parametrize(("zone", "fails"), [("us-east-1a", True), ("us-east-1b", False)])
def test_a_zone_without_capacity_says_so_as_ec2_does(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, zone: str, fails: bool
) -> None:
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_FAULT", f"no-capacity={zone}")
    vpc = aws.network()
    subnet, group = aws.subnet(vpc), aws.group(vpc)
    if not fails:
        aws.instance(subnet, [group])
        return
    words = r"InsufficientInstanceCapacity: We currently do not have sufficient t3.medium capacity in .*us-east-1a"
    with pytest.raises(PluginError, match=words):
        aws.instance(subnet, [group])
