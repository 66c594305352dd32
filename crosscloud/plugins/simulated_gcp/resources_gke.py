"""The types and functions of Kubernetes Engine that rehearsals model."""

from collections.abc import Mapping, Sequence

from crosscloud.plugins.simulated import SimulatedResource
from crosscloud.plugins.simulated.provider import Function
from crosscloud.plugins.simulated_gcp import container_plane, container_tokens, wiring
from crosscloud.plugins.simulated_gcp.container import Cluster
from crosscloud.plugins.simulated_gcp.container_iam import IAMMember
from crosscloud.plugins.simulated_gcp.container_passing import passing
from crosscloud.plugins.simulated_gcp.container_pool import NodePool
from crosscloud.plugins.simulated_gcp.container_versions import get_engine_versions

_CLUSTER = Cluster()


def _configuration() -> Mapping[str, object]:
    return _CLUSTER.provider.config if _CLUSTER.provider is not None else {}


#: One object a type.
RESOURCES: Sequence[SimulatedResource] = (_CLUSTER, NodePool(), IAMMember())
#: What answers a function, by its token: "gcp:compute/getZones:getZones".
FUNCTIONS: Mapping[str, Function] = {
    "gcp:container/getEngineVersions:getEngineVersions": get_engine_versions,
    "gcp:organizations/getClientConfig:getClientConfig": container_tokens.client_config(
        _CLUSTER.cloud, _configuration, container_plane.tell
    ),
}
wiring.MORE.append(passing)
