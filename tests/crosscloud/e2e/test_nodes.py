"""Nodes: each has to be Ready, and of the release's version."""

import pytest

from crosscloud.e2e.checks import nodes
from crosscloud.e2e.model import Failed

from .fakes import FakeApi, condition, context, node
from .healthy import cluster


@pytest.fixture
def api() -> FakeApi:
    return cluster()


def test_a_healthy_cluster_passes_and_says_what_it_is(api: FakeApi) -> None:
    assert nodes.run(context(api)) == ["2 nodes Ready (1 control plane), Kubernetes v1.37.2"]


def test_a_node_that_is_not_ready_fails_with_the_kubelets_own_words(api: FakeApi) -> None:
    broken = api.objects["/api/v1/nodes"][1]
    broken["status"]["conditions"] = [
        condition("Ready", "False", reason="KubeletNotReady", message="cni plugin not initialized")
    ]
    with pytest.raises(Failed, match="node worker is not Ready: KubeletNotReady: cni plugin not initialized"):
        nodes.run(context(api))


def test_a_node_whose_kubelet_stopped_fails(api: FakeApi) -> None:
    stopped = condition("Ready", "Unknown", reason="NodeStatusUnknown", message="Kubelet stopped posting node status.")
    api.objects["/api/v1/nodes"][1]["status"]["conditions"] = [stopped]
    with pytest.raises(Failed, match="node worker is not Ready: NodeStatusUnknown: Kubelet stopped posting"):
        nodes.run(context(api))


def test_a_kubelet_of_another_version_fails_at_once_and_is_named(api: FakeApi) -> None:
    api.objects["/api/v1/nodes"].append(node("old", "192.0.2.12", version="v1.36.3"))
    with pytest.raises(Failed, match=r"^the kubelet of old is v1\.36\.3, the release names v1\.37\.2$"):
        nodes.run(context(api, timeout=60))


def test_an_api_server_of_another_version_fails(api: FakeApi) -> None:
    api.answers["/version"] = {"gitVersion": "v1.37.1"}
    with pytest.raises(Failed, match=r"the API server is v1\.37\.1"):
        nodes.run(context(api))


def test_a_longer_version_that_begins_like_the_releases_is_another_one(api: FakeApi) -> None:
    api.answers["/version"] = {"gitVersion": "v1.37.20"}
    with pytest.raises(Failed, match=r"the API server is v1\.37\.20"):
        nodes.run(context(api))


def test_a_managed_clusters_version_is_shown_and_not_compared(api: FakeApi) -> None:
    api.answers["/version"] = {"gitVersion": "v1.36.3-gke.1"}
    seen = nodes.run(context(api, managed=True))
    assert seen[0].endswith("Kubernetes v1.36.3-gke.1")
    assert "the release asked for 1.37.2, not compared" in seen[1]


def test_fewer_nodes_than_expected_fail(api: FakeApi) -> None:
    from crosscloud.e2e.model import NotYet

    with pytest.raises(NotYet, match="the cluster has 2 nodes, 3 are expected"):
        nodes.ready_nodes(api.objects["/api/v1/nodes"], 3)


def test_a_cluster_without_nodes_fails(api: FakeApi) -> None:
    api.objects["/api/v1/nodes"] = []
    with pytest.raises(Failed, match="the cluster has no node"):
        nodes.run(context(api))
