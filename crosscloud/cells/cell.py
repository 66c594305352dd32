"""A cell by name, and where it lives."""

import os
import re
import shutil
from dataclasses import dataclass

from crosscloud import paths
from crosscloud.artifacts.collect.channels import CHANNELS
from crosscloud.errors import CrosscloudError
from crosscloud.stacks.pulumi import Stack
from crosscloud.stacks.workspace import Apart

#: Names the stacks whose clouds are simulated, separated by spaces: what ``--rehearse`` says of one.
REHEARSED = "CROSSCLOUD_REHEARSE"


class CellError(CrosscloudError):
    """A cell can't be what is asked for."""


@dataclass(frozen=True)
class CellPlace(Apart):
    """The folder of one cell. Its state is in the backend that the user has."""

    def environment(self) -> dict[str, str]:
        """Return the variables of the engine: the user's, for this project."""
        return {**super().environment(), "CROSSCLOUD_PROJECT": str(self.project)}

    def remove(self) -> None:
        """Remove the folder; nothing there is no error."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class Cell:
    """A stack of the project at a channel. ``rehearsed``: the cloud is simulated."""

    stack: str
    channel: str
    rehearsed: bool = False

    @property
    def name(self) -> str:
        """The name of its own Pulumi stack: ``aws-head``."""
        return f"{self.stack}-{self.channel}"

    @property
    def place(self) -> CellPlace:
        """Where it lives on this machine."""
        return CellPlace(paths.home() / "cells" / self.name)

    @property
    def own(self) -> Stack:
        """The Pulumi stack that its file makes; a rehearsal makes another one of it."""
        return Stack(self.name, self.place)


def named(stack: str, channel: str, *, rehearse: bool = False) -> Cell:
    """Return the cell of a stack at a channel; it is rehearsed if asked for, here or by ``$CROSSCLOUD_REHEARSE``."""
    if channel not in CHANNELS:
        raise CellError(f"there is no channel {channel!r}; there are {', '.join(CHANNELS)}")
    if not re.fullmatch(r"[a-z][a-z0-9-]*", stack):
        raise CellError(f"{stack!r} is no name of a stack: lower-case letters, digits and dashes")
    listed = os.environ.get(REHEARSED, "").replace(",", " ").split()
    return Cell(stack, channel, rehearse or stack in listed)
