"""What runs: every running container of the cluster, with the digests that it can be known by."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crosscloud import reference
from crosscloud.e2e.pods import name

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Running:
    """One running container. ``image`` is the image's name without tag; ``digest`` is what the runtime says it runs."""

    pod: str
    node: str
    image: str
    digest: str

    @property
    def where(self) -> str:
        """The container in a few words."""
        return f"{self.pod} on {self.node}"

    @property
    def short_name(self) -> str:
        """The last part of the image's name in one spelling: ``node_exporter`` is ``node-exporter``."""
        return self.image.rpartition("/")[2].replace("_", "-").removesuffix("-amd64").removesuffix("-arm64")


def containers(pods: list[dict[str, Any]], *, except_in: str) -> list[Running]:
    """Return the running containers of all pods that stay, init containers that keep running among them.

    A pod that is being deleted may be the old one of a change; ``except_in`` is the namespace of the checks themselves.
    """
    found = []
    for pod in pods:
        if pod["metadata"]["namespace"] == except_in or pod["metadata"].get("deletionTimestamp"):
            continue
        statuses = [
            *(pod["status"].get("initContainerStatuses") or []),
            *(pod["status"].get("containerStatuses") or []),
        ]
        images = {
            c["name"]: c["image"] for c in [*(pod["spec"].get("initContainers") or []), *pod["spec"]["containers"]]
        }
        found += [_running(pod, s, images) for s in statuses if "running" in (s.get("state") or {})]
    return found


def image_name(asked: str) -> str:
    """Return the name in a pod's image reference, without tag and digest."""
    parsed = reference.parse(asked)
    return parsed.name if parsed else asked


def _running(pod: Mapping[str, Any], status: Mapping[str, Any], images: Mapping[str, str]) -> Running:
    # The name as the pod has it: a runtime may report any other name of the same image, or only its id.
    asked = images.get(status["name"], status["image"])
    digest = _DIGEST.search(status.get("imageID") or "")
    return Running(
        pod=name(pod),
        node=pod["spec"].get("nodeName", "?"),
        image=image_name(asked),
        digest=digest.group() if digest else "",
    )
