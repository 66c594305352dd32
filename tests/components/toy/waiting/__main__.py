"""The plugin's process, started by `pulumi-resource-crosscloud` beside this file."""

from collections.abc import Mapping
from typing import Any

from crosscloud.plugins.base import Call, Provider, Resource, Secret, Values, main
from crosscloud.plugins.crosscloud.__main__ import RESOURCES
from crosscloud.plugins.crosscloud.access import ClusterAccess
from crosscloud.plugins.crosscloud.node import Node
from crosscloud.plugins.crosscloud.node_group import NodeGroup
from tests.components.toy.plugin import note


class Access(ClusterAccess):
    """Answers at once."""

    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        if call.preview:
            return super().create(call, inputs)
        note(call, "create")
        made = {
            "kubeconfig": Secret("{}"),
            "kubernetesVersion": "v1.37.2",
            "certificateExpires": "2999-01-01T00:00:00Z",
        }
        return "access", {**inputs, **made}


class Ready(Node):
    """Is Ready at once, and goes without being drained."""

    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        if call.preview:
            return super().create(call, inputs)
        note(call, "create")
        return call.name, {**inputs, "nodeName": call.name, "uid": "u", "kubeletVersion": "v1.37.2"}

    def delete(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:  # noqa: ARG002
        note(call, "delete")


class ReadyGroup(NodeGroup):
    """Has as many nodes as asked for."""

    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        if call.preview:
            return super().create(call, inputs)
        note(call, "create")
        return str(inputs["group"]), self._all(inputs)

    def update(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new_inputs: Values
    ) -> Mapping[str, Any]:
        if call.preview:
            return super().update(call, resource_id, old_inputs, old_outputs, new_inputs)
        note(call, "update")
        return self._all(new_inputs)

    def delete(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:  # noqa: ARG002
        note(call, "delete")

    @staticmethod
    def _all(inputs: Values) -> dict[str, Any]:
        node = {"name": "w", "role": "worker", "address": "10.0.0.3", "version": "v1.37.2"}
        return {**inputs, "nodes": [node] * int(inputs["count"]), "uids": {}, "leftovers": []}


INSTEAD: Mapping[str, type[Resource]] = {"ClusterAccess": Access, "Node": Ready, "NodeGroup": ReadyGroup}

if __name__ == "__main__":
    made = {token: INSTEAD.get(token.rpartition(":")[2], kind)() for token, kind in RESOURCES.items()}
    main(Provider("crosscloud", "0.1.0", made))
