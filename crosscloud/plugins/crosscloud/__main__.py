"""The plugin's process, started by `pulumi-resource-crosscloud`."""

from collections.abc import Callable, Mapping

from crosscloud.plugins.base import Provider, Resource, main
from crosscloud.plugins.crosscloud import api
from crosscloud.plugins.crosscloud.access import ClusterAccess
from crosscloud.plugins.crosscloud.credentials import ClusterCredentials
from crosscloud.plugins.crosscloud.guard import ClusterGuard
from crosscloud.plugins.crosscloud.load_balancer import LoadBalancer
from crosscloud.plugins.crosscloud.locked_key import LockedSshKey
from crosscloud.plugins.crosscloud.machine import Machine
from crosscloud.plugins.crosscloud.network import Network
from crosscloud.plugins.crosscloud.node import Node
from crosscloud.plugins.crosscloud.node_group import NodeGroup

#: What handles each type of resource.
RESOURCES: Mapping[str, Callable[[], Resource]] = {
    "crosscloud:index:ClusterAccess": ClusterAccess,
    "crosscloud:index:ClusterCredentials": ClusterCredentials,
    "crosscloud:index:ClusterGuard": ClusterGuard,
    "crosscloud:index:LoadBalancer": LoadBalancer,
    "crosscloud:index:LockedSshKey": LockedSshKey,
    "crosscloud:index:Machine": Machine,
    "crosscloud:index:Network": Network,
    "crosscloud:index:Node": Node,
    "crosscloud:index:NodeGroup": NodeGroup,
}


class CrosscloudProvider(Provider):
    """The provider ``crosscloud``."""

    def close(self) -> None:
        """Leave no key of an administrator behind."""
        api.forget()


if __name__ == "__main__":
    main(CrosscloudProvider("crosscloud", "0.1.0", {token: resource() for token, resource in RESOURCES.items()}))
