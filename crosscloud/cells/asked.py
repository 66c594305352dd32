"""The cells that a pipeline was asked for. GitLab leaves out what it has no jobs for, and the rest of it is green."""

from collections.abc import Iterator

from crosscloud.artifacts.collect.channels import CHANNELS
from crosscloud.cells.cell import REHEARSED, Cell, CellError, named
from crosscloud.problems import Problem, ProblemsError
from crosscloud.stacks.up import stack_names

STACKS, WANTED_CHANNELS = "STACKS", "CHANNELS"


class AskedError(ProblemsError, CellError):
    """There is no such stack or channel."""


def cells(stacks: str, channels: str, rehearsed: str = "") -> list[Cell]:
    """Return the cells of stacks at channels, lists separated by spaces; raise `AskedError` for what there is not."""
    known = stack_names()
    wrong = [
        *_unknown(STACKS, stacks, known),
        *_unknown(WANTED_CHANNELS, channels, CHANNELS),
        *_unknown(REHEARSED, rehearsed, known, needed=False),
    ]
    if wrong:
        raise AskedError("these cells can't be made", wrong)
    simulated = rehearsed.split()
    return [named(s, c, rehearse=s in simulated) for c in channels.split() for s in stacks.split()]


def _unknown(variable: str, value: str, known: tuple[str, ...], *, needed: bool = True) -> Iterator[Problem]:
    """Yield what of a list is not known, and a list that is empty."""
    allowed = f"separated by spaces: {' '.join(known)}"
    if needed and not value.split():
        yield Problem(variable, "nothing is named", allowed)
    for each in value.split():
        if each not in known:
            yield Problem(variable, f"{each!r} is not known", allowed)
