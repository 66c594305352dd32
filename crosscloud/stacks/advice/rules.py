"""What is known of each cloud's errors, and what they mean for a failure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from crosscloud.config import StackConfig
from crosscloud.stacks.advice.events import Failure

_FOLDER = Path(__file__).parent
#: The file of what every cloud's errors have in common; a cloud's own file comes first.
_COMMON = "common"
#: The inputs in which the clouds' resources name a machine's size and its zone, the most telling first.
_SIZES = ("instanceType", "vmSize", "machineType", "plan", "sku")
_ZONES = ("availabilityZone", "zone", "zones", "availabilityZones", "metro", "location", "region")


@dataclass(frozen=True)
class Rule:
    """One entry of a cloud's file; the text's fields are filled in from the failure."""

    match: re.Pattern[str]
    says: str
    try_: Sequence[str] = ()
    source: str = ""


@dataclass(frozen=True)
class Advice:
    """What a failure means, and what to try."""

    failure: Failure
    says: str
    try_: Sequence[str]


@cache
def rules(cloud: str) -> tuple[Rule, ...]:
    """Return what is known of a cloud's errors: its own file's entries, if it has one, then those of all clouds."""
    from ruamel.yaml import YAML

    files = [file for file in (_FOLDER / f"{cloud}.yaml", _FOLDER / f"{_COMMON}.yaml") if file.exists()]
    entries = [entry for file in files for entry in YAML(typ="safe").load(file)]
    return tuple(
        Rule(re.compile(e["match"], re.DOTALL), e["says"], tuple(e.get("try", ())), e.get("source", ""))
        for e in entries
    )


def advice(failures: Sequence[Failure], config: StackConfig) -> Iterator[Advice]:
    """Yield what is known of each failure; nothing of those that no rule matches."""
    for failure in failures:
        for rule in rules(config.cloud):
            if found := rule.match.search(failure.error):
                fields = _fields(failure, found.groupdict(), config)
                yield Advice(failure, rule.says.format_map(_Named(fields)), list(_steps(rule.try_, fields)))
                break


class _Named(dict[str, str]):
    """The fields of a text; one that nothing is known of is named by its name."""

    def __missing__(self, key: str) -> str:
        return f"the {key}"


def _steps(steps: Sequence[str], fields: Mapping[str, str]) -> Iterator[str]:
    """Yield what to try, without the steps that would need to know more than is known."""
    for step in steps:
        with suppress(KeyError):
            yield step.format_map(fields)


def _fields(failure: Failure, groups: Mapping[str, str | None], config: StackConfig) -> dict[str, str]:
    fields = {"resource": failure.name, "type": failure.type, "stack": config.name}
    for name, keys in (("size", _SIZES), ("zone", _ZONES)):
        if found := _first(failure.inputs, keys):
            fields[name] = found
    if "size" not in fields and (size := _configured_size(failure, config)):
        fields["size"] = size
    fields.update({name: value for name, value in groups.items() if value})
    return fields


def _configured_size(failure: Failure, config: StackConfig) -> str | None:
    """Return the size that the stack asks for of machines of this kind: a group's own inputs don't name it."""
    pool = "control_planes" if "control-plane" in failure.name else "workers"
    size = getattr(getattr(config, pool, None), "size", None)
    return str(size) if size else None


def _first(inputs: Any, keys: Sequence[str]) -> str | None:
    """Return the value of the first of the keys that is anywhere in the inputs, as a text."""
    for key in keys:
        for value in _values(inputs, key):
            if text := _text(value):
                return text
    return None


def _values(inputs: Any, key: str) -> Iterator[Any]:
    if isinstance(inputs, Mapping):
        if key in inputs:
            yield inputs[key]
        for value in inputs.values():
            yield from _values(value, key)
    elif isinstance(inputs, list):
        for value in inputs:
            yield from _values(value, key)


def _text(value: Any) -> str | None:
    if isinstance(value, Mapping):
        return _text(value.get("name"))
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or None
    # Google's resources name zones and machine types by their URLs too
    return str(value).rpartition("/")[2] if value else None
