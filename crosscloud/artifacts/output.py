"""The files that a run leaves: release.env (what is under test) and support.env (what a cluster needs beside it)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dotenv import dotenv_values

from crosscloud import provenance
from crosscloud.artifacts.catalogue import PROJECTS
from crosscloud.artifacts.catalogue.model import Project
from crosscloud.files import write_text
from crosscloud.locking import locked
from crosscloud.paths import home

if TYPE_CHECKING:
    from crosscloud.artifacts.run import Published


def release_file() -> Path:
    """Return where the built release is written."""
    return home() / "release.env"


def support_file() -> Path:
    """Return where the references of the support images are written."""
    return home() / "support.env"


def write(projects: Sequence[Project], published: Sequence[Published]) -> None:
    """Write both files. What a run of a few projects did not build keeps the lines it has."""
    release: dict[str, str] = {}
    support: dict[str, str] = {}
    for project, one in zip(projects, published, strict=True):
        if project.released:
            release |= {
                f"{project.variable}_IMAGE": one.image,
                f"{project.variable}_TAG": one.tag,
                f"{project.variable}_DIGEST": one.artifact.digest,
            }
        else:
            support[f"{project.variable}_IMAGE"] = f"{one.image}:{one.tag}@{one.artifact.digest}"
    _merge(release_file(), release, released=True)
    _merge(support_file(), support, released=False)


def _merge(path: Path, values: dict[str, str], *, released: bool) -> None:
    """Put ``values`` into the file at ``path``, sorted; what the catalogue no longer has is left out."""
    known = {
        f"{project.variable}_{end}"
        for project in PROJECTS
        if project.released == released
        for end in ("IMAGE", "TAG", "DIGEST")
    }
    with locked(path.parent / "artifacts" / ".locks" / path.name):
        before = dotenv_values(path, interpolate=False) if path.exists() else {}
        kept = {name: value for name, value in before.items() if name in known and value}
        if not values and not kept:
            return
        text = "".join(f"{name}={value}\n" for name, value in sorted((kept | values).items()))
        if not path.exists() or path.read_text() != text:
            provenance.forget(path)  # what is built here is from no branch's pipeline
            write_text(path, text)
