"""Previewing a stack."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from crosscloud import commits, paths
from crosscloud.preview import engine, state
from crosscloud.preview.model import Advice, Diagnostic, Preview
from crosscloud.preview.reading import read
from crosscloud.stacks.pulumi import PulumiError, Stack

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
#: Lines of the engine's own words that are kept where it told nothing else of a failure.
_LAST = 40


def preview(
    stack: Stack,
    *,
    policy: Path | None = paths.POLICY,
    exclude: Sequence[str] = (),
    deployment: Mapping[str, Any] | None = None,
    rehearsed: bool = False,
) -> Preview:
    """Return what an update would change of a stack; nothing is changed, written or locked by that.

    ``policy`` is the folder of a policy pack, None asks none. ``exclude`` are patterns of URNs that are left out with
    what depends on them. ``deployment`` is the stack's state with its secrets in the clear, where the caller has it (an
    empty one for a stack that is not there). A preview that fails, as without the pack that is named, is returned, too,
    with its errors; raises `PulumiError` if there is none at all, because the backend can't be read.
    """
    started = time.monotonic()
    if deployment is None:
        deployment = state.deployment_of(stack)
    hidden = state.hiding(stack, deployment)
    told = engine.ask(stack, policy=policy, exclude=exclude, fresh=not deployment)
    if told.failed and not told.events:
        raise PulumiError(f"stack {stack.name} can't be previewed: {_last_words(hidden(told.words))}")
    found = read(told.events, hidden)
    errors = found.errors
    if told.failed and not errors and not any(finding.mandatory for finding in found.findings):
        errors = (Diagnostic(_last_words(hidden(told.words))),)
    result = Preview(
        stack.name,
        changes=found.changes,
        findings=found.findings,
        errors=errors,
        warnings=found.warnings,
        config=found.config,
        outputs=found.outputs,
        policies=policy is not None,
        failed=told.failed,
        fresh=not deployment,
        rehearsed=rehearsed,
        seconds=time.monotonic() - started,
        commit=commit(stack.workspace.project),
    )
    return replace(result, advice=tuple(_advice(stack, result))) if result.errors else result


def _advice(stack: Stack, found: Preview) -> list[Advice]:
    """Return what is known of the errors on this stack's cloud."""
    from crosscloud.errors import CrosscloudError
    from crosscloud.stacks.advice import events, rules
    from crosscloud.stacks.up import read_config

    try:
        config = read_config(stack, files_exist=False)
    except CrosscloudError:
        return []  # the error is about the file itself
    inputs = {change.urn: change.new or change.old for change in found.changes}
    named = [(error, error.resource.split("::")) for error in found.errors if "::" in error.resource]
    failures = [
        events.Failure(error.name, parts[-2].rpartition("$")[2], error.message, inputs.get(error.resource, {}))
        for error, parts in named
    ]
    return [Advice(one.failure.name, one.says, tuple(one.try_)) for one in rules.advice(failures, config)]


def commit(folder: Path) -> str:
    """Return the commit that is previewed: the pipeline's, else that of the project's checkout, or of the program's."""
    checkout = folder if (folder / ".git").exists() else paths.ROOT
    return commits.of_pipeline() or commits.of_checkout(checkout)


def _last_words(text: str) -> str:
    lines = [line for line in _COLOURS.sub("", text).splitlines() if line.strip()]
    return "\n".join(lines[-_LAST:])
