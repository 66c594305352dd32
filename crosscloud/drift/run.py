"""Looking whether a stack drifted: one preview by the engine that asks the cloud first."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from crosscloud.drift.model import Drift
from crosscloud.errors import CrosscloudError
from crosscloud.preview import engine, state
from crosscloud.preview.engine import Refresh
from crosscloud.preview.model import Change, Difference, Op, Preview
from crosscloud.preview.properties import at, readable
from crosscloud.preview.reading import read
from crosscloud.stacks.pulumi import Stack
from crosscloud.stacks.up import read_config

if TYPE_CHECKING:
    from pulumi.automation import EngineEvent
    from pulumi.automation.events import StepEventMetadata

_REFRESH = "refresh"


class LookError(CrosscloudError):
    """It can't be told whether a stack drifted."""


def look(stack: Stack, *, exclude: Sequence[str] = (), rehearsed: bool = False) -> Drift | None:
    """Return what a stack is like in the cloud; ``None`` if there is no such stack, so that nothing of it can drift.

    ``exclude`` are patterns of URNs that are left out with what depends on them. Raises `LookError` if the engine or a
    cloud fails: that is no drift, and says nothing about it.
    """
    started = time.monotonic()
    config = read_config(stack, files_exist=False)
    deployment = state.deployment_of(stack)
    if not (deployment or {}).get("resources"):
        return None
    hidden = state.hiding(stack, deployment)
    refresh = Refresh.BY_PROGRAM if config.access_ends else Refresh.BY_STATE
    told = engine.ask(stack, policy=None, exclude=exclude, fresh=False, refresh=refresh)
    found = read([event for event in told.events if not _of_refresh(event)], hidden)
    if told.failed or found.errors:
        words = "\n".join(f"  {error.name}: {error.message}" for error in found.errors) or hidden(told.words).strip()
        raise LookError(f"it can't be told whether stack {stack.name} drifted:\n{words}")
    seconds = time.monotonic() - started
    preview = Preview(
        stack.name,
        changes=_in_order(found.changes),
        config=found.config,
        outputs=found.outputs,
        rehearsed=rehearsed,
        seconds=seconds,
    )
    return Drift(_in_order(_seen(told.events, hidden)), preview)


def _in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return changes in an order of their own: the engine's is another one each time, and the issue would be, too."""
    return tuple(sorted(changes, key=lambda change: (change.type, change.name, change.op)))


def _of_refresh(event: "EngineEvent") -> bool:
    step = event.resource_pre_event or event.res_outputs_event
    return bool(step and step.metadata.op == _REFRESH)


def _seen(events: "Sequence[EngineEvent]", hidden: Callable[[Any], Any]) -> Iterator[Change]:
    """Yield what the refresh found to be another thing than the state has."""
    for event in events:
        step = event.res_outputs_event
        if not step or step.metadata.op != _REFRESH:
            continue
        metadata = step.metadata
        name = metadata.urn.rpartition("::")[2]
        if metadata.old and not metadata.new:
            yield Change(Op.DELETE, metadata.type, name, metadata.urn)
        elif found := tuple(_differences(metadata, hidden)):
            yield Change(Op.UPDATE, metadata.type, name, metadata.urn, differences=found)


def _differences(metadata: "StepEventMetadata", hidden: Callable[[Any], Any]) -> Iterator[Difference]:
    for path, told in (metadata.detailed_diff or {}).items():
        part = "inputs" if told.input_diff else "outputs"
        old, new = (hidden(readable(getattr(each, part, None) or {})) for each in (metadata.old, metadata.new))
        yield Difference(path, at(old, path), at(new, path))
