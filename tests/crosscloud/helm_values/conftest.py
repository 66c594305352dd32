"""The genuine helm, and a way to configure a stack."""

import shutil
from collections.abc import Callable
from typing import Any

import pytest

from crosscloud import config, paths

#: ``configure("local", workers={"count": 3})`` is that stack's configuration.
Configure = Callable[..., config.StackConfig]


@pytest.fixture(scope="session")
def helm() -> str:
    """The helm that crosscloud made, or the one on PATH; no chart can be judged without one."""
    own = paths.home() / "bin" / "helm"
    found = str(own) if own.is_file() else shutil.which("helm")
    if not found:
        pytest.fail(f"there is neither {own} nor a helm on PATH")
    return found


@pytest.fixture
def configure() -> Configure:
    def made(cloud: str, **values: Any) -> config.StackConfig:
        clouds: dict[str, dict[str, Any]] = {
            "aws": {"apiAccessCidrs": ["203.0.113.7/32"]},
            "gke": {"apiAccessCidrs": ["203.0.113.7/32"], "gke": {"project": "a-project"}},
            "existing": {"existing": {"kubeconfig": "kubeconfig"}},
        }
        return config.load({"cloud": cloud, **clouds.get(cloud, {}), **values}, stack="test", files=False)

    return made
