"""The program as things that can be compared: its files by their content.

Not by commit: a merge commit has another name and, where nothing else was merged, the very files that were reviewed.
What only looks at stacks or tells of them is left out, so that two merge requests don't get in each other's way for it.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from crosscloud import paths

#: The program, what it runs on, what decides the engine's and helm's versions, and the policies that it passed.
_FILES = ("__main__.py", "requirements.txt")
_FOLDERS = ("components", "crosscloud", "policy", "toolchain/pulumi", "toolchain/helm")
#: Packages that neither the program nor its plugins nor the engine's command line come from.
APART = (
    *(f"crosscloud/{name}" for name in ("cells", "cli", "drift", "e2e", "gitlab", "preview", "rehearsal", "report")),
    "crosscloud/plugins/simulated",
)
_LEFT_BY_TOOLS = ("__pycache__",)


def items(project: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of the program, by its path in the checkout, and of the project's Pulumi.yaml."""
    found = {file.relative_to(paths.ROOT).as_posix(): _content(file) for file in _files(paths.ROOT)}
    description = project / "Pulumi.yaml"
    return {**found, "Pulumi.yaml": _content(description)} if description.is_file() else found


def _files(root: Path) -> Iterator[Path]:
    yield from (root / name for name in _FILES if (root / name).is_file())
    for folder in _FOLDERS:
        for file in sorted((root / folder).rglob("*")):
            inner = file.relative_to(root)
            if file.is_file() and not _skipped(inner):
                yield file


def _skipped(inner: Path) -> bool:
    """Tell whether a file is left by a tool (hidden, or compiled), or belongs to a package that is apart."""
    if any(part.startswith(".") or part in _LEFT_BY_TOOLS for part in inner.parts):
        return True
    folder = inner.parent.as_posix()
    return any(folder == apart or folder.startswith((f"{apart}/", f"{apart}_")) for apart in APART)


def _content(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
