"""What makes two builds the same: the key of a build is a hash over everything that goes into its image."""

import hashlib
import json
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

from crosscloud.artifacts import wrapper
from crosscloud.artifacts.catalogue.model import Project

#: Raise it when the way images are made changes in a way that the other ingredients don't show.
FORMAT = 2


def build_key(project: Project, sources: list[wrapper.Source], go_version: str) -> str:
    """Return the key of a build, as 64 hex digits.

    Its ingredients: the catalogue's entry, each module's version and checksum, the recipes' files, the base files of
    the image and the version of Go. Where it is built does not matter, and neither does when.
    """
    entry = asdict(project)
    # How a build is shown or ordered is not part of it.
    for shown in ("title", "variable", "seconds", "stable", "released"):
        entry.pop(shown)
    ingredients = {
        "format": FORMAT,
        "go": go_version,
        "project": entry,
        "modules": [[s.module.path, s.module.version, s.module.sum] for s in sources if s.module],
        "requires": [s.requires for s in sources],
        "recipes": [_digest(wrapper.RECIPES / s.build.recipe) for s in sources if s.build.recipe],
        "base": _digest(certificates()),
        # Another version may pack the same content into other bytes.
        "zstandard": metadata.version("zstandard"),
    }
    return hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()


def certificates() -> Path:
    """Return the CA certificates that images hold: Mozilla's, as certifi ships them, not this machine's own."""
    import certifi

    return Path(certifi.where())


def _digest(path: Path) -> str:
    """Return a hash over a file, or over a folder's files and their names."""
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    whole = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        whole.update(f"{file.relative_to(path.parent)}\0{len(content)}\0".encode() + content)
    return whole.hexdigest()
