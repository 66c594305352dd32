"""Where in Google Compute Engine a cluster is: project, region, and the zones its machines are spread over."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import pulumi_gcp as gcp

from crosscloud.config import GceStack
from crosscloud.errors import CrosscloudError

#: The zones that a cluster takes if the configuration names none: etcd's smallest quorum that outlives a zone.
DEFAULT_ZONES = 3


class Regional(TypedDict):
    """The two arguments that every regional resource takes."""

    project: str | None
    region: str


@dataclass(frozen=True)
class Place:
    """``project`` is ``None`` where the Google provider's own setting holds."""

    project: str | None
    region: str
    zones: Sequence[str]

    @property
    def regional(self) -> Regional:
        """The arguments of a regional resource."""
        return Regional(project=self.project, region=self.region)


def place_of(config: GceStack) -> Place:
    """Return where the stack's cluster is; ask Google for the region's zones if the configuration names none.

    Then it is the first three that have machines of the cluster's sizes: not every zone has every size.
    """
    where = config.gce
    sizes = {config.control_planes.size, config.workers.size}
    return Place(where.project, where.region, where.zones or first_zones("gce", where.project, where.region, sizes))


def first_zones(cloud: str, project: str | None, region: str, sizes: set[str]) -> list[str]:
    """Return the region's first three zones that have machines of all sizes; ``cloud`` is for the words of an error."""
    names = gcp.compute.get_zones(project=project, region=region).names
    if not names:
        raise CrosscloudError(f"crosscloud:{cloud}.region: Google knows no zone of {region} in this project")
    found: list[str] = []
    for zone in sorted(names):
        if len(found) < DEFAULT_ZONES and _offers(zone, sizes, project):
            found.append(zone)
    if not found:
        raise CrosscloudError(
            f"crosscloud:{cloud}.region: no zone of {region} ({', '.join(sorted(names))}) has machines of "
            f"{' and '.join(sorted(sizes))}; another region, or another size of machines"
        )
    return found


def _offers(zone: str, sizes: set[str], project: str | None) -> bool:
    wanted = " OR ".join(f"(name = {size})" for size in sorted(sizes))
    offered = gcp.compute.get_machine_types(filter=wanted, zone=zone, project=project).machine_types
    return sizes <= {each.name for each in offered}
