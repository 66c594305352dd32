"""The cluster that the provider was told about: whether it answers, and what every resource needs of it."""

import threading
import time

from crosscloud.plugins.base import Call, PluginError
from crosscloud.plugins.kubernetes.api import Api, ApiError, UnreachableError
from crosscloud.plugins.kubernetes.connection import Connection, resolve
from crosscloud.plugins.kubernetes.settings import Settings

#: Seconds from the plugin's start during which an API server may still come up, and between two looks for it.
_PATIENCE, _RETRY = 30, 1
_REMOVE_HINT = (
    "If the cluster was deleted, run the operation again with PULUMI_K8S_DELETE_UNREACHABLE=true "
    "to remove its resources from the state"
)
#: Kinds that live in no namespace, for when the cluster can't be asked.
_CLUSTER_SCOPED = frozenset(
    {
        "APIService",
        "CSIDriver",
        "CSINode",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "FlowSchema",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
    }
)


class Cluster:
    """One cluster and the settings it is used with. Nothing is asked of it before something needs it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._looked = False
        self._may_come = False
        self._end = time.monotonic() + _PATIENCE
        self._api: Api | None = None
        self._trouble = ""
        self._namespace = settings.namespace or "default"

    def _look(self) -> None:
        with self._lock:
            if not self._looked:
                self._looked = True
                self._try()

    def _try(self) -> None:
        chosen = self.settings
        try:
            connection = resolve(
                chosen.kubeconfig, context=chosen.context, cluster=chosen.cluster, namespace=chosen.namespace
            )
            self._namespace = connection.namespace
            api = Api(connection)
            api.reach()
            self._api, self._trouble = api, ""
        except PluginError as error:
            self._trouble = str(error)
            self._may_come = isinstance(error, UnreachableError)

    def wait(self, call: Call) -> None:
        """Before a change: give an API server that doesn't answer some time, for it may only be starting."""
        self._look()
        while self._api is None and self._may_come and time.monotonic() < self._end:
            call.status(f"waiting for the cluster: {self._trouble}")
            if call.cancelled.wait(_RETRY):
                return
            with self._lock:
                if self._api is None:
                    self._try()

    @property
    def trouble(self) -> str:
        """Why the cluster can't be used, or nothing when it can."""
        self._look()
        return self._trouble

    @property
    def namespace(self) -> str:
        """The namespace for objects that name none."""
        self._look()
        return self._namespace

    @property
    def api(self) -> Api:
        """The API server; raises `PluginError` when it can't be reached."""
        self._look()
        if self._api is None:
            raise PluginError(f"configured Kubernetes cluster is unreachable: {self._trouble}")
        return self._api

    @property
    def connection(self) -> Connection:
        """What programs such as helm need to reach the cluster."""
        return self.api.connection

    def is_namespaced(self, kind: tuple[str, str]) -> bool:
        """Whether objects of a kind live in namespaces; kinds that nobody knows yet are taken to."""
        if not self.trouble:
            try:
                return self.api.kind(*kind).namespaced
            except ApiError:
                return kind[1] not in _CLUSTER_SCOPED
        return kind[1] not in _CLUSTER_SCOPED

    def knows(self, kind: tuple[str, str]) -> bool:
        """Whether the cluster answers and has the kind."""
        if self.trouble:
            return False
        try:
            self.api.kind(*kind)
        except ApiError:
            return False
        return True

    def give_up(self, call: Call, what: str) -> bool:
        """When the cluster is gone: whether its resource may just be forgotten; raises when it may not.

        Returns ``False`` when the cluster answers.
        """
        if not self.trouble:
            return False
        if not self.settings.on("deleteUnreachable"):
            raise PluginError(f"{what}: configured Kubernetes cluster is unreachable: {self.trouble}. {_REMOVE_HINT}")
        call.log("warning", f"the cluster is unreachable and deleteUnreachable is on: {what} is removed from the state")
        return True
