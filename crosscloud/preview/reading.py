"""From the engine's events to what a preview found."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from crosscloud.preview.model import SECRET, Change, Diagnostic, Difference, Finding, Op
from crosscloud.preview.properties import at, differences, readable

if TYPE_CHECKING:
    from pulumi.automation import EngineEvent
    from pulumi.automation.events import DiagnosticEvent, StepEventMetadata

_STACK = "pulumi:pulumi:Stack"
#: The plugin that the program's own configuration is handed to, as it is handed to every default provider.
_CONFIGURED = "pulumi:providers:crosscloud"
#: The parts of a replacement, and what else the engine calls by other names.
_OPS = {
    "create-replacement": Op.REPLACE,
    "delete-replaced": Op.REPLACE,
    "import-replacement": Op.REPLACE,
    "read-replacement": Op.READ,
    "discard": Op.READ,
    "discard-replaced": Op.READ,
    "remove-pending-replace": Op.DELETE,
}
#: What differs within something that stays, in name at least.
_COMPARED = (Op.UPDATE, Op.REPLACE)
_SIDES = ("old", "new")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m|<\{%[^%]*%\}>")
#: What the engine puts before the words of a provider's check.
_WRAPPING = re.compile(r"^\S+ resource '[^']*': property \S+ value \{.*?\} has a problem: ")
_WARNING = re.compile(r"^warning: ", re.MULTILINE)
_LAST_WORD = "preview failed"
_ERROR = re.compile(r"^error: ")


@dataclass
class Found:
    """What the events told."""

    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    errors: tuple[Diagnostic, ...] = ()
    warnings: tuple[str, ...] = ()
    config: tuple[Mapping[str, Any], Mapping[str, Any]] = ({}, {})
    outputs: tuple[Mapping[str, Any], Mapping[str, Any]] = ({}, {})
    policies: bool = False
    #: How many resources the engine counted by operation, at the end; none if it did not come that far.
    counted: Mapping[str, int] = field(default_factory=dict)


def read(events: "Iterable[EngineEvent]", hidden: Callable[[Any], Any] = lambda value: value) -> Found:
    """Read the events of one preview; ``hidden`` takes the secrets out of each value and text that is kept."""
    known = list(events)
    found = Found()
    steps: dict[str, list[StepEventMetadata]] = {}
    for event in known:
        if event.resource_pre_event:
            metadata = event.resource_pre_event.metadata
            steps.setdefault(metadata.urn, []).append(metadata)
        elif event.res_outputs_event and event.res_outputs_event.metadata.type == _STACK:
            metadata = event.res_outputs_event.metadata
            found.outputs = (_values(metadata.old, "outputs", hidden), _values(metadata.new, "outputs", hidden))
        elif event.summary_event:
            found.counted = {str(op): number for op, number in event.summary_event.resource_changes.items()}
            found.policies = bool(event.summary_event.policy_packs)
    configured = [parts[0] for parts in steps.values() if parts[0].type == _CONFIGURED]
    # of another version it is another provider: one has the old configuration, and one the new
    old, new = ([_config(_values(getattr(each, side), "inputs", hidden)) for each in configured] for side in _SIDES)
    found.config = (next(filter(None, old), {}), next(filter(None, new), {}))
    found.changes = tuple(_change(parts, hidden) for parts in steps.values() if _counts(parts[0]))
    found.findings = tuple(dict.fromkeys(_findings(known, hidden)))
    found.policies = found.policies or bool(found.findings)
    diagnostics = [event.diagnostic_event for event in known if event.diagnostic_event]
    errors = dict.fromkeys(_errors(diagnostics, hidden))
    # the engine's own last word only repeats what a provider or a policy said before
    said = [error for error in errors if error.message != _LAST_WORD]
    found.errors = tuple(said if said or any(finding.mandatory for finding in found.findings) else errors)
    found.warnings = tuple(dict.fromkeys(_warnings(diagnostics, hidden)))
    return found


def _counts(metadata: "StepEventMetadata") -> bool:
    """Tell whether a step is of a resource of the program: the engine makes its default providers by itself."""
    return not (metadata.type.startswith("pulumi:providers:") and "::default" in metadata.urn)


def _values(state: Any, part: str, hidden: Callable[[Any], Any]) -> dict[str, Any]:
    values: dict[str, Any] = hidden(readable(getattr(state, part, None) or {}))
    return {key: value for key, value in values.items() if not key.startswith("__")}


def _config(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stack's configuration as its file has it: a provider gets blocks and lists as JSON."""
    return {key: _parsed(value) for key, value in inputs.items()}


