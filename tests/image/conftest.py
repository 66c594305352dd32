"""The image that the tests share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crosscloud.plugins.kubernetes.control_plane import ControlPlane, running
from tests.image import buildah
from tests.image.pretended_node import pretended_node

#: The user of the image, and so of the folders that are mounted.
USER = 1000


@pytest.fixture(scope="session")
def image() -> None:
    """The image, built by buildah of this checkout's Dockerfile; layers that are there already are used again."""
    buildah.ensure_base()
    buildah.build()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane that is real, on loopback, with a node that is not."""
    with running(tmp_path_factory.mktemp("plane")) as plane, pretended_node(plane.kubeconfig, "v1.37.2"):
        yield plane


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that the container's user can reach and that has the three folders to mount, all of that user."""
    for name in ("out", "state", "config"):
        (tmp_path / name).mkdir()
        os.chown(tmp_path / name, USER, USER)
    return tmp_path
