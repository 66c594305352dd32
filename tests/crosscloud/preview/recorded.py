"""Previews made of the events that the genuine engine told: see ``recording`` for how they are made anew."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from pulumi.automation import EngineEvent

from crosscloud.preview.hiding import Hiding
from crosscloud.preview.model import Preview
from crosscloud.preview.reading import Found, read
from crosscloud.preview.words import say

FOLDER = Path(__file__).parent / "recorded"
NAMES = sorted(file.stem for file in FOLDER.glob("*.jsonl"))
COMMIT = "5f0c1a9be2d34c7788a1b2c3d4e5f60718293a4b"


def events(name: str) -> list[dict[str, Any]]:
    """Return the events as the engine writes them."""
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text().splitlines()]


def found(raw: list[dict[str, Any]], hidden: Hiding | None = None) -> Found:
    """Return what these events tell."""
    return read([EngineEvent.from_json(each) for each in raw], hidden or Hiding())


@cache
def preview(name: str) -> Preview:
    """Return the preview that was recorded under a name (``aws-workers-up``)."""
    return of(found(events(name)))


def of(told: Found) -> Preview:
    """Return the preview of what was found, with what a run would add."""
    return Preview(
        told.changes[0].urn.split(":")[2],
        changes=told.changes,
        findings=told.findings,
        errors=told.errors,
        warnings=told.warnings,
        config=told.config,
        outputs=told.outputs,
        policies=True,
        failed=bool(told.errors or any(finding.mandatory for finding in told.findings)),
        seconds=9.3,
        commit=COMMIT,
    )


def with_changes(name: str, **changes: Any) -> Preview:
    """Return a recorded preview with other parts."""
    return replace(preview(name), **changes)


def said(name: str) -> tuple[str, ...]:
    """Return the sentences that are said of a recorded preview."""
    return say(preview(name)).sentences
