"""Prometheus and node-exporter: what is scraped has to be what the cluster has."""

from typing import Any

import pytest

from crosscloud.e2e.checks import node_metrics, prometheus
from crosscloud.e2e.cluster import ApiError
from crosscloud.e2e.model import Failed

from .fakes import FakeApi, context, node, of_release
from .healthy import PROMETHEUS, cluster, data, sample, target, vector

QUERY = f"{PROMETHEUS}/api/v1/query?"


@pytest.fixture
def api() -> FakeApi:
    return cluster()


def targets(api: FakeApi) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.answers[f"{PROMETHEUS}/api/v1/targets"]["data"]["activeTargets"]
    return found


def test_every_expected_target_is_told_from_the_cluster_itself(api: FakeApi) -> None:
    assert prometheus.run_targets(context(api)) == [
        "8 targets up, 8 expected: alertmanager 1, apiservers 1, coredns 1, kubelets 2, node-exporter 2, prometheus 1"
    ]


@pytest.mark.parametrize(
    ("job", "missing"),
    [
        ("alertmanager", r"no target for Alertmanager pod monitoring/alertmanager-0 at 10\.244\.1\.3:9093"),
        ("apiservers", r"no target for the API server at 192\.0\.2\.10:6443"),
        ("coredns", r"no target for CoreDNS pod kube-system/coredns-1 at 10\.244\.0\.2:9153"),
        ("kubelets", "no target for kubelet of cp\nno target for kubelet of worker"),
        ("node-exporter", r"no target for node-exporter on cp at 192\.0\.2\.10:9100"),
        ("prometheus", r"no target for Prometheus pod monitoring/prometheus-server-1 at 10\.244\.1\.2:9090"),
    ],
)
def test_a_missing_target_fails_and_is_named(api: FakeApi, job: str, missing: str) -> None:
    found = targets(api)
    found[:] = [one for one in found if one["labels"]["job"] != job]
    with pytest.raises(Failed, match=missing):
        prometheus.run_targets(context(api))


@pytest.mark.parametrize(("prefix", "who"), [("coredns", "CoreDNS"), ("alertmanager", "Alertmanager")])
def test_a_project_without_any_pod_is_missed_and_not_left_out(api: FakeApi, prefix: str, who: str) -> None:
    for path in ("/api/v1/pods", "/api/v1/namespaces/monitoring/pods"):
        api.objects[path] = [p for p in api.objects[path] if not p["metadata"]["name"].startswith(prefix)]
    with pytest.raises(Failed, match=f"there is no pod of {who} to scrape"):
        prometheus.run_targets(context(api))


def test_a_target_that_is_down_fails_with_prometheus_own_words(api: FakeApi) -> None:
    targets(api)[2] = target("coredns", "http://10.244.0.2:9153/metrics", "down")
    with pytest.raises(Failed, match=r"target 10\.244\.0\.2:9153 of job coredns is down: connection refused"):
        prometheus.run_targets(context(api))


def test_a_target_that_was_not_expected_but_is_down_fails_too(api: FakeApi) -> None:
    targets(api).append(target("extra", "http://10.244.9.9/metrics", "unknown"))
    with pytest.raises(Failed, match=r"target 10\.244\.9\.9:80 of job extra is unknown"):
        prometheus.run_targets(context(api))


def test_a_node_that_joins_is_expected_without_any_change_here(api: FakeApi) -> None:
    api.objects["/api/v1/nodes"].append(node("third", "192.0.2.12"))
    with pytest.raises(Failed, match=r"no target for kubelet of third\nno target for node-exporter on third"):
        prometheus.run_targets(context(api))


def test_kubelets_scraped_through_the_api_server_count(api: FakeApi) -> None:
    """The upstream chart's own job does it that way."""
    for one in targets(api):
        if one["labels"]["job"] == "kubelets":
            one["scrapeUrl"] = "https://kubernetes.default.svc/api/v1/nodes/x/proxy/metrics"
    prometheus.run_targets(context(api))


def test_no_prometheus_at_all_fails_with_what_was_looked_for(api: FakeApi) -> None:
    api.objects["/api/v1/services"] = []
    with pytest.raises(Failed, match=r"no service with the labels app\.kubernetes\.io/name=alertmanager"):
        prometheus.run_targets(context(api))
    with pytest.raises(Failed, match=r"app\.kubernetes\.io/name=prometheus,app\.kubernetes\.io/component=server"):
        prometheus.run_queries(context(api))


