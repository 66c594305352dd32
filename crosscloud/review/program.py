"""The program as things that can be compared: its files by their content.

Not by commit: a merge commit has another name and, where nothing else was merged, the very files that were reviewed.
What no merge request would preview the stack for (`preview.touched`) is left out, so that other changes, to documents
or to another cloud, don't make a review worthless.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from crosscloud import paths
from crosscloud.config import StackConfig
from crosscloud.preview.touched import clouds_of

#: The program, what it runs on, what decides the engine's and helm's versions, and the policies that it passed.
_FILES = ("__main__.py", "requirements.txt")
_FOLDERS = ("components", "crosscloud", "policy", "toolchain/pulumi", "toolchain/helm")
_LEFT_BY_TOOLS = ("__pycache__",)


def items(project: Path, config: StackConfig) -> dict[str, str]:
    """Return the SHA-256 of each file that counts for the stack, by its path in the checkout.

    The project's Pulumi.yaml is one of them, and so are charts of the stack's own, by their path in their folder.
    """
    files = {file.relative_to(paths.ROOT).as_posix(): file for file in _program(paths.ROOT)}
    found = {name: _content(file) for name, file in files.items() if counts(name, config.cloud)}
    description = project / "Pulumi.yaml"
    if description.is_file():
        found["Pulumi.yaml"] = _content(description)
    if config.chart_source.path:
        charts = Path(config.chart_source.path)
        found |= {f"charts: {file.relative_to(charts).as_posix()}": _content(file) for file in _below(charts)}
    return found


def counts(file: str, cloud: str) -> bool:
    """Tell whether a file of the checkout can change what a stack of this cloud is."""
    clouds = clouds_of(file)
    return clouds is None or cloud in clouds


def _program(root: Path) -> Iterator[Path]:
    yield from (root / name for name in _FILES if (root / name).is_file())
    for folder in _FOLDERS:
        yield from _below(root / folder)


def _below(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, but for those that tools leave: hidden ones, and compiled ones."""
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        if file.is_file() and not any(part.startswith(".") or part in _LEFT_BY_TOOLS for part in parts):
            yield file


def _content(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
