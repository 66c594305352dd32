"""How the charts take an image: each has its own idea of where a digest and a registry go."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crosscloud.release import Image


def pinned_tag(image: "Image") -> str:
    """Return ``TAG@DIGEST``, or the bare tag: for charts that write ``repository:tag`` and know no digest.

    A reference with both is valid, and a container runtime goes by the digest.
    """
    return f"{image.tag}@{image.digest}" if image.digest else image.tag


def by_tag(image: "Image") -> dict[str, Any]:
    """Return the ``image`` block of a chart without a digest key (coredns, alertmanager)."""
    return {"repository": image.image, "tag": pinned_tag(image), "pullPolicy": "IfNotPresent"}


def by_digest(image: "Image") -> dict[str, Any]:
    """Return the ``image`` block of a chart with a digest key (prometheus); an empty digest means the tag."""
    return {
        "repository": image.image,
        "tag": image.tag,
        "digest": image.digest or "",
        "pullPolicy": "IfNotPresent",
    }


def by_registry(image: "Image") -> dict[str, Any]:
    """Return the ``image`` block of a chart that puts the registry's host before the repository (node-exporter).

    Names without a host are Docker Hub's, as for every container runtime; a single word lies below ``library`` there.
    """
    repository = image.repository if image.registry or "/" in image.image else f"library/{image.image}"
    return {**by_digest(image), "registry": image.registry or "docker.io", "repository": repository}
