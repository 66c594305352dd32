"""Who reaches what of a cluster on Google Compute Engine, and what is secret."""

from typing import Any

import pulumi
import pytest

from components import gce_network
from tests.components.double import KEY, USERS
from tests.components.gce_engine import Engine, machines, make, metadata, start


@pytest.fixture
def engine() -> Engine:
    return start()


def test_the_api_is_open_to_the_configured_networks_and_to_what_google_probes_from(engine: Engine) -> None:
    make()
    reached = {
        source
        for rule in engine.of("Firewall").values()
        if "6443" in rule["allows"][0].get("ports", [])
        for source in rule.get("sourceRanges", [])
    }
    assert reached == {USERS, "10.0.254.0/23", *gce_network.PROBES}


def test_no_rule_is_open_to_everyone_and_each_names_its_machines(engine: Engine) -> None:
    make(sshAccessCidrs=["198.51.100.0/24"], adminSshKey=KEY)
    for name, rule in engine.of("Firewall").items():
        assert "0.0.0.0/0" not in rule.get("sourceRanges", []), name
        assert rule.get("sourceRanges") or rule.get("sourceTags"), name
        assert set(rule["targetTags"]) <= {"demo-control-plane", "demo-worker"}, name


def test_port_22_is_closed_unless_networks_are_named(engine: Engine) -> None:
    make()
    assert not [name for name, rule in engine.of("Firewall").items() if "22" in rule["allows"][0].get("ports", [])]


def test_nobody_logs_in_unless_a_key_is_configured(engine: Engine) -> None:
    make()
    for name, entries in metadata(engine):
        assert entries["enable-oslogin"] == "true", name
        assert entries["block-project-ssh-keys"] == "true", name
        assert entries["serial-port-enable"] == "false", name
        assert "ssh-keys" not in entries, name


def test_the_configured_key_is_the_configured_users(engine: Engine) -> None:
    make(adminSshKey=KEY, adminUsername="ops")
    for name, entries in metadata(engine):
        assert entries["ssh-keys"] == f"ops:{KEY}", name
        assert entries["enable-oslogin"] == "false", name  # with OS Login on, keys in metadata count nothing


def test_user_data_and_kubeconfig_are_secret(engine: Engine) -> None:
    made = make()
    assert [name for name, entries in metadata(engine) if entries["user-data"].startswith("#cloud-config")] == [
        "demo-control-plane-0",
        "demo-worker",
    ]

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> Any:
        return made.kubeconfig.is_secret()

    program()


def test_no_machine_has_a_public_address_and_every_one_is_shielded(engine: Engine) -> None:
    make()
    for name, machine in machines(engine):
        assert all("accessConfigs" not in interface for interface in machine["networkInterfaces"]), name
        assert set(machine["shieldedInstanceConfig"].values()) == {True}, name
        assert len(machine["shieldedInstanceConfig"]) == 3, name


def test_accounts_are_the_clusters_own_and_may_at_most_write_logs_and_metrics(engine: Engine) -> None:
    make()
    assert {account["accountId"] for account in engine.of("Account").values()} == {"demo-ctrl", "demo-work"}
    for name, machine in machines(engine):
        assert machine["serviceAccount"]["email"].endswith("@p.iam.gserviceaccount.com"), name
        assert {scope.rpartition("/")[2] for scope in machine["serviceAccount"]["scopes"]} == {
            "logging.write",
            "monitoring.write",
        }, name
    assert not [one.typ for one in engine.made if "Iam" in one.typ or one.typ.startswith("gcp:projects")]


def test_machines_use_the_inner_door_and_users_the_outer_one(engine: Engine) -> None:
    made = make()

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> Any:
        return made.endpoint.apply(endpoints.append)

    endpoints: list[str] = []
    program()
    assert endpoints == ["https://198.51.100.7:6443"]
    user_data = dict(metadata(engine))["demo-worker"]["user-data"]
    assert "ENDPOINT=10.0.0.2:6443" in user_data
