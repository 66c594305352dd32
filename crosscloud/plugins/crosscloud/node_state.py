"""What the API server knows of nodes: finding them, whether they are Ready, and taking them out."""

from typing import Any

from crosscloud.plugins.crosscloud.api import core

#: The label by which the nodes of a group tell their generation.
GENERATION = "crosscloud/generation"
#: What to do about a cluster that will never answer again.
GONE_FOR_GOOD = "If the cluster is gone for good, `pulumi refresh` and `make down` clean up"
_CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
_TIMEOUT = 10
_GONE, _CONFLICT = 404, 409


def by_name(config: str, name: str) -> Any:
    """Return the node of this name, or nothing."""
    from kubernetes.client import ApiException

    try:
        return core(config).read_node(name, _request_timeout=_TIMEOUT)
    except ApiException as error:
        if error.status == _GONE:
            return None
        raise


def by_address(config: str, address: str, uid: str = "") -> Any:
    """Return the node with this internal address, or nothing: the one of ``uid`` if it is named, else the youngest.

    A machine that died may have left a node of the same address.
    """
    found = [node for node in listed(config) if internal_address(node) == address]
    if uid:
        found = [node for node in found if node.metadata.uid == uid]
    return max(found, key=lambda node: node.metadata.creation_timestamp, default=None)


def listed(config: str) -> list[Any]:
    """Return all nodes of the cluster."""
    return list(core(config).list_node(_request_timeout=_TIMEOUT).items)


def internal_address(node: Any) -> str:
    """Return the address by which a node is known in its cluster's network; empty before it has told it."""
    return str({each.type: each.address for each in node.status.addresses or []}.get("InternalIP", ""))


def role(node: Any) -> str:
    """Return ``control-plane`` or ``worker``."""
    return "control-plane" if _CONTROL_PLANE in (node.metadata.labels or {}) else "worker"


def ready(node: Any) -> tuple[bool, str]:
    """Return whether a node is Ready, and what its kubelet says if it isn't."""
    for condition in node.status.conditions or []:
        if condition.type == "Ready":
            return condition.status == "True", f"NotReady: {condition.message or condition.reason}"
    return False, "its kubelet has not reported yet"


def remove(api: Any, name: str, uid: str) -> None:
    """Take a node out of the cluster, if it is still the one of ``uid``."""
    from kubernetes.client import ApiException

    try:
        api.delete_node(name, body={"preconditions": {"uid": uid}})
    except ApiException as error:
        if error.status not in (_GONE, _CONFLICT):  # gone, or by now another machine's
            raise


def short(error: Exception) -> str:
    """Return the beginning of an error's text."""
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
