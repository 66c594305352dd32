"""A node without a kubelet: pods that the scheduler puts on it are said to run, and none does.

Beside a control plane that is real, that is enough for what waits for pods: helm, and `crosscloud up`.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from crosscloud.plugins.crosscloud.api import client

NAME = "pretended"
_ROOM = {"cpu": "8", "memory": "16Gi", "pods": "110"}
_SYSTEM = (
    *("architecture", "bootID", "containerRuntimeVersion", "kernelVersion", "kubeProxyVersion", "machineID"),
    *("operatingSystem", "osImage", "systemUUID"),
)


@contextmanager
def pretended_node(kubeconfig: str, version: str) -> Iterator[None]:
    """Have a node, of this version of Kubernetes, whose pods are said to run at once, for the length of the block."""
    from kubernetes.client import CoreV1Api, V1Node, V1ObjectMeta

    api = CoreV1Api(client(kubeconfig))
    api.create_node(V1Node(metadata=V1ObjectMeta(name=NAME)))
    status = {
        "capacity": _ROOM,
        "allocatable": _ROOM,
        "conditions": [_condition("Ready")],
        "addresses": [{"type": "InternalIP", "address": "192.0.2.10"}],
        "nodeInfo": {**dict.fromkeys(_SYSTEM, NAME), "kubeletVersion": version},
    }
    api.patch_node_status(NAME, {"status": status})
    ended = threading.Event()
    thread = threading.Thread(target=_say_that_pods_run, args=(api, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(10)


def _say_that_pods_run(api: Any, ended: threading.Event) -> None:
    from kubernetes.client import ApiException

    while not ended.wait(0.3):
        for pod in api.list_pod_for_all_namespaces(field_selector=f"spec.nodeName={NAME}").items:
            try:
                if pod.metadata.deletion_timestamp:
                    api.delete_namespaced_pod(pod.metadata.name, pod.metadata.namespace, grace_period_seconds=0)
                elif pod.status.phase == "Pending":
                    api.patch_namespaced_pod_status(pod.metadata.name, pod.metadata.namespace, _running(pod))
            except ApiException as error:
                if error.status not in (404, 409):  # it went, or changed, in between
                    raise


def _running(pod: Any) -> dict[str, Any]:
    started = datetime.now(UTC).isoformat()
    containers = [
        {
            "name": each.name,
            "image": each.image,
            "imageID": "",
            "ready": True,
            "restartCount": 0,
            "started": True,
            "state": {"running": {"startedAt": started}},
        }
        for each in pod.spec.containers
    ]
    conditions = [_condition(each) for each in ("Initialized", "Ready", "ContainersReady", "PodScheduled")]
    return {"status": {"phase": "Running", "conditions": conditions, "containerStatuses": containers}}


def _condition(kind: str) -> dict[str, str]:
    now = datetime.now(UTC).isoformat()
    return {"type": kind, "status": "True", "lastTransitionTime": now, "reason": "Pretended"}
