"""A group of nodes is there when as many as asked for are Ready, of one generation, and nothing of others is left."""

from types import SimpleNamespace
from typing import Any

import pytest

from crosscloud.plugins.base import Call, PluginError, Values
from crosscloud.plugins.crosscloud import node_group as subject
from crosscloud.plugins.crosscloud import node_state, node_survey
from crosscloud.plugins.crosscloud.node_group import NodeGroup

CALL = Call("urn", timeout=0.2)
INPUTS = Values(
    {"kubeconfig": "x", "role": "worker", "count": 2, "group": "asg-1", "generation": "new", "console": "ask the cloud"}
)


def node(
    name: str, *, generation: str | None = "new", ready: bool = True, role: str = "worker", address: str = ""
) -> Any:
    labels = {node_state.GENERATION: generation} if generation else {}
    if role == "control-plane":
        labels["node-role.kubernetes.io/control-plane"] = ""
    condition = SimpleNamespace(type="Ready", status=str(ready), message="no network", reason="KubeletNotReady")
    return SimpleNamespace(
        metadata=SimpleNamespace(name=name, uid=f"uid-{name}", labels=labels),
        status=SimpleNamespace(
            conditions=[condition],
            addresses=[SimpleNamespace(type="InternalIP", address=address or f"10.0.0.{name}")],
            node_info=SimpleNamespace(kubelet_version="v1.37.2"),
        ),
    )


