"""Which stacks a change can reach: only those are previewed on a merge request.

A file counts for the first pattern of `PATTERNS` that it fits, and one that fits none counts for every stack: it is
better to preview too much than too little.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from crosscloud import paths
from crosscloud.config.document import stack_document
from crosscloud.config.findings import ConfigErrors
from crosscloud.config.stacks import STACKS

NOTHING: frozenset[str] = frozenset()
EVERYTHING = frozenset(STACKS)
#: Where ``{cloud}`` stands in a pattern, there is one for each cloud, which counts for that cloud.
_ITS_OWN: frozenset[str] | None = None

#: Patterns of paths from the repository's root, ``*`` for anything with its slashes, and the clouds they count for.
PATTERNS: tuple[tuple[str, frozenset[str] | None], ...] = (
    ("release.env", EVERYTHING),  # also where a stack takes its images from elsewhere: it is what a project is about
    ("*Pulumi.*.yaml", NOTHING),  # but the stack's own, which names it
    # What documents, tests or sets up, and what runs pipelines, changes no cluster.
    ("docs/*", NOTHING),
    ("*.md", NOTHING),
    ("LICENSE", NOTHING),
    ("tests/*", NOTHING),
    ("toolchain/pulumi/*", EVERYTHING),  # the version of the engine
    ("toolchain/helm/*", EVERYTHING),
    ("toolchain/*", NOTHING),
    (".ci/*", NOTHING),
    (".gitlab/*", NOTHING),
    (".gitlab-ci.yml", NOTHING),
    (".dockerignore", NOTHING),
    (".gitignore", NOTHING),
    ("Dockerfile", NOTHING),
    ("Makefile", NOTHING),
    # What looks at stacks and tells of them, or simulates clouds.
    ("crosscloud/cells/*", NOTHING),
    ("crosscloud/cli/*", NOTHING),
    ("crosscloud/drift/*", NOTHING),
    ("crosscloud/e2e/*", NOTHING),
    ("crosscloud/gitlab/*", NOTHING),
    ("crosscloud/plugins/simulated*", NOTHING),
    ("crosscloud/rehearsal/*", NOTHING),
    ("crosscloud/report/*", NOTHING),
    ("crosscloud/stacks/advice/*", NOTHING),
    ("crosscloud/artifacts/collect/*", NOTHING),
    # What one cloud has for itself. GKE's nodes are machines of GCE.
    ("components/gce_*.py", frozenset({"gce", "gke"})),
    ("components/{cloud}.py", _ITS_OWN),
    ("components/{cloud}_*.py", _ITS_OWN),
    ("crosscloud/config/{cloud}_*.py", _ITS_OWN),
    ("crosscloud/{cloud}_*.py", _ITS_OWN),
    # Machines on this host, whether they can run here, and the images that are built for them.
    ("crosscloud/container.py", frozenset({"local"})),
    ("crosscloud/machines/*", frozenset({"local"})),
    ("crosscloud/artifacts/*", frozenset({"local"})),
)


@dataclass(frozen=True)
class StackFile:
    """A stack by its file: its name, its cloud (empty if that can't be read), and the files and folders it names."""

    name: str
    cloud: str
    names: tuple[str, ...] = ("release.env",)

    def has(self, file: str) -> bool:
        """Say whether a file is its own, its release or one of its charts."""
        return any(file == name or file.startswith(f"{name}/") for name in self.names)


def touched(files: Iterable[str], stacks: Sequence[StackFile]) -> dict[str, list[str]]:
    """Return the stacks that changed files can reach, each with those files.

    Paths count from the repository's root; a renamed file counts by both names.
    """
    found: dict[str, list[str]] = {}
    for file in sorted(set(files)):
        for name in _reached(file, stacks):
            found.setdefault(name, []).append(file)
    return dict(sorted(found.items()))


def _reached(file: str, stacks: Sequence[StackFile]) -> list[str]:
    named = [stack.name for stack in stacks if stack.has(file)]
    clouds = clouds_of(file)
    if clouds is None:
        clouds = NOTHING if named else EVERYTHING
    return [
        stack.name for stack in stacks if stack.name in named or stack.cloud in clouds or (clouds and not stack.cloud)
    ]


def clouds_of(file: str) -> frozenset[str] | None:
    """Return the clouds that a file counts for, by the first pattern that it fits; None if it fits none."""
    for pattern, clouds in PATTERNS:
        for cloud in STACKS if clouds is None else ("",):
            if fnmatchcase(file, pattern.format(cloud=cloud)):
                return frozenset({cloud}) if clouds is None else clouds
    return None


def known(folder: Path | None = None, root: Path = paths.ROOT) -> list[StackFile]:
    """Return the stacks of a project's folder, by their files."""
    return [_stack(file, root) for file in sorted((folder or paths.project()).glob("Pulumi.*.yaml"))]


def _stack(file: Path, root: Path) -> StackFile:
    values = _values(file)
    charts = values.get("chartSource")
    named = [
        file.name,
        values.get("releaseFile") or "release.env",
        charts.get("path") if isinstance(charts, dict) else "",
    ]
    places = tuple(os.path.relpath(file.parent / str(name), root) for name in named if name)
    return StackFile(file.name.split(".")[1], str(values.get("cloud", "")), places)


def _values(file: Path) -> dict[str, Any]:
    """Return a stack's keys; none of a file that is broken, whose preview will say what is wrong with it."""
    try:
        values = stack_document(file)["config"]
    except ConfigErrors:
        return {}
    return {str(key).removeprefix("crosscloud:"): value for key, value in values.items()}
