"""A private folder for the keys of a kubeconfig, which the client library wants as files."""

import os
import shutil
import tempfile
from pathlib import Path

from crosscloud import paths


def private_folder() -> Path:
    """Make a folder (0700) for this process; those of processes that were killed are taken away."""
    parent = paths.home() / "e2e"
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob("keys-*"):
        if not Path("/proc", left.name.split("-")[1]).exists():
            remove(left)
    return Path(tempfile.mkdtemp(prefix=f"keys-{os.getpid()}-", dir=parent))


def remove(folder: Path) -> None:
    """Remove the folder; one that is gone already is fine."""
    shutil.rmtree(folder, ignore_errors=True)
