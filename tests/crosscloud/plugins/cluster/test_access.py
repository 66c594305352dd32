"""When access to a cluster changes, and when it stays as it is."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crosscloud.plugins.base import Call, PluginError, Values
from crosscloud.plugins.crosscloud import access, discovery
from crosscloud.plugins.crosscloud.access import ClusterAccess

INPUTS = Values(
    {
        "clusterName": "demo",
        "endpoint": "10.0.0.1:6443",
        "bootstrapToken": "abcdef.0123456789abcdef",
        "administratorKey": "a key",
        "bootLogs": {"demo-control-plane-0": ""},
        "clusterId": "one",
    }
)


def outputs(days: int) -> Values:
    expires = datetime.now(UTC) + timedelta(days=days)
    return Values({**INPUTS, "kubeconfig": "x", "certificateExpires": expires.isoformat()})


def diff(new: Values, *, days: int = 300) -> Any:
    return ClusterAccess().diff(Call("urn"), "demo", INPUTS, outputs(days), new)


def test_nothing_changes_by_itself() -> None:
    assert not diff(INPUTS).any


def test_boot_logs_at_another_place_change_nothing() -> None:
    assert not diff(Values({**INPUTS, "bootLogs": {"demo-control-plane-0": "elsewhere"}})).any


def test_another_cluster_is_another_access() -> None:
    found = diff(Values({**INPUTS, "clusterId": "two"}))
    assert list(found.replaces) == ["clusterId"]
    assert found.delete_before_replace


def test_a_certificate_about_to_end_is_renewed_in_place() -> None:
    found = diff(INPUTS, days=10)
    assert dict(found.detailed) == {"certificateExpires": "update"}
    assert not list(found.replaces)


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(endpoint: str, _token: str) -> str:
        raise discovery.DiscoveryError(f"{endpoint} does not answer: nobody is there")

    monkeypatch.setattr(discovery, "certificate_authority", nobody)
    monkeypatch.setattr(access, "_PAUSE", 0.01)


@pytest.mark.usefixtures("silent")
def test_a_failed_bootstrap_ends_the_wait_with_the_boot_log(tmp_path: Path) -> None:
    log = tmp_path / "console.log"
    log.write_text("crosscloud[3s] pulling\ncrosscloud[4s] BOOTSTRAP FAILED while: pulling (exit status 1)\n")
    inputs = Values({**INPUTS, "bootLogs": {"demo-control-plane-0": str(log)}})
    with pytest.raises(PluginError, match=r"the bootstrap of demo-control-plane-0 failed(.|\n)*FAILED while: pulling"):
        ClusterAccess().create(Call("urn", timeout=60), inputs)


@pytest.mark.usefixtures("silent")
def test_a_cluster_that_never_answers_ends_the_wait_with_the_last_reason() -> None:
    with pytest.raises(PluginError, match=r"did not answer within 0 s \(.*nobody is there\)"):
        ClusterAccess().create(Call("urn", timeout=0.05), INPUTS)


@pytest.mark.usefixtures("silent")
def test_a_cancelled_wait_ends_at_once() -> None:
    call = Call("urn", timeout=60)
    call.cancelled.set()
    with pytest.raises(PluginError, match="cancelled while waiting for the cluster demo"):
        ClusterAccess().create(call, INPUTS)
