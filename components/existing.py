"""A cluster that is already there, known by its kubeconfig: for where machines can't be made, or need not be."""

from pathlib import Path

from components.cluster import Cluster, NodeOutput
from crosscloud import kubeconfig
from crosscloud.config import ExistingStack
from crosscloud.errors import CrosscloudError
from crosscloud.release import Release


class ExistingCluster(Cluster):
    """Makes nothing: reads the kubeconfig and asks the cluster for its version and nodes."""

    def __init__(self, config: ExistingStack, release: Release) -> None:
        """Read the stack's kubeconfig; the cluster has to answer."""
        super().__init__("existing", config, release)
        found = kubeconfig.load(Path(config.existing.kubeconfig))
        context = config.existing.context or found.current_context
        chosen = kubeconfig.Kubeconfig({**found.document, "current-context": context}).named(config.name)
        version, nodes = _ask(chosen)
        self.finish(
            kubeconfig=chosen.text,
            endpoint=chosen.server,
            kubernetes_version=version,
            nodes=nodes,
            lifetime=self,
        )


def _ask(config: kubeconfig.Kubeconfig) -> tuple[str, list[NodeOutput]]:
    """Return the API server's version and the nodes of the cluster."""
    from kubernetes.client import CoreV1Api, VersionApi

    from crosscloud.plugins.crosscloud.api import client

    try:
        api = client(config.text)
        version = VersionApi(api).get_code(_request_timeout=10).git_version
        listed = CoreV1Api(api).list_node(_request_timeout=10).items
    except Exception as error:
        words = str(error).strip().splitlines() or [type(error).__name__]
        raise CrosscloudError(f"the cluster at {config.server} does not answer: {words[0]}") from error
    return str(version), [_node(node) for node in listed]


def _node(node: object) -> NodeOutput:
    metadata, status = node.metadata, node.status  # type: ignore[attr-defined]  # a model of the API's client
    control_plane = "node-role.kubernetes.io/control-plane" in (metadata.labels or {})
    addresses = {address.type: address.address for address in status.addresses or []}
    return NodeOutput(
        name=metadata.name,
        role="control-plane" if control_plane else "worker",
        address=addresses.get("InternalIP", ""),
        version=status.node_info.kubelet_version,
    )
