"""The cluster that the end-to-end tests share."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crosscloud import paths
from crosscloud.machines import store
from crosscloud.stacks.pulumi import changing_stacks
from tests import provenance
from tests.cluster.project import TestStack


def records(cluster: str) -> list[str]:
    """Return what this host has for the stack of this name: machines, networks, load balancers."""
    everything: list[Any] = [record for kind in store.FOLDERS for record in store.everything(kind)]
    return [record.id for record in everything if f":{cluster}::" in record.urn]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestStack]:
    """A stack of one control plane and one worker that `crosscloud up` has brought up; it is gone afterwards."""
    made = TestStack(tmp_path_factory.mktemp("a project"), "shared")
    if not (paths.home() / "release.env").exists():
        made.configure()
        made.run(sys.executable, "-m", "crosscloud.cli", "artifacts", "build")
    made.configure(releaseFile=str(with_provenance(made.folder)))
    try:
        output = made.crosscloud("up")
        (made.folder / "up.log").write_text(output)
        yield made
    finally:
        made.crosscloud("down")
        assert records("shared") == []


def with_provenance(folder: Path) -> Path:
    """Copy the release that was built here, as if its CoreDNS had been collected from a branch."""
    for name in ("release.env", "support.env"):
        shutil.copyfile(paths.home() / name, folder / name)
    file = folder / "release.env"
    provenance.collected(file)
    return file


@pytest.fixture(scope="session")
def up_log(stack: TestStack) -> str:
    """What the first `crosscloud up` printed."""
    return (stack.folder / "up.log").read_text()


@pytest.fixture
def own_stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestStack]:
    """A stack that is not yet up, for a test that breaks things; it is gone afterwards.

    Its name is its file's, since files run beside each other: ``own-faults``.
    """
    made = TestStack(tmp_path / "a project", f"own-{request.path.stem.rpartition('_')[2]}")
    made.configure()
    with changing_stacks():
        made.pulumi("stack", "init", "--no-select")
    made.run(sys.executable, "-m", "crosscloud.cli", "artifacts", "build")  # and the registry runs
    try:
        yield made
    finally:
        made.crosscloud("down")
        assert records(made.name) == []
