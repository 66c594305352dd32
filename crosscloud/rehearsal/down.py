"""Taking a rehearsal down, and the proof that nothing of it is left."""

import shutil

from crosscloud.errors import CrosscloudError
from crosscloud.rehearsal import hosted
from crosscloud.rehearsal.place import Place, held, place_of, rehearsed
from crosscloud.rehearsal.services import stop_service
from crosscloud.rehearsal.simulations import SIMULATIONS, Simulation
from crosscloud.stacks import recovery
from crosscloud.stacks.down import clean_host
from crosscloud.stacks.pulumi import PulumiError, Stack
from crosscloud.stacks.stages import say
from crosscloud.stacks.up import stack_values


class LeftoversError(CrosscloudError):
    """Something of a rehearsal is still on this host."""


class ForgottenError(CrosscloudError):
    """A destroy failed or forgot something; that is gone from this host, but in a cloud it would stay, and cost."""


def down(name: str) -> None:
    """Take down the rehearsal of the stack of this name; nothing there is no error."""
    place = place_of(name)
    if not place.folder.is_dir():
        say(f"there is no rehearsal of stack {name}")
        return
    with held(place):
        stack = rehearsed(name)
        cloud = stack_values(stack).get("crosscloud:cloud") if stack.file.exists() else None
        take_down(stack, SIMULATIONS.get(str(cloud)))


def take_down(stack: Stack, simulation: Simulation | None) -> None:
    """Destroy the stack as its user would, then remove what that left.

    Raises `ForgottenError` if there was something to remove, `LeftoversError` if anything stays.
    """
    place, forgotten = place_of(stack.name), ""
    if stack.file.exists() and stack.exists():
        settings = stack_values(stack)  # the file goes with the stack
        for line in recovery.recover(stack):
            say(line)
        try:
            stack.show("destroy", "--yes", "--skip-preview", "--remove")
        except PulumiError as error:
            forgotten = f"{error}; what was left is removed by its records"
        else:
            cloud = hosted.left_in_cloud(place, simulation, settings) if simulation else []
            if left := [*cloud, *hosted.things(place)]:
                forgotten = "the destroy left behind what `crosscloud rehearse` removed:\n" + _listed(left)
    if simulation:
        stop_service(simulation, place)
    remove(place)
    if not hosted.anything():
        clean_host()
    if forgotten:
        raise ForgottenError(forgotten)


def remove(place: Place) -> None:
    """Remove everything of a rehearsal from this host, whatever its stack says, and prove that it is gone."""
    for line in hosted.purge(place):
        say(f"removed {line}")
    found = hosted.things(place)
    if found:
        raise LeftoversError("still on this host:\n" + _listed(found))
    if place.folder.is_dir():
        shutil.rmtree(place.folder)


def _listed(lines: list[str]) -> str:
    return "\n".join(f"  {line}" for line in lines)
