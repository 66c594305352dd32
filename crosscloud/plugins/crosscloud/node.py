"""``crosscloud:index:Node``: a machine as a member of its cluster, from Ready to drained and removed."""

import time
from collections.abc import Mapping
from typing import Any

from crosscloud.plugins.base import UNKNOWN, Call, PluginError, Resource, Values
from crosscloud.plugins.crosscloud import boot_log, etcd_members, node_state, quorum
from crosscloud.plugins.crosscloud.api import core
from crosscloud.plugins.crosscloud.drain import drain, kubelet_answers

_DEFAULT_TIMEOUT = 600.0
_PAUSE = 0.3


class Node(Resource):
    """A machine's node, known by its name or, on a cloud, by its address.

    Inputs: ``kubeconfig`` (secret) and ``role`` (``control-plane`` or ``worker``); either ``nodeName``, ``machineId``
    (``/etc/machine-id`` of the machine; empty where the program can't know it) and ``bootLog``, or ``address`` (its
    InternalIP), ``identity`` (the cloud's id of the machine) and ``console`` (a command that shows its boot log).
    Outputs: those, ``nodeName``, ``uid``, ``address``, ``kubeletVersion`` and, for control planes, ``etcdMemberId``.
    """

    replace_on = ("nodeName", "machineId", "address", "identity", "role")
    delete_before_replace = True

    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Wait until the machine's node is Ready, within the program's time-out (10 minutes by default)."""
        if call.preview:
            return "", {**dict.fromkeys(("nodeName", "uid", "address", "kubeletVersion"), UNKNOWN), **inputs}
        node = _wait_ready(call, inputs)
        return node.metadata.name, _outputs(inputs, node)

    def read(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> Mapping[str, Any] | None:
        """See whether the very node is still a member; a cluster that does not answer proves nothing."""
        try:
            node = _find(inputs, outputs.get("uid", ""))
        except Exception as error:  # whatever keeps the cluster from answering
            call.log("warning", f"node {resource_id} was not refreshed: {node_state.short(error)}")
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
        """Take a new kubeconfig, boot log or console: the node itself stays as it is."""
        return {**old_outputs, **new_inputs}

    def delete(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Drain the node, take it out of etcd and out of the cluster; only ever the node that this resource made."""
        try:
            node = _find(inputs, outputs.get("uid", ""))
        except Exception as error:
            raise PluginError(
                f"node {resource_id} can't be removed from its cluster, which does not answer "
                f"({node_state.short(error)}). {node_state.GONE_FOR_GOOD}"
            ) from error
        if node is None or node.metadata.uid != outputs.get("uid"):
            return
        api = core(inputs["kubeconfig"])
        if inputs["role"] == "control-plane":
            quorum.ensure_kept(api, node_state.listed(inputs["kubeconfig"]), node)
        if node_state.ready(node)[0] and kubelet_answers(api, resource_id):
            drain(call, api, resource_id)
        if inputs["role"] == "control-plane":
            etcd_members.remove(call, inputs["kubeconfig"], resource_id, str(outputs.get("etcdMemberId") or ""))
        node_state.remove(api, resource_id, node.metadata.uid)


def _find(inputs: Values, uid: str = "") -> Any:
    """Return the node of this name or address, or nothing; one address may be that of several, told apart by uid."""
    if "nodeName" in inputs:
        return node_state.by_name(inputs["kubeconfig"], inputs["nodeName"])
    return node_state.by_address(inputs["kubeconfig"], inputs["address"], uid)


def _wait_ready(call: Call, inputs: Values) -> Any:
    limit = call.timeout or _DEFAULT_TIMEOUT
    started = time.monotonic()
    name, shown = inputs.get("nodeName") or call.name, ""
    logs = {name: str(inputs.get("bootLog") or inputs.get("address") or "")}
    consoles = {name: str(inputs.get("console") or "")}
    while True:
        is_ready, reason, node = _look(inputs)
        if is_ready:
            return node
        waited = time.monotonic() - started
        if call.cancelled.is_set():
            raise PluginError(f"cancelled while waiting for node {name}")
        if boot_log.failures(logs):
            raise PluginError(f"the bootstrap of {name} failed; {boot_log.excerpt(logs)}")
        if waited > limit:
            seen = boot_log.excerpt(logs, consoles=consoles)
            raise PluginError(f"node {name} was not Ready within {limit:.0f} s: {reason}; {seen}")
        doing = (boot_log.progress(logs[name]) if node is None else reason.partition(":")[0]) or reason
        if doing != shown:
            call.status(doing)
            shown = doing
        time.sleep(_PAUSE)


def _look(inputs: Values) -> tuple[bool, str, Any]:
    try:
        node = _find(inputs)
    except Exception as error:  # a new cluster's API may come and go; the wait is bounded
        return False, f"the cluster does not answer: {node_state.short(error)}", None
    if node is None:
        return False, "it has not joined the cluster", None
    expected = inputs.get("machineId")
    if expected and node.status.node_info and node.status.node_info.machine_id != expected:
        return False, "the node of this name is still another machine's", None
    is_ready, reason = node_state.ready(node)
    return is_ready, reason, node


def _outputs(inputs: Values, node: Any) -> dict[str, Any]:
    found = {
        **inputs,
        "nodeName": node.metadata.name,
        "uid": node.metadata.uid,
        "address": node_state.internal_address(node),
        "kubeletVersion": node.status.node_info.kubelet_version,
    }
    if inputs["role"] == "control-plane":
        found["etcdMemberId"] = etcd_members.find(inputs["kubeconfig"], node.metadata.name)
    return found
