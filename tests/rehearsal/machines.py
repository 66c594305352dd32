"""The machines behind a rehearsal: which there are, and how one dies."""

import os
import signal

from crosscloud.machines import instances, store
from tests.cluster.project import eventually


def machines(name: str) -> dict[str, store.Machine]:
    """Return the machines of a rehearsal by their addresses."""
    found = [one for one in store.everything(store.Machine) if one.urn.startswith(f"rehearsal:{name}:")]
    return {one.address: one for one in found}


def kill(machine: store.Machine) -> None:
    """Have a machine die as if its power had failed."""
    for process, _started in (machine.supervisor, machine.leader):
        os.kill(process, signal.SIGKILL)
    eventually(20, f"{machine.id} is dead", lambda: not instances.running(machine))
