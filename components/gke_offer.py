"""What Google offers a cluster on GKE: zones for its nodes, and a Kubernetes version near to the release's."""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.gce_place import first_zones
from crosscloud import gke_versions
from crosscloud.config import GkeStack
from crosscloud.errors import CrosscloudError
from crosscloud.release import Release


@dataclass(frozen=True)
class Offer:
    """What a cluster takes: a version, the zones of its nodes, and how many nodes in each.

    GKE counts the nodes of a pool by zone.
    """

    version: str
    zones: list[str]
    per_zone: int


def take(config: GkeStack, release: Release, opts: pulumi.InvokeOptions) -> Offer:
    """Ask Google, and choose."""
    return Offer(_version(config, release, opts), *_spread(config))


def _spread(config: GkeStack) -> tuple[list[str], int]:
    """Spread the stack's nodes over as many zones as give its count, or at most its maximum, with as many in each.

    Three nodes are in three zones; five of a fixed count would be in one, and a warning says what to do about that.
    """
    workers = config.workers
    most = workers.max or workers.count
    zones = list(config.gke.zones) or first_zones("gke", config.gke.project, config.gke.region, {workers.size})
    number = min(len(zones), workers.count)
    while number * _per_zone(workers.count, number) > most:
        number -= 1
    if number == 1 < min(len(zones), workers.count):
        pulumi.log.warn(
            f"crosscloud:workers.count: GKE counts nodes by zone, and {workers.count} can't be spread evenly, so all "
            f"of them are in {zones[0]}; a multiple of {len(zones)}, or a larger crosscloud:workers.max, spreads them"
        )
    return zones[:number], _per_zone(workers.count, number)


def _per_zone(count: int, zones: int) -> int:
    return -(-count // zones)


def _version(config: GkeStack, release: Release, opts: pulumi.InvokeOptions) -> str:
    """Return the version to run: of those that the stack's release channel offers the nearest to the release's."""
    where = config.gke
    channel = where.release_channel.upper()

    def newest(prefix: str) -> str | None:
        found = gcp.container.get_engine_versions(
            location=where.region, project=where.project, version_prefix=prefix, opts=opts
        )
        return found.release_channel_latest_version.get(channel)

    asked = release.kubernetes.version
    if asked is not None:
        try:
            return gke_versions.nearest(asked, newest)
        except gke_versions.NoVersionError as error:
            raise CrosscloudError(
                f"crosscloud:gke.releaseChannel: in {where.region} the channel {where.release_channel} has nothing "
                f"near to the release's Kubernetes: {error}; another channel, or another release"
            ) from None
    default = gcp.container.get_engine_versions(location=where.region, project=where.project, opts=opts)
    chosen = default.release_channel_default_version[channel]
    pulumi.log.warn(
        f"KUBERNETES_TAG {release.kubernetes.tag} names no version, so GKE's default of the channel runs: {chosen}"
    )
    return chosen
