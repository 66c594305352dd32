"""The fabric without machines, the faults and the data files."""

from pathlib import Path

import pytest

from crosscloud.machines.guard import OPERATOR as HOST
from crosscloud.machines.guard import Guard, Rule, render
from crosscloud.plugins.base import Call, PluginError
from crosscloud.plugins.simulated import OPERATOR, Allow, SimulatedProvider, data, fabric, faults

pytestmark = pytest.mark.usefixtures("rehearsal")


def test_without_machines_the_fabric_remembers_what_would_be_there(rehearsal: Path) -> None:
    fabric.network("vpc", "10.0.0.0/16")
    fabric.boot("i-1", "vpc", hostname="one", address="10.0.1.4", user_data="a-secret")
    assert fabric.running("i-1")
    assert fabric.machines("vpc") == ["i-1"]
    address = fabric.balance("lb", "vpc", port=6443, targets=["10.0.1.4"], target_port=6443)
    assert fabric.balance("lb", "vpc", port=6443, targets=[], target_port=6443) == address
    assert fabric.balance("other", "vpc", port=6443, targets=[], target_port=6443) != address
    fabric.guard("vpc", [Allow(OPERATOR, address, "tcp", (6443, 6443))], ["10.0.1.4"])
    assert not any("a-secret" in file.read_text() for file in rehearsal.rglob("*.json"))
    with pytest.raises(PluginError, match="still has"):
        fabric.remove_network("vpc")
    fabric.halt("i-1")
    assert not fabric.running("i-1")
    assert fabric.leftovers()
    fabric.purge()
    assert fabric.leftovers() == []
    with pytest.raises(PluginError, match="does not exist"):
        fabric.boot("i-2", "vpc", hostname="two", address="10.0.1.5", user_data="")


def test_the_operator_is_the_first_who_may_reach_the_api(rehearsal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PluginError, match="is not known"):
        fabric.operator()
    (rehearsal / "project").mkdir()
    file = rehearsal / "project/Pulumi.toy.yaml"
    file.write_text("config: {'crosscloud:apiAccessCidrs': [203.0.113.0/24, 198.51.100.0/24]}")
    assert fabric.operator() == "203.0.113.1"
    file.write_text("config: {'crosscloud:apiAccessCidrs': [203.0.113.7/32]}")
    assert fabric.operator() == "203.0.113.7"
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_OPERATOR", "192.0.2.9")
    assert fabric.operator() == "192.0.2.9"


def test_a_guard_lets_replies_pass_and_nothing_that_was_not_allowed() -> None:
    rules = [
        Rule("10.0.1.0/24", "10.0.2.4", "tcp", (2379, 2380)),
        Rule("10.0.1.0/24", "10.0.2.4", "udp", (8472, 8472)),
        Rule("10.0.1.4", "10.0.2.4", "any"),
        Rule(HOST, "10.0.2.9", "tcp", (6443, 6443)),
    ]
    guard = Guard.from_record(Guard(rules, ["10.0.1.4"]).to_record())
    assert guard == Guard(rules, ["10.0.1.4"])
    script = render("t", "10.0.0.0/16", ["vb-a"], guard)
    lines = [line.strip() for line in script.splitlines()]
    assert lines[lines.index("chain between {") + 1 : lines.index("counter drop") + 1] == [
        "ether type arp accept",
        "ip frag-off & 0x1fff != 0 accept",
        "tcp flags & (fin | syn | rst | ack) != syn accept",
        "ip saddr 10.0.1.0/24 ip daddr 10.0.2.4/32 tcp dport 2379-2380 accept",
        "ip saddr 10.0.1.0/24 ip daddr 10.0.2.4/32 udp dport 8472-8472 accept",
        "ip saddr 10.0.1.4/32 ip daddr 10.0.2.4/32 accept",
        "ip saddr 10.0.2.4/32 ip daddr 10.0.1.0/24 udp sport 8472-8472 accept",
        "ip saddr 10.0.2.4/32 ip daddr 10.0.1.4/32 accept",
        "counter drop",
    ]
    assert guard.operator == ["ip daddr 10.0.2.9/32 tcp dport 6443-6443"]


def test_faults_strike_where_they_were_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "_count", {"begun": 0, "running": 0, "machines": 0, "crashing": 0})
    faults.capacity("a", "no capacity")
    assert not faults.machine_never_boots()
    assert faults.load_balancer_delay() == 0
    monkeypatch.setattr(faults, "_count", {"begun": 0, "running": 0, "machines": 0, "crashing": 0})
    monkeypatch.setenv(faults.VARIABLE, "no-capacity=a")
    faults.capacity("b", "no capacity")
    with pytest.raises(PluginError, match=r"(?s)no capacity.*Run the same command again"):
        faults.capacity("a", "no capacity")
    monkeypatch.setenv(faults.VARIABLE, "no-boot")
    assert [faults.machine_never_boots() for _ in range(3)] == [True, False, False]
    monkeypatch.setenv(faults.VARIABLE, "slow-load-balancer")
    assert faults.load_balancer_delay() > 0
    monkeypatch.setenv(faults.VARIABLE, "api-error=2")
    with faults.creation(Call(urn="a"), "InternalError"):
        pass
    with (
        pytest.raises(PluginError, match=r"(?s)InternalError.*Run the same command again"),
        faults.creation(Call(urn="b"), "InternalError"),
    ):
        pytest.fail("it is not to be made")
    with faults.creation(Call(urn="c"), "InternalError"):
        pass


@pytest.mark.parametrize("fault", ["a-flood", "api-error=soon"])
def test_an_unknown_fault_is_refused_at_the_start(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(faults.VARIABLE, fault)
    with pytest.raises(SystemExit, match=r"no fault|number of a creation"):
        SimulatedProvider("toycloud", "toycloud", [])


def test_a_machine_that_never_boots_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "_count", {"begun": 0, "running": 0, "machines": 0, "crashing": 0})
    monkeypatch.setenv(faults.VARIABLE, "no-boot")
    fabric.network("vpc", "10.0.0.0/16")
    for key in ("one", "two"):
        fabric.boot(key, "vpc", hostname=key, address="10.0.1.4", user_data="")
    assert not fabric.running("one")
    assert fabric.running("two")


def test_data_says_when_and_where_it_was_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/zones.yaml").write_text("{date: 2026-11-22, source: a page, zones: [a, b]}")
    (tmp_path / "data/images.yaml").write_text("{date: 2026-11-22, images: []}")
    monkeypatch.setattr("crosscloud.plugins.simulated.tables.files", lambda _package: tmp_path)
    assert data("some.package", "zones")["zones"] == ["a", "b"]
    with pytest.raises(PluginError, match="does not state its source"):
        data("some.package", "images")
    with pytest.raises(PluginError, match=r"no data file sizes\.yaml"):
        data("some.package", "sizes")
