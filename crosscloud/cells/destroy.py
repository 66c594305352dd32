"""The end of a cell: everything is destroyed, whatever came before, and what is left is looked for and fails it."""

from crosscloud.cells.cell import Cell
from crosscloud.cells.project import prepared
from crosscloud.cells.run import current
from crosscloud.errors import CrosscloudError
from crosscloud.rehearsal.place import place_of
from crosscloud.stacks import marks, recovery
from crosscloud.stacks.pulumi import PulumiError, Stack
from crosscloud.stacks.stages import say, stage

DESTROY = "destroy"


class LeftError(CrosscloudError):
    """Something of the cell is left, or was and had to be removed behind the engine's back."""


def destroy(cell: Cell) -> int:
    """Destroy the cell and prove that nothing of it is left; return the exit status. Nothing there is no error."""
    run = current(cell)

    def work() -> None:
        with stage(f"taking down {cell.name}"):
            take_down(cell, run.record().cloud)
        say("nothing of it is left")

    return run.stage(DESTROY, work)


def is_there(cell: Cell) -> bool:
    """Tell whether an earlier run left the cell."""
    return place_of(cell.name).folder.exists() if cell.rehearsed else prepared(cell).exists()


def take_down(cell: Cell, cloud: str) -> None:
    """Destroy what there is of the cell; raise an error if anything is left, or was not removed by the engine."""
    if cell.rehearsed:
        _rehearsed(cell)
    elif cloud == "local":
        _local(cell)
    else:
        _in_cloud(prepared(cell))
        cell.place.remove()


def _rehearsed(cell: Cell) -> None:
    from crosscloud.rehearsal.down import down

    try:
        down(cell.name)
    finally:
        if not place_of(cell.name).folder.exists():  # it is gone, even if not all of it by the destroy itself
            cell.place.remove()
            _end_what_is_shared()


def _in_cloud(stack: Stack) -> None:
    """Destroy a stack; it has to be empty then, and its state goes. Nothing is forced: what stays in a cloud costs."""
    if not stack.exists():
        say(f"there is no stack {stack.name}: nothing was made")
        return
    with marks.noted(stack):
        for line in recovery.recover(stack):
            say(line)
        recovery.show(stack, "destroy", "--yes", "--skip-preview")
    if left := stack.deployment().get("resources"):
        names = "\n".join(f"  {each['urn']}" for each in left)
        raise LeftError(f"stack {stack.name} still has after its destruction\n{names}")
    stack.ask("stack", "rm", "--yes", "--preserve-config")
    if stack.exists():
        raise LeftError(f"the backend still knows stack {stack.name}, although it was removed")


def _local(cell: Cell) -> None:
    """Destroy a cluster on this host; what the engine leaves is removed by its records, and told."""
    from crosscloud.machines import cleanup

    mine = f"urn:pulumi:{cell.name}::"
    ids = _things(mine)
    stack, failed = prepared(cell), ""
    try:
        _in_cloud(stack)
    except PulumiError as error:
        failed = str(error)
    ids |= _things(mine)
    removed = cleanup.remove(lambda record: record.urn.startswith(mine))
    left = [line for line in cleanup.leftovers() if any(one in line for one in ids)]
    if left:
        raise LeftError(f"still on this host:\n{_listed(left)}")
    if failed and stack.exists():
        stack.ask("stack", "rm", "--yes", "--force", "--preserve-config")
    cell.place.remove()
    _end_what_is_shared()
    if removed or failed:
        raise LeftError(f"{failed or 'the destroy forgot something'}; what was left was removed:\n{_listed(removed)}")


def _things(urn: str) -> set[str]:
    """Return the ids of what this host has of a stack: they are in the names of all that is made for it."""
    from crosscloud.machines import store

    return {each.id for kind in store.FOLDERS for each in store.everything(kind) if each.urn.startswith(urn)}


def _end_what_is_shared() -> None:
    """End what all clusters of this host share, if there is none any more."""
    from crosscloud.rehearsal import hosted
    from crosscloud.stacks.down import clean_host

    if not hosted.anything():
        clean_host()


def _listed(lines: list[str]) -> str:
    return "\n".join(f"  {line}" for line in lines) or "  nothing"
