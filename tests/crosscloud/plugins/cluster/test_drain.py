"""Draining moves what can be moved, and never waits for what can't."""

from types import SimpleNamespace
from typing import Any

import pytest
from kubernetes.client import ApiException

from crosscloud.plugins.base import Call
from crosscloud.plugins.crosscloud import drain as draining
from crosscloud.plugins.crosscloud.drain import drain, kubelet_answers


def pod(name: str, *, owner: str = "ReplicaSet", phase: str = "Running", mirror: bool = False) -> Any:
    annotations = {"kubernetes.io/config.mirror": "x"} if mirror else None
    metadata = SimpleNamespace(
        name=name,
        namespace="default",
        annotations=annotations,
        owner_references=[SimpleNamespace(kind=owner)],
        deletion_timestamp=None,
    )
    return SimpleNamespace(metadata=metadata, status=SimpleNamespace(phase=phase))


class Api:
    """An API server with pods on one node; an eviction is done unless a budget refuses it ``refusals`` times."""

    def __init__(self, *pods: Any, refusals: int = 0) -> None:
        self.pods = list(pods)
        self.refusals = refusals
        self.cordoned = False
        self.evicted: list[str] = []

    def patch_node(self, _name: str, body: dict[str, Any]) -> None:
        self.cordoned = body["spec"]["unschedulable"]

    def list_pod_for_all_namespaces(self, *, field_selector: str) -> Any:
        assert field_selector == "spec.nodeName=a-node"
        return SimpleNamespace(items=list(self.pods))

    def create_namespaced_pod_eviction(self, name: str, _namespace: str, _body: object) -> None:
        if self.refusals:
            self.refusals -= 1
            raise ApiException(status=429)
        self.evicted.append(name)
        self.pods = [p for p in self.pods if p.metadata.name != name]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "_PAUSE", 0.0)


def test_the_node_is_cordoned_and_its_pods_are_evicted() -> None:
    api = Api(pod("one"), pod("two"))
    drain(Call("urn"), api, "a-node")
    assert api.cordoned
    assert api.evicted == ["one", "two"]


def test_pods_of_the_node_itself_and_finished_ones_stay() -> None:
    api = Api(pod("flannel", owner="DaemonSet"), pod("etcd", mirror=True), pod("done", phase="Succeeded"))
    drain(Call("urn"), api, "a-node")
    assert api.evicted == []


def test_a_disruption_budget_is_waited_for() -> None:
    api = Api(pod("one"), refusals=3)
    drain(Call("urn"), api, "a-node")
    assert api.evicted == ["one"]


def test_what_does_not_let_itself_be_evicted_is_named_and_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "_PATIENCE", 0.05)
    said: list[str] = []
    call = Call("urn", logger=lambda _severity, text, _urn, _passing: said.append(text))
    drain(call, Api(pod("stubborn"), refusals=10**9), "a-node")
    assert said[-1] == "node a-node goes with pods still on it: default/stubborn"


def test_a_kubelet_that_the_api_server_can_not_reach_does_not_answer() -> None:
    class Silent:
        def connect_get_node_proxy_with_path(self, *_: object, **__: object) -> None:
            raise ApiException(status=502)

    assert not kubelet_answers(Silent(), "a-node")
