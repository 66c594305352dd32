"""What a cluster's guard watches: the parts of a stack's configuration that can't change while the cluster lives."""

from collections.abc import Mapping

from pulumi import Input, ResourceOptions
from pydantic.alias_generators import to_camel

from components.resources import ClusterGuard
from crosscloud.bootstrap import first_boot_digest, node_images
from crosscloud.config import CloudStack
from crosscloud.release import Release

#: The keys of a cloud's own block that say where in the cloud everything is: nothing can be moved.
_PLACES = ("project", "project_id", "region", "location", "metro", "spread")


def guard(
    config: CloudStack,
    release: Release,
    *,
    network_cidr: Input[str],
    shape: Input[Mapping[str, str]],
    opts: ResourceOptions,
) -> ClusterGuard:
    """Make the guard of a stack's cluster; ``shape`` is what a cloud says replaces its control planes."""
    block = getattr(config, config.cloud, None)
    return ClusterGuard(
        config.name,
        cloud=config.cloud,
        cluster_name=config.name,
        cluster_domain=config.cluster_domain,
        dns_service_ip=str(config.dns_service_ip),
        cidrs={"pod": str(config.pod_cidr), "service": str(config.service_cidr), "network": network_cidr},
        place={to_camel(key): str(getattr(block, key)) for key in _PLACES if getattr(block, key, None)},
        control_planes=config.control_planes.count,
        shape=shape,
        kubernetes=release.kubernetes.tag,
        insist=config.allow_cluster_replacement,
        opts=opts,
    )


def common_shape(config: CloudStack, release: Release, *, metal: bool) -> dict[str, str]:
    """Return what replaces a control plane on every cloud: the images that it runs, and the scripts it boots with."""
    images = node_images(config, release)
    return {
        "kubernetesImage": images.kubernetes,
        "images.etcd": images.etcd,
        "images.pause": images.pause,
        "images.flannel": images.flannel,
        "images.flannelCni": images.flannel_cni,
        "firstBoot": first_boot_digest(metal=metal),
    }
