"""Where a chart is: in its project's repository, among those that come with crosscloud, or in a folder of one's own."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crosscloud.errors import CrosscloudError
from crosscloud.helm_values.deployment import Deployment
from crosscloud.paths import ROOT

if TYPE_CHECKING:
    from crosscloud.config.stacks import ChartSource

#: The charts that come with crosscloud.
BUNDLED = ROOT / "components" / "charts"


class ChartError(CrosscloudError):
    """A chart is not where the configuration says."""


@dataclass(frozen=True)
class Chart:
    """A chart as helm is told of it.

    ``chart`` is a name in ``repository`` or, without one, a folder relative to the checkout, so that no machine's paths
    get into a stack's state. ``description`` names a folder's content: helm keeps it with the release, and an edited
    chart shows in a preview even if nobody bumped its version.
    """

    chart: str
    version: str
    repository: str | None = None
    description: str | None = None


def locate(deployment: Deployment, source: "ChartSource") -> Chart:
    """Return where the deployment's chart is.

    The configuration's own default is ``bundled`` for local clusters, which must come up where no chart repository can
    be reached, and ``upstream`` for all others: the charts that the projects' users install are then tested too.
    Raises ``ChartError`` if a folder has no such chart.
    """
    if source.kind == "upstream":
        return Chart(deployment.chart, deployment.version, repository=deployment.repository)
    folder = (source.path if source.kind == "path" and source.path else BUNDLED) / deployment.chart
    return Chart(
        chart=os.path.relpath(folder, ROOT),
        version=_version(folder),
        description=f"{deployment.chart} chart, content sha256:{content_digest(folder)[:16]}",
    )


def content_digest(folder: Path) -> str:
    """Return the SHA-256 of a chart's files with their names, in hexadecimal."""
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _version(folder: Path) -> str:
    """Return the version in ``Chart.yaml``."""
    import yaml

    file = folder / "Chart.yaml"
    try:
        metadata = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        hint = f"chartSource.path must be a folder that holds a folder `{folder.name}` with the unpacked chart in it"
        raise ChartError(f"there is no chart at {folder}: {hint}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ChartError(f"{file} can't be read: {error}") from error
    if not isinstance(metadata, dict) or not isinstance(metadata.get("version"), str):
        raise ChartError(f"{file} has no version")
    return str(metadata["version"])
