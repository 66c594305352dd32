"""A cloud is added through the public seams alone: a block, a stack, a component, and a line in each registry."""

import json

import pulumi
import pytest

from components import CLOUDS
from crosscloud import config
from crosscloud.config.documentation import tables
from crosscloud.config.schema import json_schema
from crosscloud.errors import CrosscloudError
from tests.components.toy.double import Engine, make

ACCESS = {"cloud": "toy", "apiAccessCidrs": ["203.0.113.0/24"]}


def refused(**values: object) -> list[str]:
    with pytest.raises(config.ConfigErrors) as caught:
        config.load({**ACCESS, **values}, stack="demo", files=False)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.usefixtures("toy")
def test_its_stack_is_loaded_with_the_defaults_of_its_block() -> None:
    stack = config.load({**ACCESS, "arch": "arm64"}, stack="demo", files=False)
    assert isinstance(stack, config.CloudStack)
    assert (stack.control_planes.size, stack.workers.size) == ("small-arm", "large-arm")


@pytest.mark.usefixtures("toy")
def test_its_mistakes_are_found_as_on_every_cloud() -> None:
    found = refused(toy={"region": "mars", "regionn": "x", "networkCidr": "10.244.0.0/16", "zones": ["moon-a"]})
    assert any("toy.regionn: is not a known key (did you mean crosscloud:toy.region?)" in one for one in found)
    assert any("moon-a is not in the region mars (such as mars-a)" in one for one in found)
    assert any("10.244.0.0/16 overlaps with crosscloud:podCidr" in one for one in found)


@pytest.mark.usefixtures("toy")
def test_editors_and_the_documentation_know_it() -> None:
    assert "toy" in json_schema()["properties"]["config"]["properties"]["crosscloud:cloud"]["enum"]
    assert "crosscloud:toy.region" in tables()["keys-of-toy"]
    assert "`small-arm`" in tables()["sizes"]


def test_its_cluster_is_made_like_every_other(toy: Engine) -> None:
    make(controlPlanes={"count": 1}, workers={"count": 2})
    assert {"Balancer demo-api", "Machine demo-control-plane-0", "Group demo-workers"} < set(toy.order)
    assert {"ClusterAccess demo", "Node demo-control-plane-0", "NodeGroup demo-workers"} < set(toy.order)


@pytest.mark.timeout(20)
@pytest.mark.usefixtures("toy")
def test_a_constructor_that_refuses_ends_the_program_with_its_words() -> None:
    with pytest.raises((CrosscloudError, pulumi.RunError), match="nothing lives on the sun; moon"):
        make(toy={"region": "sun", "zones": ["sun-a"]})


def test_without_its_lines_there_is_no_such_cloud() -> None:
    assert "toy" not in CLOUDS
    assert any("'toy' is not a cloud" in one for one in refused())
    assert "toy" not in json.dumps(json_schema())
