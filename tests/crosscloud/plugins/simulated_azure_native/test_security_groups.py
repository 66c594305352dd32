"""Security groups: what their rules have to be, and what they let through."""

from ipaddress import IPv4Network
from typing import Any

import pytest

from crosscloud.plugins.simulated_azure_native.rules import Filter, pieces

from .conftest import Azure, named, rule

NET = IPv4Network("10.0.0.0/16")
A, B = IPv4Network("10.0.1.0/24"), IPv4Network("10.0.2.0/24")


def wrong(azure: Azure, *rules: Any) -> list[str]:
    return azure.wrong("NetworkSecurityGroup", **named("networkSecurityGroupName", "guard"), securityRules=list(rules))


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"priority": 99}, "priority"),
        ({"priority": 4097}, "priority"),
        ({"destinationPortRange": "70000"}, "destinationPortRange"),
        ({"destinationPortRange": "20-10"}, "destinationPortRange"),
        ({"sourceAddressPrefix": "10.0.0.1/8"}, "sourceAddressPrefix"),
        ({"sourceAddressPrefix": "Storage"}, "sourceAddressPrefix"),
        ({"sourceAddressPrefixes": ["10.0.0.0/8"]}, "sourceAddressPrefix"),
        ({"sourceAddressPrefix": None}, "sourceAddressPrefix"),
        ({"protocol": "Esp"}, "protocol"),
        ({"name": "a rule"}, "name"),
    ],
)
def test_a_rule_that_azure_refuses_is_refused_by_its_place(azure: Azure, changes: dict[str, Any], path: str) -> None:
    given = {key: value for key, value in {**rule("ssh", 100, "*", "22"), **changes}.items() if value is not None}
    assert any(found.startswith(f"securityRules[0].{path}: ") for found in wrong(azure, given))


def test_two_rules_of_a_direction_have_different_priorities_and_names(azure: Azure) -> None:
    found = wrong(azure, rule("ssh", 100, "*", "22"), rule("SSH", 100, "*", "23"))
    assert [one.partition(":")[0] for one in found] == ["securityRules[1].name", "securityRules[1].priority"]
    outbound = rule("out", 100, "*", "22", direction="Outbound")
    assert wrong(azure, rule("ssh", 100, "*", "22"), outbound) == []


def test_without_rules_the_network_passes_and_the_outside_does_not() -> None:
    guard = Filter([], NET)
    assert guard.passing("Inbound", "tcp", A, B) == [(0, 65535)]
    assert guard.allows("Inbound", "tcp", "AzureLoadBalancer", A, 6443)
    assert not guard.allows("Inbound", "tcp", IPv4Network("203.0.113.7/32"), A, 6443)
    assert guard.allows("Outbound", "tcp", A, None, 443)


def test_the_rule_with_the_lowest_priority_decides() -> None:
    deny = rule("deny", 200, "*", "*", access="Deny", protocol="*")
    assert not Filter([deny], NET).passing("Inbound", "tcp", A, B)
    allow = rule("allow", 100, "10.0.1.0/24", "2379-2380")
    assert Filter([deny, allow], NET).passing("Inbound", "tcp", A, B) == [(2379, 2380)]
    late = rule("late", 300, "10.0.1.0/24", "2379-2380")
    assert not Filter([deny, late], NET).passing("Inbound", "tcp", A, B)


def test_a_denial_in_between_cuts_a_hole() -> None:
    hole = rule("hole", 100, "*", "22", access="Deny")
    assert Filter([hole], NET).passing("Inbound", "tcp", A, B) == [(0, 21), (23, 65535)]


def test_a_protocol_has_rules_of_its_own() -> None:
    deny = rule("deny", 200, "*", "*", access="Deny", protocol="*")
    vxlan = rule("pods", 100, "10.0.1.0/24", "8472", protocol="Udp")
    guard = Filter([deny, vxlan], NET)
    assert guard.passing("Inbound", "udp", A, B) == [(8472, 8472)]
    assert not guard.passing("Inbound", "tcp", A, B)


def test_a_range_is_cut_where_rules_tell_its_addresses_apart() -> None:
    found = pieces(IPv4Network("10.0.0.0/30"), [IPv4Network("10.0.0.2/32"), NET])
    assert sum(one.num_addresses for one in found) == 4
    assert IPv4Network("10.0.0.2/32") in found


def test_what_passes_between_subnets_is_what_both_groups_let_through(azure: Azure) -> None:
    azure.network()
    deny = rule("deny", 4096, "*", "*", access="Deny", protocol="*")
    azure.subnet("a", "10.0.1.0/24", [deny])
    azure.subnet("b", "10.0.2.0/24", [rule("etcd", 100, "10.0.1.0/24", "2379-2380"), deny])
    assert azure.passing() == {("10.0.1.0/24", "10.0.2.0/24", "tcp", (2379, 2380))}
    out = rule("keep", 100, "*", "2380", direction="Outbound", access="Deny")
    azure.change(
        "NetworkSecurityGroup",
        next(one.id for one in azure.cloud.records("NetworkSecurityGroup") if one.id.endswith("/a")),
        "a",
        securityRules=[deny, out],
    )
    assert azure.passing() == {("10.0.1.0/24", "10.0.2.0/24", "tcp", (2379, 2379))}


def test_one_address_may_do_what_its_subnet_may_not(azure: Azure) -> None:
    azure.network()
    deny = rule("deny", 4096, "*", "*", access="Deny", protocol="*")
    azure.subnet("a", "10.0.1.0/29", [rule("one", 100, "10.0.1.4/32", "22"), deny])
    assert {(source, ports) for source, _, _, ports in azure.passing()} == {("10.0.1.4/32", (22, 22))}
