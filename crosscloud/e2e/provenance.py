"""What was checked: the lines of a report that say which release, which cluster, which nodes."""

from crosscloud.e2e.cluster import Api, items
from crosscloud.kubeconfig import Kubeconfig
from crosscloud.release import PROJECTS, Release


def provenance(api: Api, config: Kubeconfig, release: Release) -> dict[str, str]:
    """Return the properties of a report: the release's own lines, the cluster's version and its nodes."""
    found = {
        "cluster": config.current_context,
        "server": config.server,
        "kubernetes": str(api.get("/version")["gitVersion"]),
        "nodes": ", ".join(sorted(node["metadata"]["name"] for node in items(api, "/api/v1/nodes"))),
    }
    for prefix, attribute in PROJECTS.items():
        image = getattr(release, attribute)
        found |= {f"{prefix}_IMAGE": image.image, f"{prefix}_TAG": image.tag}
        if image.digest:
            found[f"{prefix}_DIGEST"] = image.digest
    return found