def _parsed(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _change(steps: "list[StepEventMetadata]", hidden: Callable[[Any], Any]) -> Change:
    first = steps[0]
    ops = [_OPS.get(step.op) or Op(step.op) for step in steps]
    op = next((each for each in (Op.REPLACE, Op.DELETE, Op.CREATE, Op.UPDATE) if each in ops), ops[0])
    told = next((step for step in steps if step.detailed_diff), first)
    old, new = next((s.old for s in steps if s.old), None), next((s.new for s in steps if s.new), None)
    inputs = _values(old, "inputs", hidden), _values(new, "inputs", hidden)
    keys = tuple(dict.fromkeys(key for step in steps for key in step.keys or ()))
    told_apart = _differences(told, inputs, _values(old, "outputs", hidden), keys) if op in _COMPARED else ()
    found = tuple(replace(one, path=hidden(one.path)) for one in told_apart)
    causes = tuple(one.path for one in found if one.replaces) or keys
    name = first.urn.rpartition("::")[2]
    return Change(op, first.type, name, first.urn, *inputs, found, causes if op is Op.REPLACE else ())


def _differences(
    step: "StepEventMetadata", inputs: tuple[Any, Any], outputs: Mapping[str, Any], keys: tuple[str, ...]
) -> Iterator[Difference]:
    """Yield what the provider calls different, or where it does not say, what differs of the inputs."""
    old, new = inputs
    if not step.detailed_diff:
        # The old inputs are complete and the new ones may not be: what else differs means nothing.
        for key in dict.fromkeys([*keys, *(step.diffs or ())]):
            before, after = old.get(key), new.get(key)
            if _hide(before, after):
                yield Difference(key, SECRET, SECRET, key in keys)
            yield from differences(before, after, key, replaces=key in keys)
        return
    for path, told in step.detailed_diff.items():
        before, after = at(old if told.input_diff or at(outputs, path) is None else outputs, path), at(new, path)
        if _hide(before, after):
            before = after = SECRET
        yield Difference(path, before, after, told.diff_kind.endswith("-replace"))


def _hide(before: Any, after: Any) -> bool:
    """Tell whether two values that differ are alike as they are shown, because of a secret somewhere in them."""
    return bool(before == after and SECRET in str(before))


def _findings(events: "Iterable[EngineEvent]", hidden: Callable[[Any], Any]) -> Iterator[Finding]:
    for event in events:
        if told := event.policy_event:
            message = _plain(told.message, hidden)
            yield Finding(told.policy_name, message, told.enforcement_level == "mandatory", told.resource_urn or "")


def _errors(diagnostics: "Iterable[DiagnosticEvent]", hidden: Callable[[Any], Any]) -> Iterator[Diagnostic]:
    for severity, urn, text in _whole(diagnostics):
        message = _plain(text, hidden)
        if message and (severity == "error" or (severity.startswith("info") and _ERROR.match(message))):
            yield Diagnostic(_ERROR.sub("", message), urn)


def _whole(diagnostics: "Iterable[DiagnosticEvent]") -> Iterator[tuple[str, str, str]]:
    """Yield severity, URN and text of each diagnostic.

    What a program writes comes line by line: an error's further lines, which are indented, are put together with it.
    """
    lines: list[str] = []
    kind = ""
    for told in diagnostics:
        text = _COLOURS.sub("", told.message)
        if lines and told.severity == kind and text[:1].isspace():
            lines.append(text.rstrip())
            continue
        if lines:
            yield kind, "", "\n".join(lines)
            lines = []
        if told.severity.startswith("info") and _ERROR.match(text):
            lines, kind = [text.rstrip()], told.severity
        else:
            yield told.severity, told.urn or "", text
    if lines:
        yield kind, "", "\n".join(lines)


def _warnings(diagnostics: "Iterable[DiagnosticEvent]", hidden: Callable[[Any], Any]) -> Iterator[str]:
    """Yield warnings; what the program logs before its stack is there comes as a message with the word in front."""
    for told in diagnostics:
        message = _plain(told.message, hidden)
        if told.severity == "warning" or (told.severity.startswith("info") and _WARNING.match(message)):
            yield _WARNING.sub("", message)


def _plain(message: str, hidden: Callable[[Any], Any]) -> str:
    return _WRAPPING.sub("", str(hidden(_COLOURS.sub("", message))).strip())
