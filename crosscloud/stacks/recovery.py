"""Mending what a killed run leaves in a stack's state: a lock that nobody holds, operations that never ended."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from crosscloud.errors import CrosscloudError
from crosscloud.stacks import locks, marks
from crosscloud.stacks.locks import Holder, Lock
from crosscloud.stacks.pulumi import PulumiError, Stack

#: What the engine's history says of a run that only finished what an interrupted one had begun.
MESSAGE = "crosscloud: finish what an interrupted run had begun"
_REFRESH = ("refresh", "--yes", "--skip-preview", "--suppress-outputs", "--message", MESSAGE)
#: What a run that was killed in the middle of an operation leaves open, and what is done about it.
_OPEN = {
    "creating": "forgot the creation of {names}: it is made again, or taken over where it carries our name; look "
    "whether the cloud has one too many",
    "updating": "looked at {names}, which was being changed: the rest of the change is made now",
    "deleting": "looked whether {names}, which was being deleted, is gone: what is left is deleted now",
    "reading": "forgot that {names} was being read: that changes nothing",
    "importing": "forgot that {names} was being imported: the next run does it again",
}


class LockedError(CrosscloudError):
    """Another run is at work on the stack, or may be."""


def recover(stack: Stack, *, by_program: bool = False) -> list[str]:
    """Make the stack usable after a run that was killed; return what was mended, in words.

    A lock whose holder is dead is given up; one whose holder lives, or may live, raises `LockedError`. Pending
    creations are forgotten: our machines, networks and load balancers carry the resource they belong to, so that the
    next creation takes over or removes what was made; helm's releases are found by their names. The other pending
    operations are settled by looking at what there is of these resources, and no others (``pulumi refresh``); where the
    access in the state ends, ``by_program``, with the access that the program gives, and at all resources.
    """
    mended = list(_given_up(stack, locks.in_files(stack) or []))
    deployment = stack.deployment()
    pending = deployment.get("pending_operations") or []
    if pending:
        urns = {operation["resource"]["urn"] for operation in pending}
        # The program, run for some resources alone, would leave out of the state what they depend on.
        looking = ["--run-program"] if by_program else _targets(deployment, urns)
        refresh = [*_REFRESH, "--clear-pending-creates", *looking]
        try:
            stack.ask(*refresh)
        except PulumiError as error:
            mended += unlocked(stack, error)
            stack.ask(*refresh)
        mended += [f"finished what an interrupted run had begun: {line}" for line in _settled(pending)]
    return mended


def show(stack: Stack, *command: str, variables: Mapping[str, str] | None = None) -> None:
    """Run an engine's command with its display.

    Where it finds a lock that only it can see, and whose holder is dead, that is given up and the command run again.
    """
    try:
        stack.show(*command, variables=variables)
    except PulumiError as error:
        for line in unlocked(stack, error):
            print(f"    {line}", flush=True)
        stack.show(*command, variables=variables)


def unlocked(stack: Stack, error: PulumiError) -> list[str]:
    """Give up the lock that the engine complained of, if its holder is dead; return that in words.

    Raises ``error`` itself if that was about something else, and `LockedError` if the holder lives or may live.
    """
    found = locks.told(error.said)
    if not found:
        raise error
    return list(_given_up(stack, found))


def unlock(stack: Stack, *, force: bool) -> list[str]:
    """Give up the stack's lock on a user's word (``force``) where it can't be known whether its holder is dead.

    Returns what was done, in words. Raises `LockedError` if the holder lives, or if its death is not known and not
    said.
    """
    found = locks.in_files(stack)
    return list(_given_up(stack, _seen_by_the_engine(stack) if found is None else found, force=force))


def _seen_by_the_engine(stack: Stack) -> list[Lock]:
    """Return the locks that the engine tells of when it wants its own: here to look at nothing but the stack itself."""
    try:
        stack.ask(*_REFRESH, "--skip-pending-creates", *_targets(stack.deployment(), ()))
    except PulumiError as error:
        if found := locks.told(error.said):
            return found
        raise
    return []


def _given_up(stack: Stack, found: Sequence[Lock], *, force: bool = False) -> Iterator[str]:
    """Give the locks up, all or none, and say why."""
    judged = list(locks.each(stack, list(found)))
    for lock, holder, why in judged:
        if holder is Holder.LIVES or (holder is Holder.UNKNOWN and not force):
            raise LockedError(_held(stack, lock, holder, why))
    for lock, holder, why in judged:
        if lock.file:
            lock.file.unlink(missing_ok=True)
        else:
            stack.ask("cancel", "--yes")
        if not lock.here:
            marks.forget(stack, lock.host)
        reason = "you said that it is dead" if holder is Holder.UNKNOWN else why
        yield f"gave up the lock of {lock}: {reason}"


def _held(stack: Stack, lock: Lock, holder: Holder, why: str) -> str:
    head = f"stack {stack.name} is being changed by {lock}: {why}. Wait for it"
    if holder is Holder.LIVES:
        return head
    return f"{head}; if you know that it is dead, `crosscloud unlock --stack {stack.name} --force` gives up its lock"


def _targets(deployment: Mapping[str, Any], urns: Collection[str]) -> Iterator[str]:
    """Yield the arguments that have the engine look at these resources alone, as far as the state has them.

    What else has changed in a cloud is not taken into the state on the way. The stack itself, the first resource, is
    always one of them: without any the engine would look at everything.
    """
    known = [resource["urn"] for resource in deployment.get("resources") or []]
    for urn in known:
        if urn in urns or urn == known[0]:
            yield from ("--target", urn)


def _settled(pending: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Say what was done about the pending operations, kind by kind."""
    for kind in dict.fromkeys(str(operation.get("type")) for operation in pending):
        names = sorted(one["resource"]["urn"].rpartition("::")[2] for one in pending if one.get("type") == kind)
        yield _OPEN.get(kind, f"looked at {{names}}, of which the engine says {kind!r}").format(names=", ".join(names))
