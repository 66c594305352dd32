"""Channels: which version of a project ``stable`` and ``head`` are."""

import re
import tempfile
import time
from pathlib import Path
from typing import Literal

from crosscloud.artifacts import modules, wrapper
from crosscloud.artifacts.catalogue.model import Project
from crosscloud.artifacts.errors import BuildError
from crosscloud.artifacts.tools import BUILD_ENVIRONMENT, go, run
from crosscloud.files import read_json, write_json
from crosscloud.locking import locked
from crosscloud.paths import home

Channel = Literal["stable", "head"]

#: Seconds that an answer to "which is the head" is good for.
HEAD_IS_GOOD_FOR = 24 * 3600
#: The branches that are tried as a project's head, before its newest served version.
BRANCHES = ("master", "main")


def resolve(project: Project, channel: Channel, *, refresh: bool = False) -> str:
    """Return the module version of ``project`` in ``channel``.

    ``stable`` is pinned in the catalogue. ``head`` is the project's main branch where the module proxy serves it, else
    the newest served version whose sources are complete; never one older than stable. What isn't of a release has only
    the pinned version. The answer for ``head`` is kept for a day unless ``refresh``.
    """
    if channel == "stable" or not project.released:
        return project.stable
    store = home() / "artifacts" / "heads.json"
    known = read_json(store).get(project.name, {})
    fresh = known.get("stable") == project.stable and time.time() - known.get("at", 0) < HEAD_IS_GOOD_FOR
    if fresh and not refresh:
        return str(known["version"])
    version = _head(project)
    with locked(store.with_suffix(".lock")):
        entry = {"version": version, "at": time.time(), "stable": project.stable}
        write_json(store, read_json(store) | {project.name: entry})
    return version


def order(version: str) -> tuple[tuple[int, ...], bool, list[tuple[int, int, str]]]:
    """Return a sort key by semantic versioning: a pre-release comes before its release."""
    core, _, pre = version.removeprefix("v").split("+")[0].partition("-")
    numbers = tuple(int(part) for part in core.split("."))
    parts = [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"[.\-]", pre)]
    return numbers, not pre, parts


def _head(project: Project) -> str:
    """Find the newest version that can be built, asking the module proxy."""
    main = next(build.module for build in project.builds if build.module)
    for branch in BRANCHES:
        try:
            version = modules.lookup(main, branch).version
        except BuildError:
            continue
        if problem(project, version) is None:
            return version
    try:
        listed = modules.versions(main)
    except BuildError:
        return project.stable
    newer = [version for version in listed if order(version) > order(project.stable)]
    for version in sorted(newer, key=order, reverse=True):
        if problem(project, version) is None:
            return version
    return project.stable


def problem(project: Project, version: str) -> str | None:
    """Return why ``version`` can't be built, in the go command's words; None when its sources are all there."""
    with tempfile.TemporaryDirectory(prefix="crosscloud-head-") as folder:
        for index, build in enumerate(project.builds):
            try:
                source = wrapper.source(project, build, version)
                place = Path(folder) / f"{project.name}-{index}"
                wrapper.write(place, source)
                packages = sorted(set(build.commands.values()))
                environment = {**BUILD_ENVIRONMENT, "CGO_ENABLED": str(int(build.cgo))}
                run([go(), "list", "-deps", *packages], cwd=place, env=environment)
            except BuildError as error:
                return str(error)
    return None
