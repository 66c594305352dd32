"""The provider: its own inputs, and which resource handles which type."""

import json
from collections.abc import Mapping
from typing import Any

from crosscloud.plugins.base import (
    UNKNOWN,
    Call,
    CheckFailure,
    Diff,
    PluginError,
    Provider,
    Resource,
    Values,
    diff_values,
)
from crosscloud.plugins.kubernetes import naming, settings
from crosscloud.plugins.kubernetes.cluster import Cluster
from crosscloud.plugins.kubernetes.connection import resolve
from crosscloud.plugins.kubernetes.installation import VERSION
from crosscloud.plugins.kubernetes.objects import KubernetesObject
from crosscloud.plugins.kubernetes.release import Release

#: Inputs that say which cluster is meant.
_WHERE = ("kubeconfig", "context", "cluster")


class KubernetesProvider(Provider):
    """``pulumi-resource-kubernetes``."""

    def __init__(self) -> None:
        super().__init__("kubernetes", VERSION)
        self._use(Cluster(settings.read({})))

    def _use(self, cluster: Cluster) -> None:
        self._objects = KubernetesObject(cluster)
        self._releases = Release(cluster)

    def resource(self, token: str) -> Resource:
        """Return the resource for a type: releases are helm's, all others are objects."""
        if token == naming.RELEASE:
            return self._releases
        if not token.startswith("kubernetes:") or token.startswith(("kubernetes:yaml", "kubernetes:kustomize")):
            raise PluginError(
                f"the embedded Kubernetes plugin has no resource {token}: it has helm.v3.Release and every object kind"
            )
        return self._objects

    def check_config(self, _call: Call, _old: Values, new: Values) -> tuple[Mapping[str, Any], list[CheckFailure]]:
        """Refuse what this plugin does not do."""
        unable = [k for k in ("renderYamlToDirectory", "alwaysRender") if new.get(k) not in (None, "", False, "false")]
        return new, [CheckFailure(k, "is not supported by the embedded Kubernetes plugin") for k in unable]

    def diff_config(self, _call: Call, old: Values, new: Values) -> Diff:
        """A changed provider is an update, unless it now means another cluster: then its resources are made anew."""
        changes = diff_values(old, new)
        if not changes.any or (
            old.get("clusterIdentifier") and old.get("clusterIdentifier") == new.get("clusterIdentifier")
        ):
            return changes
        changed = [key for key in _WHERE if key in changes.detailed]
        if "clusterIdentifier" in changes.detailed and {"clusterIdentifier"} <= old.keys() & new.keys():
            return Diff(changes.detailed, ["clusterIdentifier"])
        if any(new.get(key) is UNKNOWN for key in changed):
            return Diff(changes.detailed, [key for key in changed if new.get(key) is UNKNOWN])
        before, after = _cluster(old), _cluster(new)
        moved = before is not None and after is not None and before != after
        return Diff(changes.detailed, changed if moved else ())

    def configure(self, config: Values) -> None:
        """Take the provider's inputs; the cluster is not asked yet."""
        try:
            self._use(Cluster(settings.read(config)))
        except (ValueError, AttributeError):
            raise PluginError("the provider's helmReleaseSettings is not a mapping, nor JSON of one") from None

    def invoke(self, _call: Call, token: str, _arguments: Values) -> Mapping[str, Any]:
        """Refuse: the functions of Pulumi's own plugin render charts and YAML, which this one leaves to helm."""
        raise PluginError(f"the embedded Kubernetes plugin has no function {token}; use helm.v3.Release or objects")

    def close(self) -> None:
        """Stop helm if it runs."""
        self._releases.close()


def _cluster(config: Mapping[str, Any]) -> str | None:
    """Return what identifies the cluster that a configuration means: its entry in the kubeconfig."""
    try:
        kubeconfig = settings.read(config).kubeconfig
        connection = resolve(kubeconfig, context=config.get("context") or "", cluster=config.get("cluster") or "")
    except (PluginError, ValueError, AttributeError):
        return None
    return json.dumps(connection.document["clusters"], sort_keys=True)
