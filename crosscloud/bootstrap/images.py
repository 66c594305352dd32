"""The images that nodes run: the release's Kubernetes, and what a cluster needs beside it."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from crosscloud.bootstrap.render import NodeImages

if TYPE_CHECKING:  # its import takes a while, and our plugin, which needs none of it, starts with every preview
    from crosscloud.config import SelfManagedStack
    from crosscloud.release import Release

#: Beside a release file, where ``crosscloud artifacts build`` leaves the support images it made for that release.
SUPPORT_FILE = "support.env"


def node_images(config: "SelfManagedStack", release: "Release") -> NodeImages:
    """Choose each image: the stack's configuration first, then ``support.env`` beside the release, then upstream's."""
    built = support_images(Path(config.release_file).parent)
    chosen = {
        name: str(getattr(config.images, name)) if name in config.images.model_fields_set else built.get(name)
        for name in ("etcd", "pause", "flannel", "flannel_cni")
    }
    resolved = {name: pullable(image or str(getattr(config.images, name))) for name, image in chosen.items()}
    return NodeImages(kubernetes=release.kubernetes.reference, **resolved)


def support_images(folder: Path) -> dict[str, str]:
    """Read ``support.env`` in a folder: name (``etcd``, ``flannel_cni`` …) → reference; empty without such a file."""
    from dotenv import dotenv_values

    values = dotenv_values(folder / SUPPORT_FILE) if (folder / SUPPORT_FILE).is_file() else {}
    return {key.removesuffix("_IMAGE").lower(): value for key, value in values.items() if value}


def pullable(reference: str) -> str:
    """Drop the tag of a reference that has a digest too: containerd keeps such an image under its digest alone."""
    return re.sub(r":[^:@/]+@", "@", reference)
