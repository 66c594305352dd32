"""What has been built, what is known of the heads, and the removal of what no release names any more."""

import shutil
from pathlib import Path

from crosscloud.artifacts import registry
from crosscloud.artifacts.builder import Artifact
from crosscloud.artifacts.catalogue.model import Project
from crosscloud.artifacts.output import release_file, support_file
from crosscloud.artifacts.versions import order
from crosscloud.files import read_json
from crosscloud.paths import home


def built(project: Project) -> list[Artifact]:
    """Return the finished builds of ``project``, newest version first."""
    records = [read_json(path) for path in (home() / "artifacts" / project.name).glob("*/done.json")]
    found = [Artifact(**record) for record in records if record]
    return sorted(found, key=lambda one: (order(one.version), one.key), reverse=True)


def known_head(project: Project) -> str:
    """Return the product version that was last found as the project's head; ``?`` when none was looked for."""
    version = read_json(home() / "artifacts" / "heads.json").get(project.name, {}).get("version")
    return project.public_version(version) if version else "?"


def prune() -> tuple[int, int]:
    """Remove the builds that release.env and support.env don't name, and their blobs in the registry.

    Returns how many builds and how many bytes that was. A running registry still knows the tags of what is removed,
    but can't serve them.
    """
    named = "".join(path.read_text() for path in (release_file(), support_file()) if path.exists())
    removed, freed = 0, 0
    kept_blobs: set[str] = set()
    for record in (home() / "artifacts").glob("*/*/done.json"):
        if str(read_json(record).get("digest")) in named:
            kept_blobs |= {blob.name for blob in (record.parent / "image" / "blobs" / "sha256").iterdir()}
            continue
        freed += sum(file.stat().st_size for file in record.parent.rglob("*") if file.is_file())
        # The record goes first: half a removed build must not be taken for a finished one.
        record.unlink()
        shutil.rmtree(record.parent)
        removed += 1
    for blob in (registry.folder() / "blobs").glob("sha256/*"):
        if blob.name not in kept_blobs:
            freed += _remove(blob)
    return removed, freed


def _remove(file: Path) -> int:
    size = file.stat().st_size
    file.unlink()
    return size
