"""What a machine does on its first boot to become a node: one cloud-init document for every self-managed cloud."""

from crosscloud.bootstrap.images import node_images
from crosscloud.bootstrap.render import (
    ADMINISTRATOR_GROUP,
    USER_DATA_LIMIT,
    ClusterSettings,
    ControlPlaneSecrets,
    NodeImages,
    control_plane_user_data,
    first_boot_digest,
    worker_user_data,
)

__all__ = [
    "ADMINISTRATOR_GROUP",
    "USER_DATA_LIMIT",
    "ClusterSettings",
    "ControlPlaneSecrets",
    "NodeImages",
    "control_plane_user_data",
    "first_boot_digest",
    "node_images",
    "worker_user_data",
]
