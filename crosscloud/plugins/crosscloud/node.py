"""``crosscloud:index:Node``: a machine as a member of its cluster, from Ready to drained and removed."""

import time
from collections.abc import Mapping
from typing import Any

from crosscloud.plugins.base import UNKNOWN, Call, PluginError, Resource, Values
from crosscloud.plugins.crosscloud import boot_log, etcd_members
from crosscloud.plugins.crosscloud.api import core
from crosscloud.plugins.crosscloud.drain import drain, kubelet_answers

_DEFAULT_TIMEOUT = 600.0
_PAUSE = 0.3


class Node(Resource):
    """Inputs: ``kubeconfig`` (secret), ``nodeName``, ``machineId`` (``/etc/machine-id`` of the machine; empty where the
    program can't know it), ``role`` (``control-plane`` or ``worker``) and ``bootLog``. Outputs: those, ``uid``,
    ``address``, ``kubeletVersion`` and, for control planes, ``etcdMemberId``."""

    replace_on = ("nodeName", "machineId", "role")
    delete_before_replace = True

    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Wait until the machine's node is Ready, within the program's time-out (10 minutes by default)."""
        if call.preview:
            return "", {**inputs, "uid": UNKNOWN, "address": UNKNOWN, "kubeletVersion": UNKNOWN}
        node = _wait_ready(call, inputs)
        return node.metadata.name, _outputs(inputs, node)

    def read(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> Mapping[str, Any] | None:
        """See whether the very node is still a member; a cluster that does not answer proves nothing."""
        try:
            node = _find(inputs)
        except Exception as error:  # whatever keeps the cluster from answering
            call.log("warning", f"node {resource_id} was not refreshed: {_short(error)}")
            return outputs
        if node is None or node.metadata.uid != outputs.get("uid"):
            return None
        return _outputs(inputs, node)

    def update(
        self,
        _call: Call,
        _resource_id: str,
        _old_inputs: Values,
        old_outputs: Values,
        new_inputs: Values,
    ) -> Mapping[str, Any]:
        """Take a new kubeconfig or boot log: the node itself stays as it is."""
        return {**old_outputs, **new_inputs}

    def delete(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Drain the node, take it out of etcd and out of the cluster; only ever the node that this resource made."""
        try:
            node = _find(inputs)
        except Exception as error:
            raise PluginError(
                f"node {resource_id} can't be removed from its cluster, which does not answer ({_short(error)}). "
                "If the cluster is gone for good, `pulumi refresh` and `make down` clean up"
            ) from error
        if node is None or node.metadata.uid != outputs.get("uid"):
            return
        api = core(inputs["kubeconfig"])
        if _ready(node)[0] and kubelet_answers(api, resource_id):
            drain(call, api, resource_id)
        if inputs["role"] == "control-plane":
            etcd_members.remove(call, inputs["kubeconfig"], resource_id, str(outputs.get("etcdMemberId") or ""))
        _remove(api, resource_id, node.metadata.uid)


def _find(inputs: Values) -> Any:
    """Return the node of this name, or nothing."""
    from kubernetes.client import ApiException

    try:
        return core(inputs["kubeconfig"]).read_node(inputs["nodeName"], _request_timeout=10)
    except ApiException as error:
        if error.status == 404:  # noqa: PLR2004
            return None
        raise


def _remove(api: Any, name: str, uid: str) -> None:
    from kubernetes.client import ApiException

    try:
        api.delete_node(name, body={"preconditions": {"uid": uid}})
    except ApiException as error:
        if error.status not in (404, 409):  # gone, or by now another machine's
            raise


def _wait_ready(call: Call, inputs: Values) -> Any:
    limit = call.timeout or _DEFAULT_TIMEOUT
    started = time.monotonic()
    name, shown = inputs["nodeName"], ""
    while True:
        ready, reason, node = _look(inputs)
        if ready:
            return node
        waited = time.monotonic() - started
        logs = {name: str(inputs.get("bootLog") or "")}
        if call.cancelled.is_set():
            raise PluginError(f"cancelled while waiting for node {name}")
        if boot_log.failures(logs):
            raise PluginError(f"the bootstrap of {name} failed; {boot_log.excerpt(logs)}")
        if waited > limit:
            raise PluginError(f"node {name} was not Ready within {limit:.0f} s: {reason}; {boot_log.excerpt(logs)}")
        doing = (boot_log.progress(logs[name]) if node is None else reason.partition(":")[0]) or reason
        if doing != shown:
            call.status(doing)
            shown = doing
        time.sleep(_PAUSE)


def _look(inputs: Values) -> tuple[bool, str, Any]:
    try:
        node = _find(inputs)
    except Exception as error:  # a new cluster's API may come and go; the wait is bounded
        return False, f"the cluster does not answer: {_short(error)}", None
    if node is None:
        return False, "it has not joined the cluster", None
    expected = inputs.get("machineId")
    if expected and node.status.node_info and node.status.node_info.machine_id != expected:
        return False, "the node of this name is still another machine's", None
    ready, reason = _ready(node)
    return ready, reason, node


def _ready(node: Any) -> tuple[bool, str]:
    for condition in node.status.conditions or []:
        if condition.type == "Ready":
            return condition.status == "True", f"NotReady: {condition.message or condition.reason}"
    return False, "its kubelet has not reported yet"


def _outputs(inputs: Values, node: Any) -> dict[str, Any]:
    addresses = {a.type: a.address for a in node.status.addresses or []}
    found = {
        **inputs,
        "uid": node.metadata.uid,
        "address": addresses.get("InternalIP", ""),
        "kubeletVersion": node.status.node_info.kubelet_version,
    }
    if inputs["role"] == "control-plane":
        found["etcdMemberId"] = etcd_members.find(inputs["kubeconfig"], node.metadata.name)
    return found


def _short(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
