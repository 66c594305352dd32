"""A home of its own for each test: unit tests write records there, machine tests boot machines from it."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from crosscloud import paths
from crosscloud.machines import cleanup, image, store
from crosscloud.machines.store import Machine


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, in a path that is as awkward as a checkout's may be."""
    place = tmp_path / "my check: out, d'être"
    place.mkdir()
    monkeypatch.setenv("CROSSCLOUD_HOME", str(place))
    return place


@pytest.fixture(scope="session")
def images() -> Path:
    """The folder of the checkout's own images, made if they are missing."""
    if os.geteuid() != 0:
        pytest.fail("tests of machines need root; leave them out with -m 'not machines'")
    image.ensure()
    return paths.home() / "machines" / "images"


@pytest.fixture
def host(images: Path, home: Path) -> Iterator[Path]:
    """A home that machines can be booted from; what a test leaves is removed, and is a failure if it can't be."""
    (home / "machines/images").mkdir(parents=True)
    base = images / image.packages_key()
    (home / "machines/images" / base.name).symlink_to(base)
    yield home
    cleanup.purge()
    assert cleanup.leftovers() == []
    assert [entry.name for entry in store.machines_home().iterdir()] == ["images"]


def inside(machine: Machine, command: str, timeout: float = 30) -> tuple[int, str]:
    """Run a shell command in the machine; return its exit status and all that it wrote."""
    done = subprocess.run(
        ["nsenter", "--target", str(machine.leader[0]), "--all", "--", "sh", "-c", command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
    return done.returncode, done.stdout
