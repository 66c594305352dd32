"""A cloud's machine is known as a node by its address, and told from the one before it by its identity."""

from types import SimpleNamespace
from typing import Any

import pytest

from crosscloud.plugins.base import Call, PluginError, Values
from crosscloud.plugins.crosscloud import node as subject
from crosscloud.plugins.crosscloud import node_state
from crosscloud.plugins.crosscloud.node import Node

INPUTS = Values(
    {"kubeconfig": "x", "role": "worker", "address": "10.0.0.10", "identity": "i-1", "console": "show the log of i-1"}
)


def live(name: str, *, uid: str, address: str = "10.0.0.10", made: int = 1, ready: bool = True) -> Any:
    condition = SimpleNamespace(type="Ready", status=str(ready), message="no network", reason="KubeletNotReady")
    return SimpleNamespace(
        metadata=SimpleNamespace(name=name, uid=uid, creation_timestamp=made, labels={}),
        status=SimpleNamespace(
            conditions=[condition],
            addresses=[
                SimpleNamespace(type="Hostname", address=name),
                SimpleNamespace(type="InternalIP", address=address),
            ],
            node_info=SimpleNamespace(machine_id="m", kubelet_version="v1.37.2"),
        ),
    )


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []
    monkeypatch.setattr(node_state, "listed", lambda _config: found)
    monkeypatch.setattr(subject, "_PAUSE", 0.01)
    return found


def test_the_node_with_the_machines_address_is_its_node(nodes: list[Any]) -> None:
    nodes += [live("other", uid="u0", address="10.0.0.9"), live("ip-10-0-0-10", uid="u1")]
    identifier, outputs = Node().create(Call("urn"), INPUTS)
    assert identifier == outputs["nodeName"] == "ip-10-0-0-10"
    assert (outputs["uid"], outputs["address"]) == ("u1", "10.0.0.10")


def test_of_two_with_one_address_the_younger_is_the_machine_that_lives(nodes: list[Any]) -> None:
    nodes += [live("new", uid="u2", made=2), live("old", uid="u1", made=1, ready=False)]
    assert Node().create(Call("urn"), INPUTS)[0] == "new"


def test_of_two_with_one_address_a_refresh_looks_at_its_own(nodes: list[Any]) -> None:
    nodes += [live("new", uid="u2", made=2), live("old", uid="u1", made=1)]
    seen = Node().read(Call("urn"), "old", INPUTS, Values({**INPUTS, "nodeName": "old", "uid": "u1"}))
    assert seen is not None
    assert seen["nodeName"] == "old"


def test_another_identity_is_another_node_even_at_the_same_address() -> None:
    outputs = Values({**INPUTS, "uid": "u1"})
    found = Node().diff(Call("urn"), "a", INPUTS, outputs, Values({**INPUTS, "identity": "i-2"}))
    assert list(found.replaces) == ["identity"]
    assert found.delete_before_replace


def test_another_console_changes_nothing_of_the_node() -> None:
    found = Node().diff(Call("urn"), "a", INPUTS, Values({**INPUTS}), Values({**INPUTS, "console": "another"}))
    assert not list(found.replaces)


def test_a_node_that_does_not_come_is_reported_with_the_command_that_shows_why(nodes: list[Any]) -> None:
    assert nodes == []
    call = Call("urn:pulumi:dev::p::crosscloud:index:Node::demo-control-plane-1", timeout=0.05)
    with pytest.raises(PluginError, match=r"node demo-control-plane-1 was not Ready.*: show the log of i-1"):
        Node().create(call, INPUTS)
