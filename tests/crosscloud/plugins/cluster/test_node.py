"""A node resource is about one machine's node, and no other."""

from types import SimpleNamespace
from typing import Any

import pytest

from crosscloud.plugins.base import Call, PluginError, Values
from crosscloud.plugins.crosscloud import node as subject
from crosscloud.plugins.crosscloud import node_state
from crosscloud.plugins.crosscloud.node import Node

INPUTS = Values({"kubeconfig": "x", "nodeName": "a", "machineId": "m1", "role": "worker", "bootLog": ""})
OUTPUTS = Values({**INPUTS, "uid": "u1", "address": "10.0.0.2", "kubeletVersion": "v1.37.2"})


def live(*, uid: str = "u1", machine: str = "m1", ready: str = "True") -> Any:
    condition = SimpleNamespace(type="Ready", status=ready, message="no network", reason="KubeletNotReady")
    return SimpleNamespace(
        metadata=SimpleNamespace(name="a", uid=uid),
        status=SimpleNamespace(
            conditions=[condition],
            addresses=[SimpleNamespace(type="InternalIP", address="10.0.0.2")],
            node_info=SimpleNamespace(machine_id=machine, kubelet_version="v1.37.2"),
        ),
    )


class Cluster:
    """Stands for the API: the node that is there, and what is done to it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.node: Any = live()
        self.done: list[str] = []
        monkeypatch.setattr(subject, "_find", self._find)
        monkeypatch.setattr(subject, "core", lambda _config: object())
        monkeypatch.setattr(node_state, "remove", lambda _api, name, uid: self.done.append(f"remove {name} {uid}"))
        monkeypatch.setattr(subject, "drain", lambda _call, _api, name: self.done.append(f"drain {name}"))
        monkeypatch.setattr(subject, "kubelet_answers", lambda _api, _name: True)
        monkeypatch.setattr(subject, "_PAUSE", 0.01)

    def _find(self, _inputs: Values, _uid: str = "") -> Any:
        if isinstance(self.node, Exception):
            raise self.node
        return self.node


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    return Cluster(monkeypatch)


def test_a_ready_node_of_the_machine_is_what_creation_waits_for(cluster: Cluster) -> None:
    assert cluster.node
    identifier, outputs = Node().create(Call("urn"), INPUTS)
    assert identifier == "a"
    assert outputs["uid"] == "u1"


def test_another_machines_node_of_that_name_does_not_count(cluster: Cluster) -> None:
    cluster.node = live(machine="m0")
    with pytest.raises(PluginError, match="still another machine's"):
        Node().create(Call("urn", timeout=0.05), INPUTS)


def test_a_node_that_does_not_get_ready_is_reported_with_its_condition(cluster: Cluster) -> None:
    cluster.node = live(ready="False")
    with pytest.raises(PluginError, match="NotReady: no network"):
        Node().create(Call("urn", timeout=0.05), INPUTS)


def test_a_node_that_was_removed_is_gone_to_a_refresh(cluster: Cluster) -> None:
    cluster.node = None
    assert Node().read(Call("urn"), "a", INPUTS, OUTPUTS) is None
    cluster.node = live(uid="u2")
    assert Node().read(Call("urn"), "a", INPUTS, OUTPUTS) is None


def test_a_cluster_that_does_not_answer_proves_nothing_to_a_refresh(cluster: Cluster) -> None:
    cluster.node = ConnectionError("refused")
    assert Node().read(Call("urn"), "a", INPUTS, OUTPUTS) == OUTPUTS


def test_removal_drains_first(cluster: Cluster) -> None:
    Node().delete(Call("urn"), "a", INPUTS, OUTPUTS)
    assert cluster.done == ["drain a", "remove a u1"]


def test_a_node_that_is_not_ready_is_removed_without_draining(cluster: Cluster) -> None:
    cluster.node = live(ready="Unknown")
    Node().delete(Call("urn"), "a", INPUTS, OUTPUTS)
    assert cluster.done == ["remove a u1"]


def test_a_node_that_is_by_now_another_machines_is_left_alone(cluster: Cluster) -> None:
    cluster.node = live(uid="u2")
    Node().delete(Call("urn"), "a", INPUTS, OUTPUTS)
    assert cluster.done == []


def test_a_node_is_not_forgotten_while_its_cluster_does_not_answer(cluster: Cluster) -> None:
    cluster.node = ConnectionError("refused")
    with pytest.raises(PluginError, match="does not answer"):
        Node().delete(Call("urn"), "a", INPUTS, OUTPUTS)
