"""``crosscloud:index:NodeGroup``: the nodes of machines that a cloud makes and replaces by itself.

The cloud keeps the machines, but nobody tells the cluster which of them are gone: this resource waits until as many
nodes as asked for are Ready, all of one generation, and takes out those whose machines have died.
"""

import time
from collections.abc import Mapping
from typing import Any

import yaml

from crosscloud.plugins.base import UNKNOWN, Call, Diff, PluginError, Resource, Values
from crosscloud.plugins.crosscloud import boot_log, node_state
from crosscloud.plugins.crosscloud.api import core
from crosscloud.plugins.crosscloud.drain import drain, kubelet_answers
from crosscloud.plugins.crosscloud.node_survey import Survey, survey

_DEFAULT_TIMEOUT = 900.0
_PAUSE = 1.0


class NodeGroup(Resource):
    """Inputs: ``kubeconfig`` (secret), ``role``, ``count``, ``group`` (the cloud's id of it), ``generation`` (what its
    nodes carry as the label ``crosscloud/generation``) and ``console`` (a command that shows the group's machines).

    ``least`` and ``most`` (both ``count`` by default) are between what the cloud lets their number float by itself.

    Outputs: those, ``nodes`` (name, role, address and version of each that is Ready), ``uids`` (by name) and
    ``leftovers`` (nodes that are dead or of an older generation).
    """

    replace_on = ("role", "group")
    # The nodes of a group that goes are drained before those of the next one are counted.
    delete_before_replace = True

    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Wait for the nodes, within the program's time-out (15 minutes by default)."""
        if call.preview:
            return "", {**inputs, "nodes": UNKNOWN, "uids": UNKNOWN, "leftovers": UNKNOWN}
        return str(inputs["group"]), _settle(call, inputs, least=int(inputs["count"]))

    def diff(self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new_inputs: Values) -> Diff:
        """See nodes that are missing, or dead, as a change: an update waits for those that take their place."""
        before, after = old_inputs["kubeconfig"], new_inputs["kubeconfig"]
        if before != after and _without_token(before) == _without_token(after):
            old_inputs = Values({**old_inputs, "kubeconfig": after})
            # With a token that has ended by now a refresh saw nothing.
            live = Values(self.read(call, resource_id, new_inputs, old_outputs) or {})
            if live.get("uids") != old_outputs.get("uids"):
                return Diff({"nodes": "update"}, inputs=False)
            old_outputs = live
        found = super().diff(call, resource_id, old_inputs, old_outputs, new_inputs)
        if found.any:
            return found
        there = len(old_outputs.get("nodes") or [])
        if not _least(new_inputs) <= there <= _most(new_inputs) or old_outputs.get("leftovers"):
            return Diff({"nodes": "update"}, inputs=False)
        return found

    def read(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> Mapping[str, Any] | None:
        """Report the nodes that are there; a cluster that does not answer proves nothing."""
        try:
            found = survey(inputs)
        except Exception as error:  # whatever keeps the cluster from answering
            call.log("warning", f"the nodes of {resource_id} were not refreshed: {node_state.short(error)}")
            return outputs
        return _outputs(inputs, found)

    def update(
        self, call: Call, _resource_id: str, _old_inputs: Values, old_outputs: Values, new_inputs: Values
    ) -> Mapping[str, Any]:
        """Wait until the nodes are as many, and as new, as they are to be.

        Where the cloud scales them it has its own mind of their number: not every cloud takes a new ``count`` then.
        """
        if call.preview:
            return {**old_outputs, **new_inputs, "nodes": UNKNOWN, "uids": UNKNOWN, "leftovers": UNKNOWN}
        return _settle(call, new_inputs, least=_least(new_inputs))

    def delete(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Drain the group's nodes and take them out of the cluster, before their machines go."""
        uids = outputs.get("uids") or {}
        try:
            nodes = [n for n in node_state.listed(inputs["kubeconfig"]) if uids.get(n.metadata.name) == n.metadata.uid]
        except Exception as error:
            raise PluginError(
                f"the nodes of {resource_id} can't be removed from their cluster, which does not answer "
                f"({node_state.short(error)}). {node_state.GONE_FOR_GOOD}"
            ) from error
        api = core(inputs["kubeconfig"])
        for node in nodes:
            name = node.metadata.name
            if node_state.ready(node)[0] and kubelet_answers(api, name):
                drain(call, api, name)
            node_state.remove(api, name, node.metadata.uid)


def _least(inputs: Values) -> int:
    return int(inputs.get("least") or inputs["count"])


def _most(inputs: Values) -> int:
    return int(inputs.get("most") or inputs["count"])


def _without_token(config: Any) -> Any:
    """Return a kubeconfig without its tokens: some clouds give another one to each run, and it is the same access."""
    if not isinstance(config, str):
        return config
    document = yaml.safe_load(config)
    for user in (document or {}).get("users") or [] if isinstance(document, dict) else []:
        (user.get("user") or {}).pop("token", None)
    return document


def _settle(call: Call, inputs: Values, *, least: int) -> dict[str, Any]:
    """Wait for the nodes, remove the dead ones, and return the outputs."""
    limit = call.timeout or _DEFAULT_TIMEOUT
    started = time.monotonic()
    shown = ""
    while True:
        found, state = _look(inputs, least)
        if found is not None and found.settled(least, _most(inputs)):
            break
        _stop_if_cancelled_or_failed(call, found, state)
        if time.monotonic() - started > limit:
            raise PluginError(f"{state} after {limit:.0f} s{_more(inputs, found)}")
        if state != shown:
            call.status(state)
            shown = state
        time.sleep(_PAUSE)
    api = core(inputs["kubeconfig"])
    for node in found.dead:
        call.status(f"removing {node.metadata.name}, whose machine is gone")
        node_state.remove(api, node.metadata.name, node.metadata.uid)
    return _outputs(inputs, Survey(ready=found.ready))


def _look(inputs: Values, least: int) -> tuple[Survey | None, str]:
    try:
        found = survey(inputs)
    except Exception as error:  # an API may come and go; the wait is bounded
        return None, f"the cluster does not answer: {node_state.short(error)}"
    return found, found.summary(least, _most(inputs), str(inputs["role"]))


def _stop_if_cancelled_or_failed(call: Call, found: Survey | None, state: str) -> None:
    if call.cancelled.is_set():
        raise PluginError(f"cancelled: {state}")
    # Nobody but a rehearsal can read the logs of machines that have not joined.
    known = {node_state.internal_address(node) for node in found.ready} if found else set()
    failed = boot_log.failed_elsewhere(known) if found else {}
    if failed:
        raise PluginError(f"the bootstrap of {', '.join(failed)} failed; {boot_log.excerpt(failed)}")


def _more(inputs: Values, found: Survey | None) -> str:
    details = f"; {found.details()}" if found and found.details() else ""
    console = f"; what the cloud says of its machines: {inputs['console']}" if inputs.get("console") else ""
    return details + console


def _outputs(inputs: Values, found: Survey) -> dict[str, Any]:
    nodes = [
        {
            "name": node.metadata.name,
            "role": node_state.role(node),
            "address": node_state.internal_address(node),
            "version": node.status.node_info.kubelet_version,
        }
        for node in found.ready
    ]
    uids = {node.metadata.name: node.metadata.uid for node in found.ready}
    leftovers = [node.metadata.name for node in (*found.older, *found.dead)]
    return {**inputs, "nodes": nodes, "uids": uids, "leftovers": leftovers}
