"""Which changes of an object can't be made in place: what the API server keeps immutable, kind by kind.

The lists are those of Pulumi's own plugin, so that both plan the same; what they don't know, the server's answer to a
dry run tells (`refused_as_immutable`).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from crosscloud.plugins.kubernetes.settings import Settings

_IDENTITY = ("metadata.name", "metadata.namespace")
_WORKLOADS = frozenset({"Deployment", "DaemonSet"})
#: (group, kind) → properties; a change at or below one of them replaces the object.
_FIXED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("apps", "StatefulSet"): (
        "spec.podManagementPolicy",
        "spec.revisionHistoryLimit",
        "spec.selector",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ),
    ("apps", "Deployment"): ("spec.selector",),
    ("apps", "DaemonSet"): ("spec.selector",),
    ("batch", "Job"): ("spec.completions", "spec.parallelism", "spec.selector", "spec.template"),
    ("policy", "PodDisruptionBudget"): ("spec",),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("roleRef",),
    ("storage.k8s.io", "StorageClass"): ("parameters", "provisioner"),
    ("", "PersistentVolumeClaim"): (
        "spec.accessModes",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeName",
    ),
    ("", "ResourceQuota"): ("spec.scopes",),
    ("", "Secret"): ("type",),
    ("", "Service"): ("spec.clusterIP",),
}
#: What may change in a pod that runs; everything else in its spec replaces it.
_POD_MUTABLE = ("spec.activeDeadlineSeconds", "spec.tolerations")
#: What may change in a volume that exists; its source (csi, nfs …) may not.
_VOLUME_MUTABLE = (
    "spec.accessModes",
    "spec.capacity",
    "spec.claimRef",
    "spec.mountOptions",
    "spec.persistentVolumeReclaimPolicy",
    "spec.storageClassName",
)


def replaces(
    kind: tuple[str, str], inputs: Mapping[str, Any], changed: Iterable[str], settings: Settings, *, patch: bool
) -> list[str]:
    """Return those of the ``changed`` property paths whose change needs a new object."""
    group = kind[0].partition("/")[0] if "/" in kind[0] else ""
    fixed = (
        _IDENTITY if patch else (*_IDENTITY, *_FIXED.get((group, kind[1]), ()), *_data(group, kind, inputs, settings))
    )
    return [path for path in changed if any(_below(path, top) for top in fixed) or _in_fixed_spec(group, kind[1], path)]


def _data(group: str, kind: tuple[str, str], inputs: Mapping[str, Any], settings: Settings) -> tuple[str, ...]:
    """A changed ConfigMap or Secret is a new one unless the provider says otherwise: pods notice only a new name."""
    immutable = bool(inputs.get("immutable"))
    if not group and kind[1] == "ConfigMap" and (immutable or not settings.on("enableConfigMapMutable")):
        return ("data", "binaryData")
    if not group and kind[1] == "Secret" and (immutable or not settings.on("enableSecretMutable")):
        return ("data", "stringData")
    return ()


def _in_fixed_spec(group: str, kind: str, path: str) -> bool:
    if group or not _below(path, "spec"):
        return False
    if kind == "Pod":
        return not any(_below(path, top) for top in _POD_MUTABLE) and not path.endswith(".image")
    return kind == "PersistentVolume" and not any(_below(path, top) for top in _VOLUME_MUTABLE)


def _below(path: str, top: str) -> bool:
    return path == top or (path.startswith(top) and path[len(top)] in ".[")


def refused_as_immutable(message: str) -> bool:
    """Whether the API server's words mean that the object would have to be made anew."""
    return any(
        words in message
        for words in ("immutable", "updates to statefulset spec for fields other than", "may not change once set")
    )
