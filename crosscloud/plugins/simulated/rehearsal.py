"""The rehearsal that a simulated plugin belongs to: its folder, its name, and what was asked of it."""

import os
from pathlib import Path

from crosscloud.plugins.base import PluginError

#: Names the rehearsal's folder (``.crosscloud/rehearsals/<stack>``); no simulated plugin starts without it.
FOLDER = "CROSSCLOUD_REHEARSAL"
#: ``no``: nothing is booted and no packet is filtered; the plugins only keep their records.
MACHINES = "CROSSCLOUD_REHEARSAL_MACHINES"


def folder() -> Path:
    """Return the rehearsal's folder."""
    chosen = os.environ.get(FOLDER)
    if not chosen:
        raise PluginError(
            f"this is a simulated cloud, and ${FOLDER} is not set: it works only within `crosscloud rehearse`, "
            "so that no real stack is ever made of simulated resources"
        )
    return Path(chosen).resolve()


def name() -> str:
    """Return the rehearsal's name: the stack's."""
    return folder().name


def machines() -> bool:
    """Tell whether machines are booted and packets filtered."""
    return os.environ.get(MACHINES, "").lower() not in ("no", "false", "0")
