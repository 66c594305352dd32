"""A rehearsal without machines for each test."""

from pathlib import Path

import pytest

from tests.crosscloud.plugins.simulated_gcp.google import OPERATOR, Google


@pytest.fixture
def google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Google:
    folder = tmp_path / "rehearsal"
    folder.mkdir()
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL", str(folder))
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_MACHINES", "no")
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_OPERATOR", OPERATOR)
    monkeypatch.delenv("CROSSCLOUD_REHEARSAL_FAULT", raising=False)
    return Google()
