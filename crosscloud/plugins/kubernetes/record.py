"""What helm itself keeps of a release in the cluster: read (and, after a killed run, mended) without starting helm."""

import base64
import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from crosscloud.plugins.base import PluginError
from crosscloud.plugins.kubernetes.api import Api, ApiError

#: The label on helm's record that says which resource of which stack made the release.
OWNER = "crosscloud-owner"
_KINDS = {"secret": "Secret", "secrets": "Secret", "configmap": "ConfigMap", "configmaps": "ConfigMap"}
_METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_NOT_FOUND = 404
_PENDING = frozenset({"pending-install", "pending-upgrade", "pending-rollback", "uninstalling"})


@dataclass(frozen=True, repr=False)
class Record:
    """The newest revision of a release: ``body`` is helm's own description of it."""

    stored_as: str
    labels: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def revision(self) -> int:
        """Counts from 1."""
        return int(self.body["version"])

    @property
    def status(self) -> str:
        """Helm's word: deployed, failed, pending-install …."""
        return str(self.body["info"]["status"])

    @property
    def pending(self) -> bool:
        """Whether something is being done to it, or was when it was killed."""
        return self.status in _PENDING

    @property
    def owner(self) -> str:
        """Which resource of ours made it; nothing when something else did."""
        return self.labels.get(OWNER, "")

    @property
    def values(self) -> Mapping[str, Any]:
        """The values that were given to it."""
        return self.body.get("config") or {}

    def objects(self, *, hooks: bool = False) -> Iterator[dict[str, Any]]:
        """Yield the objects it consists of, each with its namespace where the chart gives one."""
        texts = [str(self.body.get("manifest", ""))]
        if hooks:
            texts += [str(hook.get("manifest", "")) for hook in self.body.get("hooks") or []]
        for text in texts:
            for document in yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
                if isinstance(document, dict) and document.get("kind"):
                    yield document

    def resource_names(self) -> dict[str, list[str]]:
        """Group the names of its objects by kind and apiVersion, in the form that the state keeps."""
        names: dict[str, set[str]] = {}
        for each in self.objects():
            version, metadata = str(each.get("apiVersion", "")), each.get("metadata") or {}
            group = version.partition("/")[0] if "/" in version else ""
            kind = f"{each['kind']}.{group}" if group else each["kind"]
            namespace, name = metadata.get("namespace"), str(metadata.get("name", ""))
            names.setdefault(f"{kind}/{version}", set()).add(f"{namespace}/{name}" if namespace else name)
        return {kind: sorted(found) for kind, found in sorted(names.items())}

    def summary(self) -> dict[str, Any]:
        """Return the ``status`` output."""
        chart = self.body["chart"]["metadata"]
        return {
            "appVersion": chart.get("appVersion", ""),
            "chart": chart["name"],
            "name": self.body["name"],
            "namespace": self.body["namespace"],
            "revision": self.revision,
            "status": self.status,
            "version": chart["version"],
        }


def latest(api: Api, driver: str, namespace: str, name: str) -> Record | None:
    """Return the newest record of a release, or ``None`` when helm knows no such release."""
    newest = _newest(api, driver, namespace, name)
    stored = api.get("v1", _kind(driver), namespace, newest["name"]) if newest else None
    if not newest or stored is None:
        return None
    return Record(newest["name"], newest["labels"], _decode(_kind(driver), stored["data"]["release"]))


def is_pending(api: Api, driver: str, namespace: str, name: str) -> bool:
    """Whether a release is pending; cheap, for the record itself is not fetched."""
    newest = _newest(api, driver, namespace, name)
    return bool(newest) and newest["labels"].get("status") in _PENDING


def _newest(api: Api, driver: str, namespace: str, name: str) -> Mapping[str, Any]:
    path = api.path(api.kind("v1", _kind(driver)), namespace)
    listed = api.request("GET", path, query={"labelSelector": f"owner=helm,name={name}"}, accept=_METADATA_ONLY)
    revisions: list[Mapping[str, Any]] = [item["metadata"] for item in listed.get("items") or []]
    return max(revisions, key=lambda m: int(m["labels"].get("version", 0)), default={})


def mark_failed(api: Api, driver: str, namespace: str, record: Record) -> None:
    """Turn a pending record, whose helm was killed, into a failed one: helm then carries on from it.

    That is what helm itself would have written, had it been allowed to end.
    """
    kind = _kind(driver)
    info = {**record.body["info"], "status": "failed", "description": "the operation was killed before it ended"}
    body = {
        "metadata": {"labels": {"status": "failed"}},
        "data": {"release": _encode(kind, {**record.body, "info": info})},
    }
    path = api.path(api.kind("v1", kind), namespace, record.stored_as)
    try:
        api.request("PATCH", path, body=body, content="application/merge-patch+json")
    except ApiError as error:
        if error.status != _NOT_FOUND:
            raise


def _kind(driver: str) -> str:
    if driver not in _KINDS:
        raise PluginError(f"helm's storage driver {driver!r} is not supported; use secret or configmap")
    return _KINDS[driver]


def _decode(kind: str, stored: str) -> Mapping[str, Any]:
    data = base64.b64decode(stored)
    if kind == "Secret":  # the API server's own encoding around helm's
        data = base64.b64decode(data)
    body: Mapping[str, Any] = json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
    return body


def _encode(kind: str, body: Mapping[str, Any]) -> str:
    data = base64.b64encode(gzip.compress(json.dumps(body).encode()))
    return (base64.b64encode(data) if kind == "Secret" else data).decode()
