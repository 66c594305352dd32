"""Who reaches what of a cluster on AWS, what is secret, and what its machines may do."""

import json
from typing import Any

import pytest
from pulumi.runtime import rpc

from components.aws_access import FLOWS
from tests.components.aws_engine import Engine, make, start
from tests.components.double import KEY, USERS


@pytest.fixture
def engine() -> Engine:
    return start()


def rules(engine: Engine, direction: str) -> list[dict[str, Any]]:
    return list(engine.of(f"SecurityGroup{direction}Rule").values())


def test_only_the_configured_networks_come_in_from_outside_and_only_to_the_api(engine: Engine) -> None:
    make(apiAccessCidrs=["203.0.113.0/24", "198.51.100.7/32"])
    outside = [one for one in rules(engine, "Ingress") if "cidrIpv4" in one]
    assert {one["cidrIpv4"] for one in outside} == {"203.0.113.0/24", "198.51.100.7/32"}
    assert {(one["securityGroupId"], one["fromPort"], one["toPort"]) for one in outside} == {
        ("SecurityGroup/demo-public", 6443, 6443)
    }


def test_ssh_is_open_only_where_it_was_asked_for(engine: Engine) -> None:
    make(adminSshKey=KEY, sshAccessCidrs=["192.0.2.0/24"])
    ssh = [one for one in rules(engine, "Ingress") if one["fromPort"] == 22]
    assert {one["cidrIpv4"] for one in ssh} == {"192.0.2.0/24"}
    assert {one["securityGroupId"] for one in ssh} == {"SecurityGroup/demo-control-plane", "SecurityGroup/demo-worker"}


def test_what_one_group_lets_out_to_another_that_one_lets_in(engine: Engine) -> None:
    make()

    def sides(direction: str, own: str, other: str) -> set[tuple[Any, ...]]:
        found = [one for one in rules(engine, direction) if "referencedSecurityGroupId" in one]
        return {(one[own], one[other], one["ipProtocol"], one["fromPort"], one["toPort"]) for one in found}

    group, other = "securityGroupId", "referencedSecurityGroupId"
    assert sides("Egress", group, other) == sides("Ingress", other, group)
    assert len(sides("Egress", group, other)) == len(FLOWS)


def test_etcd_is_reached_by_control_planes_alone() -> None:
    assert {(flow.source, flow.target) for flow in FLOWS if flow.first <= 2379 <= flow.last} == {
        ("control-plane", "control-plane")
    }


def test_no_rule_opens_every_port_or_protocol(engine: Engine) -> None:
    make(adminSshKey=KEY, sshAccessCidrs=["192.0.2.0/24"])
    for one in rules(engine, "Ingress") + rules(engine, "Egress"):
        assert one["ipProtocol"] in ("tcp", "udp", "icmp")
        assert one["toPort"] - one["fromPort"] <= 1


def test_machines_have_an_identity_without_any_right(engine: Engine) -> None:
    make()
    assert {one["iamInstanceProfile"] for one in engine.of("Instance").values()} == {"demo-control-plane"}
    assert not [one.typ for one in engine.made if "olicy" in one.typ]
    for role in engine.of("Role").values():
        trusted = json.loads(role["assumeRolePolicy"])["Statement"]
        assert [one["Principal"] for one in trusted] == [{"Service": "ec2.amazonaws.com"}]
        assert not {"inlinePolicies", "managedPolicyArns"} & set(role)


def test_disks_are_encrypted_and_the_metadata_service_answers_no_pod(engine: Engine) -> None:
    make()
    instance, template = engine.of("Instance")["demo-control-plane-0"], engine.of("LaunchTemplate")["demo-worker"]
    for one in (instance, template):
        assert one["metadataOptions"]["httpTokens"] == "required"
        assert one["metadataOptions"]["httpPutResponseHopLimit"] == 1
    assert instance["rootBlockDevice"]["encrypted"] is True
    assert [one["ebs"]["encrypted"] for one in template["blockDeviceMappings"]] == ["true"]


def test_user_data_is_secret(engine: Engine) -> None:
    make()
    assert rpc.is_rpc_secret(engine.of("Instance")["demo-control-plane-0"]["userDataBase64"])
    assert rpc.is_rpc_secret(engine.of("LaunchTemplate")["demo-worker"]["userData"])


def test_nobody_has_a_key_unless_one_was_given(engine: Engine) -> None:
    make()
    assert engine.of("KeyPair") == {}
    assert engine.of("Instance")["demo-control-plane-0"].get("keyName") is None
    with_key = start()
    make(adminSshKey=KEY)
    assert [one["publicKey"] for one in with_key.of("KeyPair").values()] == [KEY]
    assert USERS not in {one.get("cidrIpv4") for one in rules(with_key, "Ingress") if one["fromPort"] == 22}
