"""Previewing the rehearsal of a stack: of one that is kept, or of one that is there only for the preview."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from crosscloud.rehearsal import engine, isolation, project
from crosscloud.rehearsal.down import remove
from crosscloud.rehearsal.place import Place, held, place_of, rehearsed
from crosscloud.rehearsal.project import Sizes
from crosscloud.rehearsal.services import start_service, stop_service
from crosscloud.stacks.pulumi import Stack

_EXCLUDE = "--exclude="


@contextmanager
def rehearsal(own: Stack, *, full_size: bool) -> Iterator[tuple[Stack, Sequence[str]]]:
    """Prepare the rehearsal of a stack as the user's file is now; give its stack, and what is left out of a preview.

    Afterwards a rehearsal that was kept is as it was, and another one is gone. Raises `BusyError` while one is at work.
    """
    sizes = Sizes(None, None) if full_size else Sizes()
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


def left_out() -> list[str]:
    """Return the patterns of URNs that a rehearsal without machines leaves out."""
    return [one.removeprefix(_EXCLUDE) for one in engine.without_cluster() if one.startswith(_EXCLUDE)]


def _files(place: Place) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in place.project.glob("Pulumi*.yaml")}