def test_a_prometheus_without_a_pod_fails_with_the_api_servers_reason(api: FakeApi) -> None:
    path = f"{PROMETHEUS}/api/v1/status/buildinfo"
    api.answers[path] = ApiError(503, "no endpoints available", f"GET {path}: 503")
    with pytest.raises(Failed, match=r"^Prometheus does not answer: no endpoints available"):
        prometheus.run_queries(context(api))


def test_prometheus_of_another_version_fails(api: FakeApi) -> None:
    api.answers[f"{PROMETHEUS}/api/v1/status/buildinfo"] = data({"version": "3.14.0"})
    with pytest.raises(Failed, match=r"it is 3\.14\.0, the release names 3\.15\.0"):
        prometheus.run_queries(context(api))


def test_prometheus_that_does_not_know_its_version_fails(api: FakeApi) -> None:
    api.answers[f"{PROMETHEUS}/api/v1/status/buildinfo"] = data({"version": ""})
    with pytest.raises(Failed, match="it is no version"):
        prometheus.run_queries(context(api))


def test_queries_pass_with_what_they_answered(api: FakeApi) -> None:
    assert prometheus.run_queries(context(api)) == ["Prometheus 3.15.0 answered up and a rate over 1 job"]


@pytest.mark.parametrize(
    ("query", "answer", "reason"),
    [
        ("up", vector(), r"the query up does not say .*: alertmanager 10\.244\.1\.3:9093, apiservers"),
        ("up", {"status": "error", "errorType": "internal", "error": "boom"}, "with internal: boom"),
        (prometheus.RATE, vector(), "it needs two scrapes"),
    ],
)
def test_a_query_without_a_good_answer_fails(api: FakeApi, query: str, answer: object, reason: str) -> None:
    api.answers[QUERY + query] = answer
    with pytest.raises(Failed, match=reason):
        prometheus.run_queries(context(api))


def test_a_target_that_is_down_has_to_be_down_in_the_query_too(api: FakeApi) -> None:
    targets(api)[2]["health"] = "down"
    with pytest.raises(
        Failed, match=r"the query up does not say what the list of targets does: coredns 10\.244\.0\.2:9153"
    ):
        prometheus.run_queries(context(api))
    api.answers[QUERY + "up"]["data"]["result"][2]["value"][1] = "0"
    prometheus.run_queries(context(api))


def test_node_metrics_of_every_node_pass(api: FakeApi) -> None:
    assert node_metrics.run(context(api)) == ["node-exporter 1.12.1 tells of 2 nodes: name, processors, memory"]


def test_a_node_without_metrics_fails_and_is_named(api: FakeApi) -> None:
    api.answers[QUERY + node_metrics.UNAME] = vector(sample("1", instance="192.0.2.10:9100", nodename="cp"))
    with pytest.raises(Failed, match="node_uname_info has no series for node worker"):
        node_metrics.run(context(api))


def test_metrics_of_another_host_under_a_nodes_address_fail(api: FakeApi) -> None:
    api.answers[QUERY + node_metrics.UNAME]["data"]["result"][1]["metric"]["nodename"] = "stranger"
    with pytest.raises(Failed, match="node_uname_info for node worker is of host 'stranger'"):
        node_metrics.run(context(api))


def test_a_node_without_memory_fails(api: FakeApi) -> None:
    api.answers[QUERY + node_metrics.MEMORY]["data"]["result"][0]["value"][1] = "0"
    with pytest.raises(Failed, match="node_memory_MemTotal_bytes is 0 for node cp"):
        node_metrics.run(context(api))


def test_node_exporter_of_another_version_fails(api: FakeApi) -> None:
    api.answers[QUERY + node_metrics.BUILD] = vector(sample("1", version="1.12.1"), sample("1", version="1.8.0"))
    with pytest.raises(Failed, match=r"it is 1\.12\.1, 1\.8\.0, the release names 1\.12\.1"):
        node_metrics.run(context(api))


def test_a_cloud_node_is_known_by_its_internal_name(api: FakeApi) -> None:
    found = api.objects["/api/v1/nodes"][1]
    found["metadata"]["name"] = "i-0123"
    found["status"]["addresses"].append({"type": "InternalDNS", "address": "worker.eu-west-1.compute.internal"})
    node_metrics.run(context(api))


def test_a_pod_that_is_being_deleted_is_not_expected_to_be_scraped(api: FakeApi) -> None:
    leaving = of_release("kube-system/coredns-2", "worker", "coredns", "10.244.1.9")
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    api.objects["/api/v1/pods"].append(leaving)
    prometheus.run_targets(context(api))
