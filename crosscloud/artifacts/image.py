"""Images by crane: one layer on nothing, its configuration, and the OCI layout that is kept."""

import datetime
import json
from pathlib import Path
from typing import IO

from crosscloud.artifacts.catalogue.model import Project
from crosscloud.artifacts.tools import crane, run

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: Repository of the local registry in which images are put together.
STAGING = "crosscloud/build"


def seconds(rfc3339: str) -> int:
    """Return a time as seconds since 1970; 0 for an empty one."""
    return int(datetime.datetime.fromisoformat(rfc3339).timestamp()) if rfc3339 else 0


def make(layer: Path, configuration: list[str], place: str, target: Path, log: IO[str]) -> str:
    """Make an image of ``layer`` and keep it in the new folder ``target`` as an OCI layout; return its digest.

    ``place``: a reference in the local registry to put it together under. The same layer and configuration make the
    same digest.
    """
    for arguments in (
        ["append", "--oci-empty-base", "-f", str(layer), "-t", place],
        ["mutate", place, "-t", place, *configuration],
        ["pull", "--format=oci", place, str(target)],
    ):
        run([crane(), *arguments], what=f"the image can't be made: crane {arguments[0]}", log=log)
    return digest(target)


def configuration(project: Project, labels: dict[str, str]) -> list[str]:
    """Return the arguments of ``crane mutate`` that configure the project's image."""
    image = project.image
    arguments = ["--set-platform=linux/amd64", f"--env=PATH={PATH}", f"--workdir={image.workdir}"]
    arguments += [f"--user={image.user}"] if image.user else []
    arguments += [f"--entrypoint={','.join(image.entrypoint)}"] if image.entrypoint else []
    arguments += [f"--cmd={','.join(image.command)}"] if image.command else []
    arguments += [f"--exposed-ports={','.join(image.ports)}"] if image.ports else []
    return arguments + [f"--label={name}={value}" for name, value in sorted(labels.items()) if value]


def labels(project: Project, version: str, revision: str, created: str, key: str) -> dict[str, str]:
    """Return the image's labels: the standard ones, and the key of its build."""
    standard = {
        "title": project.title,
        "version": version,
        "revision": revision,
        "created": created,
        "source": project.source,
        "licenses": "Apache-2.0",
    }
    return {f"org.opencontainers.image.{name}": value for name, value in standard.items()} | {"dev.crosscloud.key": key}


def digest(layout: Path) -> str:
    """Return the digest of the one image in an OCI layout."""
    manifests = json.loads((layout / "index.json").read_text())["manifests"]
    return str(manifests[0]["digest"])
