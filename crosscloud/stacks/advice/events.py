"""The engine's event log: which resources failed, with what words, and what they had been asked to be."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: What providers and the engine put around a cloud's own words, and what a terminal's colours are made of.
_NOISE = re.compile(r"\x1b\[[0-9;]*m|<\{%[^%]*%\}>")


@dataclass(frozen=True)
class Failure:
    """One resource that failed: its name and type, the error, and its inputs as far as the engine came to know them."""

    name: str
    type: str
    error: str
    inputs: Mapping[str, Any] = field(default_factory=dict)


def failures(log: Path) -> list[Failure]:
    """Read an event log and return the failures in their order, each said once; none if there is no log."""
    inputs: dict[str, Mapping[str, Any]] = {}
    errors: dict[tuple[str, str], None] = {}
    for event in _events(log):
        metadata = (event.get("resourcePreEvent") or event.get("resOpFailedEvent") or {}).get("metadata") or {}
        state = metadata.get("new") or metadata.get("old") or {}
        if state.get("inputs"):
            inputs[metadata["urn"]] = state["inputs"]
        diagnostic = event.get("diagnosticEvent") or {}
        urn = diagnostic.get("urn", "")
        # The stack's own errors only repeat that something failed, or are the program's.
        if diagnostic.get("severity") == "error" and "::pulumi:pulumi:Stack::" not in urn:
            errors[urn, _NOISE.sub("", diagnostic["message"]).strip()] = None
    return [Failure(_name(urn), _type(urn), error, inputs.get(urn, {})) for urn, error in errors if urn]


def _events(log: Path) -> Iterator[dict[str, Any]]:
    """Yield the log's events; the last line may be cut short where the engine was killed."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            continue


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


def _type(urn: str) -> str:
    parts = urn.split("::")
    return parts[2].rpartition("$")[2] if len(parts) > 2 else ""  # noqa: PLR2004 - urn:pulumi:stack::project::type::name
