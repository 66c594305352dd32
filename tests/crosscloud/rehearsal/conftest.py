"""A home of its own, and a project with a stack file, for each test."""

from pathlib import Path

import pytest

from crosscloud.stacks.pulumi import Stack

FILE = """\
config:
  crosscloud:cloud: aws
  crosscloud:apiAccessCidrs: [203.0.113.7/32]
  crosscloud:workers: {count: 4, min: 2, max: 9, size: m7i.large}
  crosscloud:aws: {region: eu-central-1, networkCidr: 10.7.0.0/16}
  aws:region: eu-central-1
  aws:profile: production
  aws:secretKey: {secure: AAABBB}
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """The user's stack ``aws``, in a project of its own."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: crosscloud\nruntime: python\n")
    (project / "Pulumi.aws.yaml").write_text(FILE)
    (project / "release.env").write_text("")
    monkeypatch.setenv("CROSSCLOUD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CROSSCLOUD_PROJECT", str(project))
    monkeypatch.setattr("crosscloud.rehearsal.simulations.Simulation.folder", tmp_path)
    monkeypatch.setattr("crosscloud.machines.addresses.occupied", list)
    return Stack("aws")
