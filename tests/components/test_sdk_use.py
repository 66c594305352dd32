"""Nothing simulated is needed for the real thing: the stacks use the SDKs as they are documented, each only its own."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

import pytest

from crosscloud.plugins.simulated.schema import Description, describe
from crosscloud.plugins.simulated.shapes import failures

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
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_stack_imports_its_own_clouds_sdk_alone(cloud: str) -> None:
    assert program(cloud)["imported"] == CLOUDS[cloud]


@pytest.mark.parametrize("cloud", MAKES_RESOURCES)
def test_every_property_is_one_of_the_sdks_of_its_type_and_what_is_required_is_there(cloud: str) -> None:
    used = program(cloud)["used"]
    assert used
    for one in used:
        description = describe(one["class"])
        assert description.token == one["token"], "the SDK has the class by another token"
        wrong = [f"{each.property}: {each.reason}" for each in failures(description, one["inputs"])]
        assert wrong == [], f"{one['token']} {one['name']}"


@pytest.mark.parametrize("cloud", MAKES_RESOURCES)
def test_no_property_is_deprecated(cloud: str) -> None:
    assert program(cloud)["warnings"] == []
    found = [
        f"{one['token']} {one['name']}: {path}"
        for one in program(cloud)["used"]
        for path in _deprecated(describe(one["class"]), one["class"], one["inputs"])
    ]
    assert found == []


def test_a_deprecated_property_would_be_noticed() -> None:
    kind = "pulumi_aws.eks.cluster:Cluster"
    inputs = {"roleArn": "a", "defaultAddonsToRemoves": ["vpc-cni"]}
    assert list(_deprecated(describe(kind), kind, inputs)) == ["defaultAddonsToRemoves"]


def _deprecated(description: Description, kind: str, inputs: Mapping[str, Any]) -> Iterator[str]:
    """Yield the paths of those inputs whose getter the SDK marks as deprecated."""
    module, _, name = kind.partition(":")
    yield from _marked(description, getattr(import_module(module), f"{name}Args"), description.inputs, inputs)


def _marked(description: Description, args: type, shape: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[str]:
    deprecated = {
        getattr(member.fget, "_pulumi_name", None) or attribute
        for attribute, member in vars(args).items()
        if isinstance(member, property) and hasattr(member.fget, "_pulumi_deprecated_callable")
    }
    for key, value in values.items():
        if key in deprecated:
            yield key
        for inner_shape, inner in _objects(shape["properties"].get(key), value):
            module, _, name = inner_shape.rpartition(".")
            inner_args = getattr(import_module(module), name)
            for path in _marked(description, inner_args, description.objects[inner_shape], inner):
                yield f"{key}.{path}"


def _objects(shape: Any, value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the objects in a value with the names of their types."""
    if not isinstance(shape, list):
        return
    if shape[0] == "object" and isinstance(value, Mapping):
        yield shape[1], value
    elif shape[0] == "list" and isinstance(value, list):
        for one in value:
            yield from _objects(shape[1], one)
    elif shape[0] == "map" and isinstance(value, Mapping):
        for one in value.values():
            yield from _objects(shape[1], one)
    elif shape[0] == "union":
        for one in shape[1]:
            yield from _objects(one, value)