class Cluster:
    """Stands for the API: nodes by what it is asked in turn, kubelets that are gone, and what is done to nodes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.looks: list[list[Any]] = []
        self.gone: set[str] = set()
        self.done: list[str] = []
        monkeypatch.setattr(node_state, "listed", self._listed)
        for module in (subject, node_survey):
            monkeypatch.setattr(module, "core", lambda _config: object())
            monkeypatch.setattr(module, "kubelet_answers", lambda _api, name: name not in self.gone)
        monkeypatch.setattr(node_state, "remove", lambda _api, name, uid: self.done.append(f"remove {name} {uid}"))
        monkeypatch.setattr(subject, "drain", lambda _call, _api, name: self.done.append(f"drain {name}"))
        monkeypatch.setattr(subject, "_PAUSE", 0.01)

    def _listed(self, _config: str) -> list[Any]:
        found = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return [*found, node("cp", role="control-plane"), node("by hand", generation=None)]


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    return Cluster(monkeypatch)


def outputs(*names: str, leftovers: tuple[str, ...] = ()) -> Values:
    listed = [{"name": name, "role": "worker", "address": "", "version": ""} for name in names]
    uids = {name: f"uid-{name}" for name in names}
    return Values({**INPUTS, "nodes": listed, "uids": uids, "leftovers": list(leftovers)})


def test_creation_waits_for_as_many_as_were_asked_for(cluster: Cluster) -> None:
    cluster.looks = [[], [node("a")], [node("a"), node("b", ready=False)], [node("a"), node("b")]]
    identifier, made = NodeGroup().create(CALL, INPUTS)
    assert identifier == "asg-1"
    assert [one["name"] for one in made["nodes"]] == ["a", "b"]
    assert made["nodes"][0] == {"name": "a", "role": "worker", "address": "10.0.0.a", "version": "v1.37.2"}


def test_too_few_are_reported_with_what_is_known_and_where_to_look(cluster: Cluster) -> None:
    cluster.looks = [[node("a"), node("b", ready=False)]]
    with pytest.raises(PluginError, match=r"1 of 2 workers are Ready.*b: NotReady: no network.*ask the cloud"):
        NodeGroup().create(CALL, INPUTS)


def test_an_update_waits_until_the_older_generation_is_gone_and_takes_its_dead_out(cluster: Cluster) -> None:
    old, new = node("old", generation="before"), [node("a"), node("b")]
    dead = node("old", generation="before", ready=False)
    cluster.looks = [[old, *new], [old, *new], [dead, *new]]
    cluster.gone = {"old"}
    made = NodeGroup().update(CALL, "asg-1", INPUTS, outputs("old"), INPUTS)
    assert cluster.done == ["remove old uid-old"]
    assert made["leftovers"] == []


def test_an_older_generation_that_stays_is_named(cluster: Cluster) -> None:
    cluster.looks = [[node("old", generation="before"), node("a"), node("b")]]
    with pytest.raises(PluginError, match=r"1 of an older generation are still there.*old: of an older generation"):
        NodeGroup().update(CALL, "asg-1", INPUTS, outputs(), INPUTS)


def test_a_node_that_counts_as_ready_though_its_machine_is_gone_is_not_counted(cluster: Cluster) -> None:
    cluster.looks = [[node("a"), node("b")], [node("a"), node("b", ready=False), node("c")]]
    cluster.gone = {"b"}
    made = NodeGroup().update(CALL, "asg-1", INPUTS, outputs("a"), INPUTS)
    assert [one["name"] for one in made["nodes"]] == ["a", "c"]
    assert cluster.done == ["remove b uid-b"]


def test_a_node_whose_kubelet_answers_is_never_taken_out(cluster: Cluster) -> None:
    cluster.looks = [[node("a"), node("b"), node("c", ready=False)]]
    with pytest.raises(PluginError):
        NodeGroup().update(CALL, "asg-1", INPUTS, outputs("a", "b"), INPUTS)
    assert cluster.done == []


def test_a_refresh_reports_what_is_there_so_that_a_dead_worker_is_a_change(cluster: Cluster) -> None:
    cluster.looks = [[node("a"), node("b")]]
    cluster.gone = {"b"}
    seen = NodeGroup().read(CALL, "asg-1", INPUTS, outputs("a", "b"))
    assert seen is not None
    assert dict(NodeGroup().diff(CALL, "asg-1", INPUTS, Values(seen), INPUTS).detailed) == {"nodes": "update"}
    assert not NodeGroup().diff(CALL, "asg-1", INPUTS, outputs("a", "b"), INPUTS).any


def test_dead_nodes_that_nobody_took_out_are_a_change() -> None:
    assert NodeGroup().diff(CALL, "asg-1", INPUTS, outputs("a", "b", leftovers=("c",)), INPUTS).any


def test_a_cluster_that_does_not_answer_proves_nothing_to_a_refresh(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cluster.looks == []

    def refused(_config: str) -> list[Any]:
        raise ConnectionError("refused")

    monkeypatch.setattr(node_state, "listed", refused)
    before = outputs("a", "b")
    assert NodeGroup().read(CALL, "asg-1", INPUTS, before) == before


def test_where_the_cloud_scales_any_number_between_the_bounds_is_right(cluster: Cluster) -> None:
    floating = Values({**INPUTS, "least": 1, "most": 3})
    cluster.looks = [[node("a")]]
    assert not NodeGroup().diff(CALL, "asg-1", floating, outputs("a", "b", "c"), floating).any
    assert NodeGroup().diff(CALL, "asg-1", floating, outputs(), floating).any
    assert len(NodeGroup().update(CALL, "asg-1", floating, outputs(), floating)["nodes"]) == 1
    more = Values({**floating, "count": 3})  # a group that scales itself may not take a new count
    assert len(NodeGroup().update(CALL, "asg-1", floating, outputs("a"), more)["nodes"]) == 1
    with pytest.raises(PluginError, match="1 of 2"):  # it begins with as many as were asked for
        NodeGroup().create(CALL, floating)


def test_a_dead_node_whose_address_another_machine_has_is_removed(cluster: Cluster) -> None:
    cluster.looks = [[node("died", ready=False, address="10.0.0.4"), node("new", address="10.0.0.4"), node("b")]]
    found = NodeGroup().update(CALL, "asg-1", INPUTS, outputs("died", "b"), INPUTS)
    assert {each["name"] for each in found["nodes"]} == {"new", "b"}
    assert cluster.done == ["remove died uid-died"]


def test_another_token_for_the_same_cluster_is_no_change_unless_its_nodes_are_others(cluster: Cluster) -> None:
    def config(token: str, server: str = "https://a") -> str:
        return f"clusters: [{{cluster: {{server: '{server}'}}}}]\nusers: [{{name: u, user: {{token: {token}}}}}]\n"

    old = Values({**INPUTS, "kubeconfig": config("one")})
    same = Values({**INPUTS, "kubeconfig": config("two")})
    other = Values({**INPUTS, "kubeconfig": config("two", "https://b")})
    cluster.looks = [[node("a"), node("b")]]
    assert not NodeGroup().diff(CALL, "asg-1", old, outputs("a", "b"), same).any
    assert NodeGroup().diff(CALL, "asg-1", old, outputs("a", "b"), other).any
    # What a refresh with a token that had ended could not see is seen with the new one.
    cluster.looks = [[node("a"), node("c")]]
    assert dict(NodeGroup().diff(CALL, "asg-1", old, outputs("a", "b"), same).detailed) == {"nodes": "update"}


def test_the_nodes_of_a_group_that_goes_are_drained_and_only_those(cluster: Cluster) -> None:
    cluster.looks = [[node("a"), node("b"), node("another's")]]
    cluster.gone = {"b"}
    NodeGroup().delete(CALL, "asg-1", INPUTS, outputs("a", "b"))
    assert cluster.done == ["drain a", "remove a uid-a", "remove b uid-b"]


def test_another_group_is_another_resource_and_the_old_nodes_go_first() -> None:
    found = NodeGroup().diff(CALL, "asg-1", INPUTS, outputs("a", "b"), Values({**INPUTS, "group": "asg-2"}))
    assert list(found.replaces) == ["group"]
    assert found.delete_before_replace
