"""What holds for all tests of the checks."""

import pytest

from crosscloud.e2e import wait


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often: a dictionary answers faster than a cluster."""
    monkeypatch.setattr(wait, "INTERVAL", 0.01)
