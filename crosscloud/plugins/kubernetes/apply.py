"""Making, changing and removing one object on the server."""

import time
from collections.abc import Mapping
from typing import Any

from crosscloud.plugins.base import UNKNOWN, Call, PluginError
from crosscloud.plugins.kubernetes import naming, readiness, state
from crosscloud.plugins.kubernetes.api import Api, ApiError, NoSuchKindError
from crosscloud.plugins.kubernetes.replacement import refused_as_immutable
from crosscloud.plugins.kubernetes.settings import Settings

_CONFLICT, _NOT_FOUND, _FORBIDDEN = 409, 404, 403
#: Seconds during which a missing namespace or kind may still be made by another resource of the same update.
_ORDER_PATIENCE = 20
_RETRY = 1.0
#: The name under which client-side creates of Pulumi's own plugin own fields.
_CLIENT_SIDE = "pulumi-kubernetes"
#: The longest that something may take to go away (seconds) when the program doesn't say.
_REMOVAL_PATIENCE = 600
#: Seconds between two looks: short at first, growing to the second.
_FIRST_LOOK, _SLOWEST_LOOK = 0.1, 1.0


class Applier:
    """One operation on one object."""

    def __init__(self, api: Api, settings: Settings, call: Call) -> None:
        self._api = api
        self._settings = settings
        self._call = call

    def manager_of(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any] | None = None) -> str:
        """Return the name that owns the object's fields: the annotation's, the state's, or the resource's own."""
        if not self._settings.on("enableServerSideApply"):
            return _CLIENT_SIDE
        asked = readiness.annotation(inputs, "patchFieldManager")
        return asked or (outputs or {}).get(state.FIELD_MANAGER) or naming.field_manager(self._call.urn)

    def _force(self, inputs: Mapping[str, Any]) -> bool:
        asked = readiness.annotation(inputs, "patchForce") == "true"
        return asked or self._settings.on("enablePatchForce") or not self._settings.on("enableServerSideApply")

    def _wanted(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        wanted = state.to_object(inputs)
        if not self._api.kind(wanted["apiVersion"], wanted["kind"]).namespaced:
            wanted["metadata"] = {k: v for k, v in wanted["metadata"].items() if k != "namespace"}
        return wanted

    def create(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Apply a new object. One that is there already is taken over only when this resource made it."""
        end = time.monotonic() + _ORDER_PATIENCE
        while True:
            try:
                wanted = self._wanted(inputs)
                self._refuse_foreign(wanted)
                return self._apply(wanted, self.manager_of(inputs), force=self._force(inputs))
            except ApiError as error:
                misordered = isinstance(error, NoSuchKindError) or _namespace_missing(error)
                if not misordered or time.monotonic() > end or self._call.cancelled.wait(_RETRY):
                    raise
                self._call.status(f"waiting: {error}")

    def preview(self, inputs: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what creating it would make, or ``None`` when that can't be foreseen."""
        wanted = self._wanted(inputs)
        try:
            self._refuse_foreign(wanted)
            live = self._api.apply(wanted, self.manager_of(inputs), dry_run=True, force=True)
        except ApiError as error:
            if _namespace_missing(error) or refused_as_immutable(str(error)) or error.status == _FORBIDDEN:
                return None
            raise
        live.pop("status", None)
        for name in ("uid", "resourceVersion", "creationTimestamp", "managedFields"):
            if name in live["metadata"]:
                live["metadata"][name] = UNKNOWN
        if live["kind"] == "Service":
            _unsettle_service(wanted.get("spec") or {}, live["spec"])
        return live

    def _refuse_foreign(self, wanted: Mapping[str, Any]) -> None:
        """Raise when the object exists and is not ours: neither made by this resource nor allowed to be taken over."""
        metadata, kind = wanted["metadata"], wanted["kind"]
        if self._settings.on("upsertExistingObjects") or naming.is_patch(self._call.type):
            return
        live = self._api.get(wanted["apiVersion"], kind, metadata.get("namespace", ""), metadata["name"])
        if live is None:
            return
        ours = self.manager_of(wanted)
        if any(
            f.get("manager") == ours and f.get("operation") == "Apply"
            for f in live["metadata"].get("managedFields", [])
        ):
            self._finish_removal(live)
            return
        name = naming.join(metadata.get("namespace", ""), metadata["name"])
        raise PluginError(
            f"{kind} {name} already exists in the cluster and was made by something else. Give it another name, bring "
            f"it into the stack with `pulumi import`, change only some of its fields with {kind}Patch, or set the "
            "provider's upsertExistingObjects to take such objects over"
        )

    def _finish_removal(self, live: Mapping[str, Any]) -> None:
        """Wait until an object of ours that is on its way out is gone, so that a new one can be made."""
        if live["metadata"].get("deletionTimestamp") and not self._call.preview:
            self._until_gone(live, _REMOVAL_PATIENCE)

    def change(
        self, inputs: Mapping[str, Any], outputs: Mapping[str, Any], *, dry_run: bool = False, force: bool = False
    ) -> dict[str, Any]:
        """Apply changed inputs to an object that exists."""
        wanted, manager = self._wanted(inputs), self.manager_of(inputs, outputs)
        if not dry_run:
            self._take_over_client_side(wanted, manager)
        live = self._apply(wanted, manager, force=force or self._force(inputs), dry_run=dry_run)
        before = outputs.get(state.FIELD_MANAGER)
        if not dry_run and before and before != manager:
            self._drop_fields(wanted, before)
        return live

    def _apply(self, wanted: Mapping[str, Any], manager: str, *, force: bool, dry_run: bool = False) -> dict[str, Any]:
        try:
            return self._api.apply(wanted, manager, force=force, dry_run=dry_run)
        except ApiError as error:
            if error.status != _CONFLICT or error.reason != "Conflict" or not error.causes:
                raise
            fields = "".join(f"\n  - {c.get('field')}: {c.get('message')}" for c in error.causes)
            raise PluginError(
                f"other programs own fields that this would change:{fields}\nTo take them over, set the annotation "
                "pulumi.com/patchForce to true; to leave them alone, take them out of the program"
            ) from None

    def _take_over_client_side(self, wanted: Mapping[str, Any], manager: str) -> None:
        """Give ``manager`` the fields that a client-side create owns: else it can neither change nor drop them."""
        metadata = wanted["metadata"]
        live = self._api.get(wanted["apiVersion"], wanted["kind"], metadata.get("namespace", ""), metadata["name"])
        entries = live["metadata"].get("managedFields", []) if live else []
        old = [e for e in entries if (e.get("manager"), e.get("operation")) == (_CLIENT_SIDE, "Update")]
        old = [e for e in old if not e.get("subresource")]
        if not live or not old:
            return
        ours = next((e for e in entries if e.get("manager") == manager and e.get("operation") == "Apply"), None)
        merged = {
            "manager": manager,
            "operation": "Apply",
            "fieldsV1": {},
            **{k: v for k, v in old[0].items() if k in ("apiVersion", "time", "fieldsType")},
        }
        for entry in [*([ours] if ours else []), *old]:
            merged["fieldsV1"] = _union(merged["fieldsV1"], entry.get("fieldsV1") or {})
        kept = [e for e in entries if e not in old and e is not ours]
        patch = [
            {"op": "replace", "path": "/metadata/managedFields", "value": [*kept, merged]},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
        ]
        path = self._api.path(
            self._api.kind(live["apiVersion"], live["kind"]), metadata.get("namespace", ""), metadata["name"]
        )
        self._api.request("PATCH", path, body=patch, content="application/json-patch+json")

    def relinquish(self, kind: tuple[str, str], resource_id: str, outputs: Mapping[str, Any]) -> None:
        """Give up the fields that a patch set; the object stays."""
        namespace, name = naming.split(resource_id)
        if self._api.get(*kind, namespace, name) is not None:
            identity = {"apiVersion": kind[0], "kind": kind[1], "metadata": {"name": name}}
            if namespace:
                identity["metadata"] = {"name": name, "namespace": namespace}
            self._drop_fields(identity, self.manager_of({}, outputs))

    def _drop_fields(self, wanted: Mapping[str, Any], manager: str) -> None:
        identity = {k: v for k, v in wanted["metadata"].items() if k in ("name", "namespace")}
        self._api.apply(
            {"apiVersion": wanted["apiVersion"], "kind": wanted["kind"], "metadata": identity}, manager, force=True
        )

    def remove(self, kind: tuple[str, str], resource_id: str, inputs: Mapping[str, Any]) -> None:
        """Delete an object and wait until it is gone; none to delete is no error."""
        namespace, name = naming.split(resource_id)
        live = self._api.get(*kind, namespace, name)
        if live is None:
            return
        policy = readiness.annotation(inputs, "deletionPropagationPolicy").capitalize() or "Foreground"
        body = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": policy,
            "preconditions": {"uid": live["metadata"]["uid"]},
        }
        self._api.request("DELETE", self._api.path(self._api.kind(*kind), namespace, name), body=body)
        if readiness.annotation(inputs, "skipAwait") != "true":
            asked = readiness.annotation(inputs, "timeoutSeconds")
            self._until_gone(live, self._call.timeout or (float(asked) if asked.isdigit() else _REMOVAL_PATIENCE))

    def _until_gone(self, live: Mapping[str, Any], patience: float) -> None:
        metadata, end, pause = live["metadata"], time.monotonic() + patience, _FIRST_LOOK
        where = (live["apiVersion"], live["kind"], metadata.get("namespace", ""), metadata["name"])
        while True:
            left = self._api.get(*where)
            if left is None or left["metadata"]["uid"] != metadata["uid"]:
                return
            words = _why_still_there(left)
            if time.monotonic() > end or self._call.cancelled.wait(pause):
                raise PluginError(f"{live['kind']} {naming.join(where[2], where[3])} is still being deleted{words}")
            self._call.status(f"waiting for it to be gone{words}")
            pause = min(pause * 1.5, _SLOWEST_LOOK)


def _why_still_there(live: Mapping[str, Any]) -> str:
    waiting = [*(live["metadata"].get("finalizers") or []), *((live.get("spec") or {}).get("finalizers") or [])]
    said = [c.get("message") for c in (live.get("status") or {}).get("conditions") or [] if c.get("status") == "True"]
    words = [f"finalizers {', '.join(waiting)}"] if waiting else []
    return f": {'; '.join([*words, *map(str, said)])}" if words or said else ""


def _namespace_missing(error: ApiError) -> bool:
    return error.status == _NOT_FOUND and "namespaces" in str(error)


def _union(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _union(one.get(k) or {}, other.get(k) or {}) for k in {**one, **other}}


def _unsettle_service(asked: Mapping[str, Any], spec: dict[str, Any]) -> None:
    """Mark what the server only picks at random in a dry run as unknown."""
    for field in ("clusterIP", "clusterIPs", "healthCheckNodePort"):
        if field in spec and field not in asked and spec[field] not in ("None", ["None"]):
            spec[field] = UNKNOWN
    for port, wanted in zip(spec.get("ports") or [], asked.get("ports") or [], strict=False):
        if "nodePort" in port and "nodePort" not in wanted:
            port["nodePort"] = UNKNOWN
