"""The boot log of a cloud's machine is with the cloud, and on this host only in a rehearsal."""

from pathlib import Path

import pytest

from crosscloud.machines import instances, store
from crosscloud.machines.store import Machine
from crosscloud.plugins.base import Call, PluginError, Values
from crosscloud.plugins.crosscloud import access, boot_log, discovery
from crosscloud.plugins.crosscloud.access import ClusterAccess

FAILED = "crosscloud[4s] BOOTSTRAP FAILED while: pulling (exit status 1)\n"
LOGS = {"demo-control-plane-0": "10.0.0.10"}
CONSOLES = {"demo-control-plane-0": "aws ec2 get-console-output --instance-id i-1"}


@pytest.fixture
def rehearsal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have machines of two rehearsals with the same address; the other one's bootstrap failed, ours goes on."""
    monkeypatch.setenv("CROSSCLOUD_HOME", str(tmp_path))
    monkeypatch.setenv(boot_log.REHEARSAL, str(tmp_path / "rehearsals/aws"))
    for name, said in (("azure", FAILED), ("aws", "crosscloud[2s] pulling\n")):
        machine = Machine(f"{name}-machine", f"rehearsal:{name}:cp-0", {}, network="n", address="10.0.0.10")
        store.save(machine)
        log = instances.boot_log(machine)
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(said)


def fail() -> None:
    log = instances.boot_log(store.everything(Machine)[0])
    assert "aws-machine" in str(log)
    log.write_text(FAILED)


@pytest.mark.usefixtures("rehearsal")
def test_a_rehearsal_reads_the_log_of_its_own_machine_at_that_address() -> None:
    assert boot_log.progress("10.0.0.10") == "pulling"
    assert boot_log.failures(LOGS) == []
    fail()
    assert boot_log.failures(LOGS) == ["demo-control-plane-0"]
    assert "BOOTSTRAP FAILED" in boot_log.excerpt(LOGS)


@pytest.mark.usefixtures("rehearsal")
def test_a_rehearsal_finds_failed_machines_that_never_became_nodes() -> None:
    assert boot_log.failed_elsewhere(set()) == {}
    fail()
    assert boot_log.failed_elsewhere(set()) == {"10.0.0.10": "10.0.0.10"}
    assert boot_log.failed_elsewhere({"10.0.0.10"}) == {}


@pytest.mark.usefixtures("rehearsal")
def test_a_cloud_s_machine_has_no_log_here_whatever_machines_this_host_has(monkeypatch: pytest.MonkeyPatch) -> None:
    fail()
    monkeypatch.delenv(boot_log.REHEARSAL)
    assert boot_log.failures(LOGS) == []
    assert boot_log.failed_elsewhere(set()) == {}
    said = boot_log.excerpt(LOGS, consoles=CONSOLES)
    assert said == f"the boot log of demo-control-plane-0 says why: {CONSOLES['demo-control-plane-0']}"


def test_a_cluster_that_never_answers_names_the_command_that_shows_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(endpoint: str, _token: str) -> str:
        raise discovery.DiscoveryError(f"{endpoint} does not answer")

    monkeypatch.delenv(boot_log.REHEARSAL, raising=False)
    monkeypatch.setattr(discovery, "certificate_authority", nobody)
    monkeypatch.setattr(access, "_PAUSE", 0.01)
    inputs = Values(
        {"clusterName": "demo", "endpoint": "a:6443", "bootstrapToken": "t", "bootLogs": LOGS, "consoles": CONSOLES}
    )
    with pytest.raises(PluginError, match="get-console-output --instance-id i-1"):
        ClusterAccess().create(Call("urn", timeout=0.05), inputs)


def test_other_consoles_change_nothing_of_the_access() -> None:
    old = Values({"clusterName": "demo", "endpoint": "a:6443", "bootLogs": LOGS})
    found = ClusterAccess().diff(Call("urn"), "demo", old, old, Values({**old, "consoles": CONSOLES, "bootLogs": {}}))
    assert not found.any
