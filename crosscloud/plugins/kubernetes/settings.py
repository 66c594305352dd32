"""The provider's own inputs, and the environment variables that stand in for them."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Switches: their names in the provider's inputs and in the environment, and what they are when neither says.
_SWITCHES = {
    "enableServerSideApply": ("PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY", True),
    "enablePatchForce": ("PULUMI_K8S_ENABLE_PATCH_FORCE", False),
    "upsertExistingObjects": ("PULUMI_K8S_UPSERT_EXISTING_OBJECTS", False),
    "enableConfigMapMutable": ("PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE", False),
    "enableSecretMutable": ("PULUMI_K8S_ENABLE_SECRET_MUTABLE", False),
    "deleteUnreachable": ("PULUMI_K8S_DELETE_UNREACHABLE", False),
    "skipUpdateUnreachable": ("PULUMI_K8S_SKIP_UPDATE_UNREACHABLE", False),
}
#: Where helm keeps its own things: keys of ``helmReleaseSettings``, ours, and helm's, as environment variables.
_HELM_PATHS = {
    "pluginsPath": ("PULUMI_K8S_HELM_PLUGINS_PATH", "HELM_PLUGINS"),
    "registryConfigPath": ("PULUMI_K8S_HELM_REGISTRY_CONFIG_PATH", "HELM_REGISTRY_CONFIG"),
    "repositoryConfigPath": ("PULUMI_K8S_HELM_REPOSITORY_CONFIG_PATH", "HELM_REPOSITORY_CONFIG"),
    "repositoryCache": ("PULUMI_K8S_HELM_REPOSITORY_CACHE", "HELM_REPOSITORY_CACHE"),
}


@dataclass(frozen=True, repr=False)
class Settings:
    """What the plugin was told about the cluster and how to treat it."""

    kubeconfig: str = ""
    context: str = ""
    cluster: str = ""
    namespace: str = ""
    switches: Mapping[str, bool] = field(default_factory=dict)
    helm_driver: str = "secret"
    helm_environment: Mapping[str, str] = field(default_factory=dict)

    def on(self, switch: str) -> bool:
        """Whether a switch, by its name in the provider's inputs, is on."""
        return self.switches.get(switch, _SWITCHES[switch][1])


def read(config: Mapping[str, Any]) -> Settings:
    """Make the settings out of the provider's inputs; what an SDK sends as JSON text is read as that."""
    helm = config.get("helmReleaseSettings") or {}
    helm = json.loads(helm) if isinstance(helm, str) else helm
    kubeconfig = config.get("kubeconfig") or ""
    paths = {theirs: helm.get(key) or os.environ.get(ours) for key, (ours, theirs) in _HELM_PATHS.items()}
    return Settings(
        kubeconfig=kubeconfig if isinstance(kubeconfig, str) else json.dumps(kubeconfig),
        context=config.get("context") or "",
        cluster=config.get("cluster") or "",
        namespace=config.get("namespace") or "",
        switches={name: _switch(config.get(name), *_SWITCHES[name]) for name in _SWITCHES},
        helm_driver=helm.get("driver") or os.environ.get("PULUMI_K8S_HELM_DRIVER") or "secret",
        helm_environment={name: path for name, path in paths.items() if path},
    )


def _switch(value: object, variable: str, default: bool) -> bool:
    if value is None:
        value = os.environ.get(variable)
    return default if value is None else str(value).lower() == "true"
