"""The registry of clouds."""

from importlib import import_module

import pytest

from components import CLOUDS, UnknownCloudError, create_cluster
from components.cluster import Cluster
from crosscloud import config
from crosscloud.release import Image, Release

IMAGES = Release(**{name: Image(f"registry.cncf.ci/{name}", "v1.2.3") for name in Release.__slots__})


@pytest.mark.parametrize("cloud", CLOUDS)
def test_each_line_names_a_cluster(cloud: str) -> None:
    module, _, name = CLOUDS[cloud].partition(":")
    assert issubclass(getattr(import_module(module), name), Cluster)


def test_a_cloud_without_a_component_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(CLOUDS, "aws")
    stack = config.load({"cloud": "aws", "apiAccessCidrs": ["203.0.113.7/32"]}, stack="test", files=False)
    with pytest.raises(UnknownCloudError, match="no component makes a cluster there yet; clusters are made on"):
        create_cluster(stack, IMAGES)
