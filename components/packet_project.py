"""The Equinix Metal project that a cluster is made in: it is there already, and BGP is on in it.

The program does not make it: a project holds members, keys, a way of paying, and perhaps more than this cluster.
"""

from components.packet_sdk import metal
from crosscloud.errors import CrosscloudError

#: https://deploy.equinix.com/developers/docs/metal/bgp/local-bgp
_REMEDY = "metal project bgp-enable --project-id {} --deployment-type local --asn 65000"


class BgpIsOffError(CrosscloudError):
    """The project can't have BGP sessions, so no control plane could announce the API's address."""


def ensure_bgp(project_id: str) -> None:
    """Look the project up, and raise `BgpIsOffError` unless BGP is on in it."""
    project = metal.get_project(project_id=project_id)
    if not project.bgp_configs:
        raise BgpIsOffError(
            f"BGP is off in the project {project_id} (crosscloud:packet.projectId), and the control planes announce "
            f"the API's address by it. Turn local BGP on: {_REMEDY.format(project_id)}"
        )
