"""What the tests of the plugin share: one control plane, and the engine with the plugin installed."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crosscloud.engine.environment import pulumi_environment
from crosscloud.plugins.kubernetes import install
from crosscloud.plugins.kubernetes.api import Api
from crosscloud.plugins.kubernetes.connection import resolve

from .control_plane import ControlPlane, running
from .engine import Stack

NewStack = Callable[..., Stack]


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    with running(tmp_path_factory.mktemp("control plane")) as made:
        yield made


@pytest.fixture(scope="session")
def api(plane: ControlPlane) -> Api:
    return Api(resolve(plane.kubeconfig))


@pytest.fixture(scope="session")
def pulumi_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("pulumi", path=pulumi_environment()["PATH"]) is None:
        from crosscloud.engine import install as engine

        engine.prepare()
    folder = tmp_path_factory.mktemp("pulumi home")
    assert install(folder) is not None
    return folder


@pytest.fixture
def new_stack(plane: ControlPlane, pulumi_home: Path, tmp_path: Path) -> Iterator[NewStack]:
    """Makes stacks; what they made in the cluster is destroyed at the end of the test."""
    made: list[Stack] = []

    def create(program: str, **variables: str) -> Stack:
        environment = {"PULUMI_HOME": str(pulumi_home), "CLUSTER": plane.kubeconfig, **variables}
        made.append(Stack(tmp_path / f"stack {len(made)}", program, environment))
        return made[-1]

    yield create
    for stack in made:
        if stack.locked():
            stack.run("cancel", "--yes", "--stack", "test")
        if stack.holds_anything():
            stack.destroy()
