"""Reading nodes and pods: whether they are ready, and if not, why, in the cluster's own words."""

from collections.abc import Mapping
from typing import Any

#: The label that kubeadm, and every managed cloud that shows them, put on the machines of the control plane.
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"


def condition(thing: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return a node's or pod's condition of this kind, empty if it has none."""
    conditions: list[dict[str, Any]] = (thing.get("status") or {}).get("conditions") or []
    return next((c for c in conditions if c["type"] == kind), {})


def is_ready(thing: Mapping[str, Any]) -> bool:
    """Say whether a node or pod is Ready and not on its way out."""
    return condition(thing, "Ready").get("status") == "True" and not thing["metadata"].get("deletionTimestamp")


def why_node_not_ready(node: Mapping[str, Any]) -> str:
    """Return why a node is not Ready, empty if it is."""
    if is_ready(node):
        return ""
    ready = condition(node, "Ready")
    words = ": ".join(filter(None, (ready.get("reason"), ready.get("message"))))
    return f"not Ready: {words or 'its kubelet has not said anything yet'}"


def why_not_ready(pod: Mapping[str, Any]) -> str:
    """Return why a pod is not ready, empty if it is: the first container that waits or ended, else the conditions."""
    if is_ready(pod):
        return ""
    if pod["metadata"].get("deletionTimestamp"):
        return "its pod is being deleted"
    stopped = _why_not_running(pod)
    if stopped:
        return stopped
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return f"not scheduled: {scheduled.get('message', scheduled.get('reason', ''))}"
    if not pod["status"].get("containerStatuses"):
        return "its node's kubelet has not begun to start it"
    ready = condition(pod, "Ready")
    return f"pod is {pod['status'].get('phase', 'new')}: {ready.get('message') or ready.get('reason') or 'not ready'}"


def _why_not_running(pod: Mapping[str, Any]) -> str:
    for status in pod["status"].get("containerStatuses") or []:
        for kind in ("waiting", "terminated"):
            state = (status.get("state") or {}).get(kind)
            if state:
                words = ": ".join(filter(None, (state.get("reason"), state.get("message"))))
                return f"container {status['name']} is {kind}: {words or 'no reason given'}"
    return ""


def name(pod: Mapping[str, Any]) -> str:
    """Return ``namespace/name``."""
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
