"""The pod network: who was called has to be who answered, in every direction."""

from collections.abc import Callable
from typing import Any

import pytest

from crosscloud.e2e.checks import network
from crosscloud.e2e.model import Context, Failed

from .fakes import FakeApi, condition, context
from .healthy import add_probes, cluster

NAMES = {"10.244.0.5": "probe-cp", "10.244.1.5": "probe-worker", "10.96.7.7": "probe-cp"}
Answer = Callable[[dict[str, Any]], dict[str, Any]]


def good(request: dict[str, Any]) -> dict[str, Any]:
    """A network in which every call reaches its pod."""
    pod = NAMES[request["target"].partition(":")[0]]
    return {"body": pod if request["kind"] == "http" else f"{pod} {request['id']}"}


def prepared(cp: Answer = good, worker: Answer = good) -> tuple[FakeApi, Context]:
    api = cluster()
    made = context(api)
    made.bench.start()
    add_probes(api, made.bench)
    api.reports |= {"probe-cp": cp, "probe-worker": worker}
    return api, made


def failure(made: Context) -> list[str]:
    with pytest.raises(Failed) as caught:
        network.run(made)
    return str(caught.value).splitlines()[:-1]


def without(match: str) -> Answer:
    """A network in which the calls whose target has this text get no answer."""
    return lambda request: {"error": "i/o timeout"} if match in request["target"] else good(request)


def test_a_network_in_order_passes() -> None:
    _, made = prepared()
    assert network.run(made) == ["2 nodes, 2 directions between pods, and the service at 10.96.7.7, over HTTP and UDP"]


def test_one_broken_direction_fails_and_is_named() -> None:
    _, made = prepared(worker=without("10.244.0.5"))
    assert failure(made) == [
        "HTTP from worker to the pod on cp: no answer",
        "UDP from worker to the pod on cp: no answer",
    ]


def test_udp_alone_broken_fails() -> None:
    _, made = prepared(cp=lambda r: {"error": "i/o timeout"} if r["kind"] == "udp" else good(r))
    assert failure(made) == ["UDP from cp to the pod on worker: no answer", "UDP from cp to the service: no answer"]


def test_a_service_that_does_not_answer_fails() -> None:
    _, made = prepared(worker=without("10.96.7.7:80"))
    assert failure(made) == ["HTTP from worker to the service: no answer"]


def test_another_pod_than_the_one_called_fails() -> None:
    _, made = prepared(
        cp=lambda r: {"body": "probe-cp"} if r["target"] == "10.244.1.5:8080" and r["kind"] == "http" else good(r)
    )
    assert failure(made) == ["HTTP from cp to the pod on worker: answered by 'probe-cp'"]


def test_a_datagram_that_comes_back_changed_fails() -> None:
    _, made = prepared(cp=lambda r: {"body": "probe-worker other"} if r["target"] == "10.244.1.5:8080" else good(r))
    assert "UDP from cp to the pod on worker: answered by 'probe-worker other'" in failure(made)


def test_a_single_node_passes_and_says_that_nothing_was_crossed() -> None:
    api, made = prepared()
    del api.objects["/api/v1/nodes"][1]
    assert network.run(made)[0].startswith("1 node, so nothing to cross: its pod reached itself, and the service")


def test_a_node_without_a_ready_probe_fails_with_the_kubelets_reason() -> None:
    api, made = prepared()
    pod = api.objects[f"/api/v1/namespaces/{made.bench.namespace}/pods"][1]
    pod["status"]["conditions"] = [condition("Ready", "False")]
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}
    pod["status"]["containerStatuses"] = [{"name": "probe", "state": waiting}]
    assert failure(made) == ["no probe on node worker: container probe is waiting: ImagePullBackOff: not found"]


def test_a_probe_that_was_not_scheduled_fails_with_the_schedulers_reason() -> None:
    api, made = prepared()
    pod = api.objects[f"/api/v1/namespaces/{made.bench.namespace}/pods"][1]
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["worker"]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    pod["spec"] = {"affinity": {"nodeAffinity": required}}
    pod["status"] = {"conditions": [condition("PodScheduled", "False", message="0/2 nodes: too many pods")]}
    assert failure(made) == ["no probe on node worker: not scheduled: 0/2 nodes: too many pods"]


def test_a_node_that_got_no_probe_fails() -> None:
    api, made = prepared()
    del api.objects[f"/api/v1/namespaces/{made.bench.namespace}/pods"][0]
    assert failure(made) == ["no probe on node cp: the DaemonSet has made no pod for it"]
