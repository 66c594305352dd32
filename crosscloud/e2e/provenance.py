"""What was checked: the lines of a report that say which release and where it is from, which cluster, which nodes."""

from collections.abc import Mapping
from types import MappingProxyType

from crosscloud.e2e.cluster import Api, items
from crosscloud.kubeconfig import Kubeconfig
from crosscloud.provenance import told
from crosscloud.release import PROJECTS, Release
from crosscloud.runs.record import Source


def provenance(
    api: Api, config: Kubeconfig, release: Release, sources: Mapping[str, Source] = MappingProxyType({})
) -> dict[str, str]:
    """Return the properties of a report: the release's own lines, the cluster's version and its nodes.

    Where an image's origin is known it is ``COREDNS_SOURCE``: ``coredns/coredns@master 97c730ab, pipeline 5713, URL``.
    """
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
        if source := sources.get(attribute):
            found[f"{prefix}_SOURCE"] = f"{told(source)}, {source.url}"
    return found
