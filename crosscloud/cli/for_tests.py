"""What only the tests need, as rows for `crosscloud doctor`: ``toolchain/setup.sh --tests`` installs it."""

import os
import shutil
from pathlib import Path

from crosscloud import paths
from crosscloud.machines.requirements import Requirement

#: Command, and its package where that is called as in Debian; others often call chromium's driver otherwise.
COMMANDS = (("chromium", "chromium"), ("chromedriver", "chromium-driver"), ("buildah", "buildah"), ("rsync", "rsync"))
#: Commands of the pinned npm packages.
NODE_COMMANDS = ("gitlab-ci-local",)
_SETUP = "`toolchain/setup.sh --tests`"


def for_tests() -> list[Requirement]:
    """Return what the tests need beside what crosscloud itself does, with what was found."""
    return [*(_command(*each) for each in COMMANDS), *map(_node_command, NODE_COMMANDS)]


def _command(name: str, package: str) -> Requirement:
    found = shutil.which(name)
    if found:
        return Requirement(name, True, found)
    how = "installs it" if shutil.which("apt-get") else f"can't install it without apt-get: install {package} yourself"
    return Requirement(name, False, "not installed", f"{_SETUP} {how}")


def _node_command(name: str) -> Requirement:
    place: Path = paths.home() / "node" / "node_modules" / ".bin" / name
    found = os.access(place, os.X_OK)
    return Requirement(name, found, str(place) if found else "not installed", "" if found else f"{_SETUP} installs it")
