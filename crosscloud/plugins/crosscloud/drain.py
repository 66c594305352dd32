"""Draining a node: nothing new comes to it, and its pods are moved by eviction, which honours disruption budgets."""

import time
from typing import Any

from crosscloud.plugins.base import Call

#: Seconds after which what does not let itself be evicted goes down with the machine.
_PATIENCE = 120.0
_PAUSE = 1.0


def drain(call: Call, api: Any, name: str) -> None:
    """Cordon the node and evict its pods; what is left after two minutes is named in a warning."""
    api.patch_node(name, {"spec": {"unschedulable": True}})
    deadline = time.monotonic() + _PATIENCE
    while True:
        left = _evictable(api, name)
        if not left:
            return
        if time.monotonic() > deadline or call.cancelled.is_set():
            names = ", ".join(f"{p.metadata.namespace}/{p.metadata.name}" for p in left)
            call.log("warning", f"node {name} goes with pods still on it: {names}")
            return
        for pod in left:
            if pod.metadata.deletion_timestamp is None:
                _evict(api, pod)
        call.status(f"draining: {len(left)} pods left")
        time.sleep(_PAUSE)


def kubelet_answers(api: Any, name: str) -> bool:
    """Ask the node's kubelet, through the API server, whether it lives.

    A node counts as Ready for 40 seconds after its machine died, and pods that nobody stops never go.
    """
    try:
        api.connect_get_node_proxy_with_path(name, "healthz", _request_timeout=10)
    except Exception:  # whatever the API server says of a kubelet that it can't reach
        return False
    return True


def _evictable(api: Any, name: str) -> list[Any]:
    pods = api.list_pod_for_all_namespaces(field_selector=f"spec.nodeName={name}").items
    return [pod for pod in pods if not _stays(pod)]


def _stays(pod: Any) -> bool:
    """Pods of the node itself (static, or of a DaemonSet) and finished ones are not moved."""
    if pod.status.phase in ("Succeeded", "Failed"):
        return True
    if "kubernetes.io/config.mirror" in (pod.metadata.annotations or {}):
        return True
    return any(owner.kind == "DaemonSet" for owner in pod.metadata.owner_references or [])


def _evict(api: Any, pod: Any) -> None:
    from kubernetes.client import ApiException

    body = {"metadata": {"name": pod.metadata.name, "namespace": pod.metadata.namespace}}
    try:
        api.create_namespaced_pod_eviction(pod.metadata.name, pod.metadata.namespace, body)
    except ApiException as error:
        if error.status not in (404, 429):  # gone, or a disruption budget asks for patience
            raise
