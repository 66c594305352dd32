"""Nothing simulated is needed for the real thing: the stacks use the SDKs as they are documented, each only its own."""

import json
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from crosscloud import paths

CLOUDS = {
    "aws": ["pulumi_aws"],
    "azure": ["pulumi_azure_native"],
    "gce": ["pulumi_gcp"],
    "gke": ["pulumi_gcp"],
    "packet": ["pulumi_equinix_metal"],
    "local": [],
}
MAKES_RESOURCES = [cloud for cloud in CLOUDS if cloud != "local"]


@cache
def program(cloud: str) -> Any:
    """Return what the program of a cloud's stack used, from a process of its own."""
    command = [sys.executable, "-m", "tests.components.sdk_program", cloud]
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_stack_imports_its_own_clouds_sdk_alone(cloud: str) -> None:
    assert program(cloud)["imported"] == CLOUDS[cloud]


@pytest.mark.parametrize("cloud", MAKES_RESOURCES)
def test_every_property_is_one_of_the_sdks_of_its_type_and_what_is_required_is_there(cloud: str) -> None:
    assert program(cloud)["used"]
    assert program(cloud)["wrong"] == []


@pytest.mark.parametrize("cloud", MAKES_RESOURCES)
def test_no_property_is_deprecated(cloud: str) -> None:
    assert program(cloud)["warnings"] == []
    assert program(cloud)["deprecated"] == []


@pytest.mark.parametrize(
    ("asked", "inputs", "noticed"),
    [
        ("deprecated", {"roleArn": "a", "defaultAddonsToRemoves": ["vpc-cni"]}, ["defaultAddonsToRemoves"]),
        ("wrong", {"roleArn": "a", "vpcConfig": {"subnetIds": ["a"]}}, []),
        ("wrong", {"vpcConfig": {"subnetIds": "a"}, "roleARN": "a"}, ["roleARN", "vpcConfig.subnetIds", "roleArn"]),
    ],
)
def test_what_should_be_noticed_is(asked: str, inputs: dict[str, Any], noticed: list[str]) -> None:
    kind, token = "pulumi_aws.eks.cluster:Cluster", "aws:eks/cluster:Cluster"
    arguments = (kind, token, inputs) if asked == "wrong" else (kind, inputs)
    script = (
        f"import json; from tests.components.sdk_inputs import {asked}; print(json.dumps(list({asked}(*{arguments}))))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=paths.ROOT, capture_output=True, text=True, check=True)
    found = [line.partition(":")[0] for line in json.loads(done.stdout.splitlines()[-1])]
    assert sorted(found) == sorted(noticed)
