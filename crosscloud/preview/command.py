"""One preview as the command does it: of a stack or its rehearsal, with the review of what it was made of."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from crosscloud.preview import run, state
from crosscloud.preview.model import Preview
from crosscloud.rehearsal import engine as rehearsal_engine
from crosscloud.rehearsal import isolation, project
from crosscloud.rehearsal.down import remove
from crosscloud.rehearsal.place import Place, held, place_of, rehearsed
from crosscloud.rehearsal.project import Sizes
from crosscloud.rehearsal.services import start_service, stop_service
from crosscloud.review import Review, record
from crosscloud.stacks.pulumi import Stack
from crosscloud.stacks.up import read_config


def preview(
    name: str, *, rehearsed: bool = False, full_size: bool = False, policy: Path | None = None
) -> tuple[Preview, Review]:
    """Preview a stack; return what was found, and the review, which was recorded before.

    What is wrong with the stack's file is raised before anything is asked.
    """
    if not rehearsed:
        stack = Stack(name)
        read_config(stack, files_exist=False)
        return _reviewed(stack, policy)
    sizes = Sizes(None, None) if full_size else Sizes()
    with _rehearsal(Stack(name), sizes) as (stack, exclude):
        return _reviewed(stack, policy, exclude, rehearsed=True)


def _reviewed(
    stack: Stack, policy: Path | None, exclude: Sequence[str] = (), *, rehearsed: bool = False
) -> tuple[Preview, Review]:
    deployment = state.deployment_of(stack) or {}
    review = record(stack, deployment=deployment)
    found = run.preview(stack, policy=policy, exclude=exclude, deployment=deployment, rehearsed=rehearsed)
    return found, review


@contextmanager
def _rehearsal(own: Stack, sizes: Sizes) -> Iterator[tuple[Stack, Sequence[str]]]:
    """Prepare the rehearsal of a stack as its file is now; afterwards a kept one is as it was, another one is gone."""
    place = place_of(own.name)
    with held(place):
        before = _files(place)
        kept = rehearsed(own.name).file.exists()
        machines = place.remembered().get(isolation.MACHINES) != "no"
        prepared = project.prepare(own, sizes, machines=machines)
        try:
            start_service(prepared.simulation, place)
            yield prepared.stack, () if machines else left_out()
        finally:
            if kept:
                for file, content in before.items():
                    file.write_bytes(content)
            else:
                stop_service(prepared.simulation, place)
                remove(place)


def _files(place: Place) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in place.project.glob("Pulumi*.yaml")}


def left_out() -> list[str]:
    """Return the patterns of URNs that a rehearsal without machines leaves out."""
    option = "--exclude="
    return [one.removeprefix(option) for one in rehearsal_engine.without_cluster() if one.startswith(option)]
