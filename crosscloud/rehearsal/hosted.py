"""What a rehearsal has on this host and in the simulated cloud's memory."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from crosscloud.machines import store
from crosscloud.plugins.simulated import Cloud, fabric, rehearsal
from crosscloud.rehearsal.place import Place
from crosscloud.rehearsal.simulations import Simulation


def left_in_cloud(place: Place, simulation: Simulation, settings: Mapping[str, Any]) -> list[str]:
    """Return one line for each thing in the memory of the simulation's service, which has to run for that."""
    with _within(place, machines=True):
        return list(simulation.leftovers(settings))


def things(place: Place) -> list[str]:
    """Return one line for each thing of a rehearsal that is there: empty after a destroy that forgot nothing."""
    recorded = [f"{record} in the simulated cloud" for record in Cloud(place.folder / "cloud").records()]
    with _within(place, machines=True):
        hosted = fabric.leftovers()
    with _within(place, machines=False):
        return [*recorded, *hosted, *fabric.leftovers()]


def anything() -> bool:
    """Tell whether this host has machines, networks or balancers of this checkout, whatever they belong to."""
    return any(store.everything(kind) for kind in store.FOLDERS)


def purge(place: Place) -> list[str]:
    """Remove everything of a rehearsal from this host, and say what was removed."""
    with _within(place, machines=True):
        hosted = fabric.purge()
    with _within(place, machines=False):
        return [*hosted, *fabric.purge()]


@contextmanager
def _within(place: Place, *, machines: bool) -> Iterator[None]:
    """Have this process belong to a rehearsal for the length of the block, as its plugins do."""
    own = {rehearsal.FOLDER: str(place.folder), rehearsal.MACHINES: "yes" if machines else "no"}
    variables = {**place.remembered(), **own}
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
