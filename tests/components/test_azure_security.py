"""Who reaches what of a cluster on Azure, what is secret, and what its machines may do."""

import base64

import pytest
from pulumi.runtime import rpc

from tests.components.azure_engine import LOCKED, Engine, make, profiles, rules, start
from tests.components.double import KEY, USERS


@pytest.fixture
def engine() -> Engine:
    return start()


def test_nobody_logs_in_by_password_and_without_a_key_nobody_at_all(engine: Engine) -> None:
    make()
    for name, profile in profiles(engine).items():
        linux = profile["osProfile"]["linuxConfiguration"]
        assert linux["disablePasswordAuthentication"] is True, name
        assert [key["keyData"] for key in linux["ssh"]["publicKeys"]] == [LOCKED], name
        assert "adminPassword" not in profile["osProfile"], name
    assert "ssh" not in rules(engine, "demo-control-planes")
    assert "ssh" not in rules(engine, "demo-workers")


def test_a_key_of_ones_own_is_used_and_no_other_is_made(engine: Engine) -> None:
    make(adminSshKey=KEY, sshAccessCidrs=["10.200.0.0/16"])
    assert engine.of("LockedSshKey") == {}
    for profile in profiles(engine).values():
        assert profile["osProfile"]["linuxConfiguration"]["ssh"]["publicKeys"][0]["keyData"] == KEY
    for group in ("demo-control-planes", "demo-workers"):
        assert rules(engine, group)["ssh"]["sourceAddressPrefixes"] == ["10.200.0.0/16"]


def test_the_api_is_open_to_the_configured_networks_and_the_way_out_alone(engine: Engine) -> None:
    make(apiAccessCidrs=[USERS, "198.51.100.128/25"])
    users = rules(engine, "demo-control-planes")["api-users"]
    assert users["sourceAddressPrefixes"] == [USERS, "198.51.100.128/25", "198.51.100.8/32"]
    assert users["destinationPortRange"] == "6443"
    assert not any(rule.startswith("api") for rule in rules(engine, "demo-workers"))


@pytest.mark.parametrize("group", ["demo-control-planes", "demo-workers"])
def test_what_no_rule_allows_is_denied_before_azures_own_rules_are_asked(engine: Engine, group: str) -> None:
    make()
    last = max(rules(engine, group).values(), key=lambda rule: rule["priority"])
    assert (last["access"], last["protocol"], last["sourceAddressPrefix"]) == ("Deny", "*", "*")
    assert last["priority"] < 65000
    allowed = [rule for rule in rules(engine, group).values() if rule["access"] == "Allow"]
    assert all(rule.get("sourceAddressPrefix") != "*" for rule in allowed)
    assert all(rule["destinationPortRange"] != "*" for rule in allowed if rule["protocol"] != "Icmp")


def test_every_subnet_has_a_security_group_and_the_nat_gateway(engine: Engine) -> None:
    make()
    for name, subnet in engine.of("Subnet").items():
        assert subnet["networkSecurityGroup"]["id"].endswith(name)
        assert subnet["natGateway"]["id"].endswith("demo-nat")
        assert subnet["defaultOutboundAccess"] is False


def test_user_data_is_secret_and_the_clusters_own(engine: Engine) -> None:
    make()
    (machine,), (group,) = engine.of("VirtualMachine").values(), engine.of("VirtualMachineScaleSet").values()
    for secret in (machine["osProfile"], group["virtualMachineProfile"]):
        assert rpc.is_rpc_secret(secret)
        found = rpc.unwrap_rpc_secret(secret)
        text = base64.b64decode(found.get("osProfile", found)["customData"]).decode()
        assert text.startswith("#cloud-config")
        assert "198.51.100.7:6443" in text


def test_a_machine_has_an_identity_of_its_role_and_nobody_gave_it_rights(engine: Engine) -> None:
    make()
    assert set(engine.of("UserAssignedIdentity")) == {"demo-control-planes", "demo-workers"}
    (machine,) = engine.of("VirtualMachine").values()
    (group,) = engine.of("VirtualMachineScaleSet").values()
    for made, role in ((machine, "demo-control-planes"), (group, "demo-workers")):
        (identity,) = made["identity"]["userAssignedIdentities"]
        assert identity.endswith(f"/{role}")
    assert engine.of("RoleAssignment") == {}
