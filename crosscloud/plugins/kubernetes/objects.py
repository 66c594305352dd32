"""Any object of the API server as a resource, by server-side apply."""

from collections.abc import Mapping
from typing import Any

from crosscloud.plugins.base import (
    UNKNOWN,
    Call,
    CheckFailure,
    Diff,
    PartialFailure,
    PluginError,
    Read,
    Resource,
    Values,
    diff_values,
    has_unknown,
)
from crosscloud.plugins.kubernetes import naming, readiness, state
from crosscloud.plugins.kubernetes.api import ApiError
from crosscloud.plugins.kubernetes.apply import Applier
from crosscloud.plugins.kubernetes.cluster import Cluster
from crosscloud.plugins.kubernetes.explain import explain
from crosscloud.plugins.kubernetes.replacement import refused_as_immutable, replaces
from crosscloud.plugins.kubernetes.waiting import wait_for

_AUTONAMED = "pulumi.com/autonamed"
_NOT_FOUND = 404


class KubernetesObject(Resource):
    """Objects of every kind but helm releases."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def check(self, call: Call, old: Values, new: Values) -> tuple[Mapping[str, Any], list[CheckFailure]]:
        """Fill in apiVersion, kind, name and namespace."""
        if self._cluster.settings.on("skipUpdateUnreachable") and self._cluster.trouble:
            call.log("warning", "the cluster is unreachable and skipUpdateUnreachable is on: left as it is")
            return old, []
        kind = naming.kind_of(call.type, new)
        if kind[1].endswith("List"):
            return new, [CheckFailure("kind", f"a {kind[1]} can't be made: make its items, each of its own kind")]
        inputs = state.clean(new)
        inputs["apiVersion"], inputs["kind"] = kind
        failures = self._name(call, old, inputs)
        metadata = inputs["metadata"]
        if isinstance(metadata, dict) and not metadata.get("namespace", ""):
            metadata.pop("namespace", None)
            if self._cluster.is_namespaced(kind):
                metadata["namespace"] = self._cluster.namespace
        return state.hide(kind, Values(inputs, new.secret_paths)), failures

    @staticmethod
    def _name(call: Call, old: Values, inputs: dict[str, Any]) -> list[CheckFailure]:
        metadata = inputs["metadata"] = inputs.get("metadata", {}) or {}
        if metadata is UNKNOWN or metadata.get("name"):
            return []
        if metadata.get("generateName"):
            return [
                CheckFailure(
                    "metadata.generateName", "can't be used with server-side apply: leave it out or give a name"
                )
            ]
        if naming.is_patch(call.type):
            return [CheckFailure("metadata.name", "is missing: a patch must say which object it is for")]
        before = old.get("metadata") or {}
        adopted = before.get("name") if readiness.annotation(old, "autonamed") == "true" else None
        annotations = metadata.get("annotations") or {}
        inputs["metadata"] = {
            **metadata,
            "name": adopted or f"{call.name}-{naming.random_hex(call.seed)}",
            "annotations": annotations if annotations is UNKNOWN else {**annotations, _AUTONAMED: "true"},
        }
        return []

    def diff(self, call: Call, _id: str, old_inputs: Values, old_outputs: Values, new_inputs: Values) -> Diff:
        """Compare inputs; what a dry run finds to be immutable asks for a replacement too."""
        old = state.clean(state.old_inputs(old_inputs, old_outputs))
        if old_outputs.get("metadata", {}).get("name") and "metadata" in old:
            old["metadata"] = {**old["metadata"], "name": old_outputs["metadata"]["name"]}
        new = self._without_stray_namespace(call, new_inputs)
        detailed = dict(diff_values(self._without_stray_namespace(call, old), new, same=_same).detailed)
        if detailed.get("apiVersion") == "update" and self._only_version_changed(old, new_inputs):
            del detailed["apiVersion"]
        kind = naming.kind_of(call.type, new_inputs)
        if state.is_secret_kind(kind) and state.same_secret(old, new):
            detailed = {p: k for p, k in detailed.items() if not p.startswith(("data", "stringData"))}
        patch = naming.is_patch(call.type)
        fixed = replaces(kind, new_inputs, detailed, self._cluster.settings, patch=patch)
        if detailed and not fixed:
            fixed = self._refused(call, old_outputs, new_inputs, list(detailed))
        fixed += [path for path in self._unready(old_outputs, new_inputs) if path not in fixed]
        return Diff(
            detailed=detailed,
            replaces=fixed,
            delete_before_replace=bool(fixed) and self._same_place(old_outputs, new_inputs),
            changes=bool(detailed or fixed),
        )

    def _without_stray_namespace(self, call: Call, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Drop the namespace that a kind got before the cluster knew that it lives in none."""
        metadata = inputs.get("metadata")
        if not isinstance(metadata, Mapping) or self._cluster.is_namespaced(naming.kind_of(call.type, inputs)):
            return inputs
        return {**inputs, "metadata": {k: v for k, v in metadata.items() if k != "namespace"}}

    @staticmethod
    def _only_version_changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
        groups = [str(bag.get("apiVersion", "")).rpartition("/")[0] for bag in (old, new)]
        return groups[0] == groups[1]

    def _refused(self, call: Call, outputs: Values, inputs: Values, changed: list[str]) -> list[str]:
        """Ask the server, in a dry run, whether the change can be made in place; return what can't."""
        kind = naming.kind_of(call.type, inputs)
        if has_unknown(inputs) or not self._cluster.knows(kind):
            return []
        try:
            self._applier(call).change(inputs, outputs, dry_run=True, force=True)
        except ApiError as error:
            if refused_as_immutable(str(error)):
                fields = {str(cause.get("field", "")) for cause in error.causes}
                named = [p for p in changed if any(f and (p.startswith(f) or f.startswith(p)) for f in fields)]
                return named or changed
        return []

    def _unready(self, outputs: Values, inputs: Values) -> list[str]:
        if readiness.annotation(inputs, "replaceUnready") != "true" or inputs.get("kind") != "Job":
            return []
        metadata = outputs.get("metadata") or {}
        live = self._cluster.api.get("batch/v1", "Job", metadata.get("namespace", ""), metadata.get("name", ""))
        unready = live is not None and not readiness.check(self._cluster.api, live).ready
        return ['metadata.annotations["pulumi.com/replaceUnready"]'] if unready else []

    @staticmethod
    def _same_place(outputs: Values, inputs: Values) -> bool:
        """Whether the new object must have the old one's name, so that the old one has to go first."""
        before, after = outputs.get("metadata") or {}, inputs.get("metadata") or {}
        if readiness.annotation(inputs, "autonamed") == "true":
            return False
        return (before.get("name"), before.get("namespace", "")) == (after.get("name"), after.get("namespace", ""))

    def _applier(self, call: Call) -> Applier:
        return Applier(self._cluster.api, self._cluster.settings, call)

    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Apply it and wait until it works."""
        kind = naming.kind_of(call.type, inputs)
        if call.preview:
            return "", self._preview(call, kind, inputs)
        self._cluster.wait(call)
        applier = self._applier(call)
        live = applier.create(inputs)
        return self._settle(call, inputs, live, applier.manager_of(inputs), inputs["apiVersion"])

    def _preview(self, call: Call, kind: tuple[str, str], inputs: Values) -> Mapping[str, Any]:
        if self._cluster.trouble:
            call.log(
                "warning", f"the cluster is unreachable, so this is only what was asked for: {self._cluster.trouble}"
            )
            return inputs
        if has_unknown(inputs) or not self._cluster.knows(kind) or naming.is_patch(call.type):
            return inputs
        live = self._applier(call).preview(inputs)
        return (
            inputs
            if live is None
            else {**state.from_object(live), **{k: inputs[k] for k in inputs.keys() - live.keys()}}
        )

    def _settle(
        self, call: Call, inputs: Values, live: dict[str, Any], manager: str, version: str
    ) -> tuple[str, Mapping[str, Any]]:
        """Wait for what was applied; return its id and state, or raise with both."""
        seen, result = wait_for(self._cluster.api, call, inputs, live)
        if seen.get("kind") == "CustomResourceDefinition":
            self._cluster.api.forget_kinds()
        name = naming.join(seen["metadata"].get("namespace", ""), seen["metadata"]["name"])
        outputs = state.checkpoint(inputs, seen, version, manager)
        if not result.ready:
            reasons = [f"{seen['kind']} {name} is there, but does not work: {result.why}"]
            raise PartialFailure(name, outputs, reasons + explain(self._cluster.api, [seen]))
        return name, outputs

    def read(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> Mapping[str, Any] | None:
        """Look at the live object; the recorded inputs take on what was changed behind our back."""
        if self._cluster.trouble and self._cluster.settings.on("skipUpdateUnreachable"):
            return Read(outputs, inputs=inputs)
        if self._cluster.give_up(call, resource_id):
            return None
        kind = naming.kind_of(call.type, outputs or inputs)
        live = self._cluster.api.get(*kind, *naming.split(resource_id))
        if live is None:
            return None
        version = outputs.get(state.INITIAL_VERSION) or kind[0]
        manager = outputs.get(state.FIELD_MANAGER) or naming.field_manager(call.urn)
        asked = state.old_inputs(inputs, outputs)
        seen = state.prune(live, asked) if asked else state.clean(live)
        recorded = Values(state.hide(kind, seen), asked.secret_paths | inputs.secret_paths)
        return Read(state.checkpoint(Values(seen, recorded.secret_paths), live, version, manager), inputs=recorded)

    def update(
        self, call: Call, _id: str, _old_inputs: Values, old_outputs: Values, new_inputs: Values
    ) -> Mapping[str, Any]:
        """Apply the changes and wait until it works."""
        kind = naming.kind_of(call.type, new_inputs)
        if call.preview and (has_unknown(new_inputs) or not self._cluster.knows(kind)):
            return new_inputs
        if not call.preview:
            self._cluster.wait(call)
        applier = self._applier(call)
        live = applier.change(new_inputs, old_outputs, dry_run=call.preview)
        manager = applier.manager_of(new_inputs, old_outputs)
        version = old_outputs.get(state.INITIAL_VERSION) or new_inputs["apiVersion"]
        if call.preview:
            return state.checkpoint(new_inputs, live, version, manager)
        return self._settle(call, new_inputs, live, manager, version)[1]

    def delete(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Remove it and wait until it is gone."""
        if self._cluster.give_up(call, resource_id):
            return
        kind = naming.kind_of(call.type, outputs or inputs)
        applier = self._applier(call)
        if naming.is_patch(call.type):
            applier.relinquish(kind, resource_id, outputs)
            return
        try:
            applier.remove(kind, resource_id, state.old_inputs(inputs, outputs))
        except ApiError as error:
            if error.status != _NOT_FOUND:
                raise PluginError(f"{kind[1]} {resource_id} could not be deleted: {error}") from None
        if kind[1] == "CustomResourceDefinition":
            self._cluster.api.forget_kinds()


def _same(old: Any, new: Any) -> bool:
    return old is not UNKNOWN and new is not UNKNOWN and state.same(old, new)
