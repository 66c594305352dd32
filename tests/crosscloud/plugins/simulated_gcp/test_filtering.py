"""Firewall rules let pass what Google's would."""

from typing import Any

import pytest

from crosscloud.plugins.simulated_gcp import filtering
from crosscloud.plugins.simulated_gcp.filtering import End
from crosscloud.plugins.simulated_gcp.portsets import PortSet

WORKER = End("10.0.0.3", ["worker"], "work@p")
CONTROL_PLANE = End("10.0.0.2", ["control-plane"], "ctrl@p")
USER = End("203.0.113.7")


def allow(protocol: str = "tcp", ports: list[str] | None = None, **rule: Any) -> dict[str, Any]:
    return {"allows": [{"protocol": protocol, **({"ports": ports} if ports else {})}], **rule}


def deny(protocol: str = "tcp", ports: list[str] | None = None, **rule: Any) -> dict[str, Any]:
    return {"denies": allow(protocol, ports)["allows"], **rule}


def test_what_no_rule_names_is_denied_inwards_and_allowed_outwards() -> None:
    assert list(filtering.entering([], USER, WORKER)) == []
    assert list(filtering.leaving([], WORKER, USER)) == [("tcp", None), ("udp", None), ("icmp", None)]


def test_a_rule_lets_in_the_ports_that_it_names_from_its_ranges_to_machines_of_its_tags() -> None:
    rules = [allow(ports=["6443", "8000-8010"], sourceRanges=["203.0.113.0/24"], targetTags=["control-plane"])]
    assert list(filtering.entering(rules, USER, CONTROL_PLANE)) == [("tcp", (6443, 6443)), ("tcp", (8000, 8010))]
    assert list(filtering.entering(rules, USER, WORKER)) == []
    assert list(filtering.entering(rules, End("198.51.100.1"), CONTROL_PLANE)) == []


def test_a_range_is_let_in_only_as_a_whole() -> None:
    rules = [allow(sourceRanges=["35.191.0.0/17"])]
    assert ("tcp", 6443) not in filtering.entering(rules, End("35.191.0.0/16"), WORKER)
    assert ("tcp", 6443) in filtering.entering(rules, End("35.191.64.0/18"), WORKER)


def test_source_tags_and_accounts_are_those_of_machines() -> None:
    by_tag, by_account = allow(sourceTags=["worker"]), allow(sourceServiceAccounts=["work@p"])
    for rule in (by_tag, by_account):
        assert ("tcp", 10250) in filtering.allowed([rule], WORKER, CONTROL_PLANE)
        assert ("tcp", 10250) not in filtering.allowed([rule], CONTROL_PLANE, WORKER)


def test_the_lower_priority_number_decides() -> None:
    rules = [
        allow(sourceRanges=["0.0.0.0/0"], priority=1000),
        deny(ports=["22"], sourceRanges=["0.0.0.0/0"], priority=900),
        allow(ports=["22"], sourceRanges=["203.0.113.7/32"], priority=800),
    ]
    assert ("tcp", 22) in filtering.entering(rules, USER, WORKER)
    other = filtering.entering(rules, End("198.51.100.1"), WORKER)
    assert list(other) == [("tcp", (0, 21)), ("tcp", (23, 65535))]


def test_of_one_priority_the_rule_that_denies_decides() -> None:
    rules = [allow(sourceRanges=["0.0.0.0/0"]), deny(ports=["22"], sourceRanges=["0.0.0.0/0"])]
    assert ("tcp", 22) not in filtering.entering(rules, USER, WORKER)


def test_the_usual_priority_is_1000() -> None:
    rules = [allow(sourceRanges=["0.0.0.0/0"]), deny(sourceRanges=["0.0.0.0/0"], priority=1001)]
    assert ("tcp", 80) in filtering.entering(rules, USER, WORKER)


def test_a_rule_that_is_disabled_counts_for_nothing() -> None:
    assert list(filtering.entering([allow(sourceRanges=["0.0.0.0/0"], disabled=True)], USER, WORKER)) == []


def test_outwards_a_rule_may_deny() -> None:
    rules = [deny("all", direction="EGRESS", destinationRanges=["0.0.0.0/0"], targetTags=["worker"])]
    assert list(filtering.leaving(rules, WORKER, USER)) == []
    assert ("tcp", 443) in filtering.leaving(rules, CONTROL_PLANE, USER)


def test_between_machines_both_ends_have_to_let_it_pass() -> None:
    rules = [
        allow(ports=["1-100"], sourceTags=["worker"]),
        deny(ports=["50-65535"], direction="EGRESS", destinationRanges=["10.0.0.0/8"]),
    ]
    assert list(filtering.allowed(rules, WORKER, CONTROL_PLANE)) == [("tcp", (1, 49))]


@pytest.mark.parametrize("protocol", ["udp", "17", "UDP"])
def test_a_protocol_is_known_by_name_and_number(protocol: str) -> None:
    assert list(PortSet.of_rule(allow(protocol, ["8472"])["allows"])) == [("udp", (8472, 8472))]


def test_ports_next_to_each_other_are_one_range() -> None:
    found = PortSet.of_rule(allow(ports=["2379", "2380", "10250", "10249"])["allows"])
    assert list(found) == [("tcp", (2379, 2380)), ("tcp", (10249, 10250))]
