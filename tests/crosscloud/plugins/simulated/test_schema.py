"""Inputs are held against the SDK's own types, each failure by its path."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from crosscloud import paths
from crosscloud.plugins.base import UNKNOWN, CheckFailure, PluginError
from crosscloud.plugins.simulated import describe, schema, shapes

ASSET = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "text": "x"}


def failures(sdk: str, inputs: dict[str, Any]) -> dict[str, str]:
    return {one.property: one.reason for one in shapes.failures(describe(sdk), inputs)}


@pytest.mark.usefixtures("rehearsal")
def test_an_sdk_tells_tokens_inputs_and_outputs() -> None:
    network, machine = describe("toycloud:Network"), describe("toycloud:Machine")
    assert network.token == "toycloud:index/network:Network"
    assert machine.token == "toycloud:index/machine:Machine", "where it is only in the constructor"
    assert network.inputs["required"] == ["cidrBlock"]
    assert network.inputs["properties"]["tags"] == ["map", "string"]
    assert "arn" in network.outputs
    assert "arn" not in network.inputs["properties"]


@pytest.mark.usefixtures("rehearsal")
def test_everything_that_is_wrong_is_found_at_once() -> None:
    rules = [{"ports": [80, "https"], "protocol": "icmp"}, {"port": [1]}, "open"]
    assert failures("toycloud:Network", {"cidrBlok": "10.0.0.0/16", "rules": rules, "tags": {"a": 1}}) == {
        "cidrBlok": "is not known; did you mean cidrBlock?",
        "cidrBlock": "is missing: it is required",
        "rules[0].ports[1]": "is a text; it has to be a whole number",
        "rules[0].protocol": "is 'icmp'; it has to be one of tcp, udp",
        "rules[1].port": "is not known; did you mean ports?",
        "rules[1].ports": "is missing: it is required",
        "rules[2]": "is a text; it has to be an object",
        "tags.a": "is the number 1; it has to be a text",
    }


@pytest.mark.usefixtures("rehearsal")
def test_what_is_not_known_yet_passes_wherever_it_is() -> None:
    assert failures("toycloud:Network", {"cidrBlock": UNKNOWN, "rules": UNKNOWN}) == {}
    assert failures("toycloud:Network", {"cidrBlock": UNKNOWN, "rules": [UNKNOWN, {"ports": [UNKNOWN]}]}) == {}
    assert failures("toycloud:Network", {"cidrBlock": "10.0.0.0/16", "tags": None}) == {}


@pytest.mark.parametrize(
    ("shape", "right", "wrong"),
    [
        ("integer", 1, True),
        ("integer", 1, 1.5),
        ("number", 1.5, "1.5"),
        ("boolean", False, 0),
        ("string", "", 1),
        ("asset", ASSET, "a text"),
        (["list", "string"], [], {}),
        (["map", "string"], {}, []),
        (["union", ["string", ["enum", ["a"]]]], "b", 1),
        (["union", ["integer", "string"]], "80", [80]),
    ],
)
def test_a_value_of_another_type_is_refused(shape: Any, right: Any, wrong: Any) -> None:
    kind = {"properties": {"it": shape}, "required": []}
    description = schema.Description("t", kind, {}, ())
    assert shapes.failures(description, {"it": right}) == []
    assert [one.property for one in shapes.failures(description, {"it": wrong})] == ["it"]


def test_a_union_tells_what_is_wrong_within_the_nearest_of_its_members() -> None:
    inner = {"properties": {"name": "string"}, "required": ["name"]}
    shape = ["union", ["string", ["object", "Inner"]]]
    description = schema.Description("t", {"properties": {"it": shape}, "required": []}, {"Inner": inner}, ())
    found = shapes.failures(description, {"it": {"nam": "x"}})
    assert CheckFailure("it.nam", "is not known; did you mean name?") in found


@pytest.mark.parametrize(
    ("sdk", "token", "required", "path"),
    [
        ("pulumi_aws.ec2:LaunchTemplate", "aws:ec2/launchTemplate:LaunchTemplate", [], "metadataOptions"),
        (
            "pulumi_azure_native.compute:VirtualMachine",
            "azure-native:compute:VirtualMachine",
            ["resourceGroupName"],
            "hardwareProfile",
        ),
        (
            "pulumi_gcp.compute:Instance",
            "gcp:compute/instance:Instance",
            ["bootDisk", "machineType", "networkInterfaces"],
            "shieldedInstanceConfig",
        ),
        (
            "pulumi_equinix_metal:Device",
            "equinix-metal:index/device:Device",
            ["operatingSystem", "plan", "projectId"],
            "reinstall",
        ),
    ],
)
@pytest.mark.usefixtures("rehearsal")
def test_the_sdks_of_all_clouds_are_understood(sdk: str, token: str, required: list[str], path: str) -> None:
    found = describe(sdk)
    assert found.token == token
    assert found.inputs["required"] == required
    shape = found.inputs["properties"][path]
    assert shape[0] == "object"
    assert shape[1] in found.objects
    assert "any" not in json.dumps(found.inputs), "nothing passes unseen"


@pytest.mark.usefixtures("rehearsal")
def test_a_class_that_the_sdk_lacks_is_named() -> None:
    with pytest.raises(PluginError, match="the SDK has no toycloud:Bucket"):
        describe("toycloud:Bucket")


def test_once_described_an_sdk_is_not_imported_again(rehearsal: Path) -> None:
    describe("toycloud:Network")
    home = rehearsal.parent.parent / "home"
    (file,) = home.rglob("toycloud.Network.json")
    assert file.parent.name.startswith("toycloud-1.2.0-")
    code = (
        "import sys; from crosscloud.plugins.simulated import describe; "
        "print(describe('toycloud:Network').token, 'pulumi' in sys.modules, 'toycloud' in sys.modules)"
    )
    environment = {"CROSSCLOUD_HOME": str(home), "PYTHONPATH": f"{paths.ROOT}:{Path(__file__).parent / 'toy'}"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "toycloud:index/network:Network False False\n"
    file.write_text("{")
    schema._describe.cache_clear()
    assert describe("toycloud:Network").token == "toycloud:index/network:Network", "a broken file is made anew"
