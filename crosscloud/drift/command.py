"""``crosscloud drift`` at work."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from crosscloud.drift import issue as issues
from crosscloud.drift import words
from crosscloud.drift.model import Drift
from crosscloud.drift.run import look
from crosscloud.errors import CrosscloudError
from crosscloud.preview import diff
from crosscloud.preview.markdown import plain
from crosscloud.stacks.pulumi import Stack

if TYPE_CHECKING:
    import gitlab


def run(name: str, *, rehearsed: bool = False, issue: bool = False) -> bool:
    """Look at a stack, show what drifted, and say it in an issue if asked to; tell whether it drifts."""
    connection = _connection() if issue else None  # first: what is missing is told before the minutes that follow
    with _stack(name, rehearsed=rehearsed) as (stack, exclude):
        found = look(stack, exclude=exclude, rehearsed=rehearsed)
    _show(name, found)
    if connection:
        gl, project = connection
        posted = issues.put(gl, project, name, found, rehearsed=rehearsed)
        if posted.url:
            print(f"issue {posted.action}: {posted.url}")
    return found is not None and found.drifts


def _connection() -> "tuple[gitlab.Gitlab, str]":
    from crosscloud.gitlab.client import Settings, connect

    project = issues.project_of()
    return connect(Settings.from_environment().writing("an issue about drift")), project


@contextmanager
def _stack(name: str, *, rehearsed: bool) -> Iterator[tuple[Stack, Sequence[str]]]:
    """Give the stack, or its rehearsal with what is left out of that."""
    if not rehearsed:
        yield Stack(name), ()
        return
    from crosscloud.rehearsal import isolation, place
    from crosscloud.rehearsal.engine import without_cluster

    where, stack = place.place_of(name), place.rehearsed(name)
    if not stack.file.exists():
        raise CrosscloudError(
            f"there is no rehearsal of stack {name}; `crosscloud rehearse --stack {name} --keep` makes one to keep"
        )
    with place.held(where):
        bare = where.remembered().get(isolation.MACHINES) == "no"
        option = "--exclude="
        yield stack, [one.removeprefix(option) for one in without_cluster() if one.startswith(option)] if bare else []


def _show(name: str, found: Drift | None) -> None:
    if found is None:
        print(f"stack {name} is not up, so that nothing of it can drift")
        return
    if not found.drifts:
        print(f"stack {name} is as it should be ({found.preview.seconds:.1f} s, {found.preview.counts.same} resources)")
        return
    print(words.title(found))
    for title, told in (
        ("changed behind the stack's back", words.behind(found)),
        ("not as the stack's file and the program say", words.unapplied(found)),
    ):
        for change, how in told:
            print(plain(f"  {title}: {change.type.rpartition(':')[2]} {change.name}: {how}"))
    print(f"an update would change ({found.preview.counts}):")
    print("\n".join(f"    {line}" for line in diff.text(found.preview).splitlines()))
