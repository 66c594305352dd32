"""What is said about pods that don't work."""

from collections.abc import Mapping
from typing import Any, cast

import pytest

from crosscloud.plugins.kubernetes import readiness
from crosscloud.plugins.kubernetes.api import Api, Mapped
from crosscloud.plugins.kubernetes.explain import explain

DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "apps", "uid": "d"},
    "spec": {"selector": {"matchLabels": {"app": "web"}}},
}


class Answers:
    """Stands for an API server that knows some pods, events and logs."""

    def __init__(
        self, pods: list[dict[str, Any]], *, log: str = "", events: list[dict[str, Any]] | None = None
    ) -> None:
        self._known = {"Pod": pods, "Event": events or [], "ReplicaSet": []}
        self._log = log

    def list(self, _version: str, kind: str, _namespace: str = "", **_query: str) -> list[dict[str, Any]]:
        return self._known[kind]

    def kind(self, version: str, kind: str) -> Mapped:
        return Mapped(version, kind, f"{kind.lower()}s", True)

    def path(self, _mapped: Mapped, namespace: str, name: str) -> str:
        return f"/{namespace}/{name}"

    def request(self, _method: str, _path: str, **_parts: Any) -> str:
        return self._log


def pod(status: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": "Pod", "metadata": {"name": "web-1", "namespace": "apps", "uid": "p"}, "status": status}


def container(**state: Any) -> dict[str, Any]:
    return {"containerStatuses": [{"name": "main", "ready": False, **state}]}


def said(status: Mapping[str, Any], *, log: str = "", events: list[dict[str, Any]] | None = None) -> list[str]:
    return explain(cast(Api, Answers([pod(status)], log=log, events=events)), [DEPLOYMENT])


def test_a_crashing_container_is_named_with_its_exit_and_its_last_words() -> None:
    crashed = container(
        state={"waiting": {"reason": "CrashLoopBackOff"}}, lastState={"terminated": {"exitCode": 1, "reason": "Error"}}
    )
    assert said(crashed, log="starting\nno such file: Corefile\n") == [
        "pod apps/web-1: container main: CrashLoopBackOff (exit 1), last log lines:\n"
        "    starting\n    no such file: Corefile"
    ]


def test_a_container_that_was_killed_for_its_memory_says_so() -> None:
    killed = container(state={"terminated": {"exitCode": 137, "reason": "OOMKilled"}})
    assert said(killed) == ["pod apps/web-1: container main: OOMKilled (exit 137, OOMKilled), no log lines"]


def test_an_image_that_cant_be_pulled_is_named() -> None:
    waiting = container(state={"waiting": {"reason": "ErrImagePull", "message": "none:1 not found"}})
    assert said(waiting) == ["pod apps/web-1: container main: ErrImagePull: none:1 not found"]


def test_a_pod_without_a_place_says_why() -> None:
    pending = {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "message": "0/2 nodes"}]}
    assert said(pending) == ["pod apps/web-1: not scheduled: 0/2 nodes"]


def test_a_container_that_runs_but_is_not_ready_shows_its_probes_answer_and_its_log() -> None:
    running = {"phase": "Running", **container(state={"running": {}})}
    events = [{"reason": "Unhealthy", "message": "Readiness probe failed: 503"}]
    assert said(running, log="waiting for the API", events=events) == [
        "pod apps/web-1: container main: running but not ready: Unhealthy: Readiness probe failed: 503, "
        "last log lines:\n    waiting for the API"
    ]


def test_a_mount_that_fails_is_told_by_its_event() -> None:
    starting = {"phase": "Pending", **container(state={"waiting": {"reason": "ContainerCreating"}})}
    events = [{"reason": "FailedMount", "message": "secret not found"}]
    assert said(starting, events=events) == ["pod apps/web-1: FailedMount: secret not found"]


def test_pods_that_work_are_not_mentioned() -> None:
    assert said({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}) == []


def test_a_deployment_without_pods_tells_what_its_controller_says() -> None:
    refused = {**DEPLOYMENT, "status": {"conditions": [{"type": "ReplicaFailure", "message": "exceeded quota"}]}}
    assert explain(cast(Api, Answers([])), [refused]) == ["Deployment apps/web: exceeded quota"]


def live(kind: str, status: Mapping[str, Any], spec: Mapping[str, Any] | None = None) -> dict[str, Any]:
    group = {"Namespace": "v1", "Pod": "v1", "Job": "batch/v1"}.get(kind, "apps/v1")
    metadata = {"name": "x", "namespace": "y", "generation": 2}
    return {"apiVersion": group, "kind": kind, "metadata": metadata, "spec": spec or {}, "status": status}


@pytest.mark.parametrize(
    "seen",
    [
        live("Deployment", {"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}),
        live("Deployment", {"observedGeneration": 2}, {"replicas": 0}),
        live("StatefulSet", {"observedGeneration": 2, "updatedReplicas": 1, "readyReplicas": 1}),
        live("DaemonSet", {"observedGeneration": 2, "desiredNumberScheduled": 0}),
        live("Job", {"conditions": [{"type": "Complete", "status": "True"}]}),
        live("Namespace", {"phase": "Active"}),
        live("Unheard", {}),
    ],
)
def test_what_works_is_ready(seen: dict[str, Any]) -> None:
    assert readiness.check(cast(Api, Answers([])), seen).ready


@pytest.mark.parametrize(
    ("seen", "why", "failed"),
    [
        (live("Deployment", {"observedGeneration": 1}), "waiting for the deployment controller", False),
        (
            live("Deployment", {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 1, "availableReplicas": 1}),
            "1 old replicas are still there",
            False,
        ),
        (
            live(
                "Deployment",
                {
                    "observedGeneration": 2,
                    "conditions": [{"type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "slow"}],
                },
            ),
            "slow",
            True,
        ),
        (
            live("DaemonSet", {"observedGeneration": 2, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2}),
            "0 of 2 pods are available",
            False,
        ),
        (live("Pod", {"phase": "Failed"}), "the pod failed", True),
        (
            live("Job", {"conditions": [{"type": "Failed", "status": "True", "message": "backoff"}]}),
            "the job failed: backoff",
            True,
        ),
    ],
)
def test_what_does_not_work_yet_or_never_will_says_why(seen: dict[str, Any], why: str, failed: bool) -> None:
    assert readiness.check(cast(Api, Answers([])), seen) == readiness.Readiness(ready=False, why=why, failed=failed)
