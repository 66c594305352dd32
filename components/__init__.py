"""Pulumi resources, and the registry of clouds."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.cluster import Cluster
    from crosscloud.config import StackConfig
    from crosscloud.release import Release

#: Where each cloud's cluster is: one line a cloud. A cloud's SDK is imported only with its component.
CLOUDS = {
    "existing": "components.existing:ExistingCluster",
    "local": "components.local:LocalCluster",
}


def create_cluster(config: "StackConfig", release: "Release") -> "Cluster":
    """Make the cluster of a stack on its cloud."""
    module, _, name = CLOUDS[config.cloud].partition(":")
    made: Cluster = getattr(import_module(module), name)(config, release)
    return made
