"""Pulumi resources, and the registry of clouds."""

import gc
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from crosscloud.errors import CrosscloudError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from components.cluster import Cluster
    from crosscloud.config import StackConfig
    from crosscloud.release import Release

#: Where each cloud's cluster is: one line a cloud. A cloud's SDK is imported only with its component.
CLOUDS = {
    "aws": "components.aws:AwsCluster",
    "azure": "components.azure:AzureCluster",
    "existing": "components.existing:ExistingCluster",
    "gce": "components.gce:GceCluster",
    "gke": "components.gke:GkeCluster",
    "local": "components.local:LocalCluster",
    "packet": "components.packet:PacketCluster",
}


class UnknownCloudError(CrosscloudError):
    """The configuration names a cloud that has no cluster component."""


def create_cluster(config: "StackConfig", release: "Release") -> "Cluster":
    """Make the cluster of a stack on its cloud; raise `UnknownCloudError` for a cloud that no component makes."""
    if config.cloud not in CLOUDS:
        made_here = ", ".join(CLOUDS)
        raise UnknownCloudError(
            f"the configuration for {config.cloud} is right, but no component makes a cluster there yet; "
            f"clusters are made on {made_here}"
        )
    module, _, name = CLOUDS[config.cloud].partition(":")
    with _keeping_everything():
        made: Cluster = getattr(import_module(module), name)(config, release)
    return made


@contextmanager
def _keeping_everything() -> "Iterator[None]":
    """Collect no garbage in the block, nor look at what it made later.

    An SDK is hundreds of modules full of classes, all of which stay; they are imported when a component first names
    them, and to look for garbage among them takes a third of the time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
