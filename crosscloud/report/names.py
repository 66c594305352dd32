"""What things are called on the page, and in the addresses of its parts."""

import re
from collections.abc import Mapping

from crosscloud.artifacts.collect.channels import CHANNELS

#: The projects in the order of the page, by their names in a release. One line adds a project.
PROJECTS: Mapping[str, str] = {
    "kubernetes": "Kubernetes",
    "coredns": "CoreDNS",
    "prometheus": "Prometheus",
    "node_exporter": "node-exporter",
    "alertmanager": "Alertmanager",
}
#: The clouds in the order of the page; one that is not here is called by its own name, after these.
CLOUDS: Mapping[str, str] = {
    "aws": "AWS",
    "azure": "Azure",
    "gce": "GCE",
    "gke": "GKE",
    "packet": "Packet",
    "local": "Local machines",
    "existing": "Existing cluster",
}
#: Clouds that bring a Kubernetes of their own: the release's is not what runs there.
MANAGED = frozenset({"gke", "existing"})

#: What may stand in an address as it is: names of cells become names of files.
_SAFE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


def project_slug(project: str) -> str:
    """Return a project's part of addresses: ``node-exporter`` for ``node_exporter``."""
    return project.replace("_", "-")


def cloud_name(cloud: str, stack: str) -> str:
    """Return what a stack is called: its cloud, and its own name where that is another one."""
    name = CLOUDS.get(cloud, cloud)
    return name if stack == cloud else f"{name} ({stack})"


def cloud_order(cloud: str, stack: str) -> tuple[int, str, str]:
    """Return a key that sorts stacks by their clouds' order."""
    known = list(CLOUDS)
    return (known.index(cloud) if cloud in known else len(known), cloud, stack)


def channel_order(channel: str) -> tuple[int, str]:
    """Return a key that sorts channels."""
    return (CHANNELS.index(channel) if channel in CHANNELS else len(CHANNELS), channel)


def is_safe(name: str) -> bool:
    """Say whether a name can be a file's name and a part of an address."""
    return bool(_SAFE.fullmatch(name))


def slug(name: str) -> str:
    """Return any text as a part of a file's name."""
    return re.sub(r"[^A-Za-z0-9-]+", "-", name).strip("-")[:80] or "run"


def web_address(url: str | None) -> str | None:
    """Return the address if a link may lead there: http and https alone, so that none runs a script."""
    return url if url and re.match(r"https?://[^\s/]", url, re.IGNORECASE) else None
