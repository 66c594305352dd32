"""The file that a history is kept in, compact and with a version.

``history.json`` is ``{"version": 1, "images": […], "cells": {NAME: {…, "runs": […]}}}``: a run's images are numbers of
places in ``images``, since most runs share them. Equal histories are equal files.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from crosscloud.problems import first_wrong
from crosscloud.report import names
from crosscloud.report.history import Cell, Entry, History
from crosscloud.runs.record import TestedImage

FILE, VERSION = "history.json", 1


class HistoryError(Exception):
    """A file is no history that can be read; the text says why."""


def load(path: Path) -> History:
    """Read a history; raise `HistoryError` if it is none, or of another version."""
    try:
        data = json.loads(path.read_bytes())
        if not isinstance(data, dict) or "version" not in data:
            raise HistoryError("it is no history of runs")
        if data["version"] != VERSION:
            raise HistoryError(f"its form is version {data['version']!r}; version {VERSION} is what can be read here")
        return _unpacked(data)
    except OSError as error:
        raise HistoryError(f"it can't be read: {error.strerror}") from None
    except ValidationError as error:
        raise HistoryError(first_wrong(error)) from None
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise HistoryError(f"it is broken: {error}") from None


def dump(history: History) -> str:
    """Return the file's text, a run a line."""
    runs = [run for cell in history.cells.values() for run in cell.runs]
    images = sorted({_text(judged.image) for run in runs for judged in run.projects.values()} - {""})
    places = {text: place for place, text in enumerate(images)}
    cells = [_cell(name, cell, places) for name, cell in sorted(history.cells.items())]
    return (
        f'{{"version": {VERSION},\n"images": [\n' + ",\n".join(images) + "\n],\n"
        '"cells": {\n' + ",\n".join(cells) + "\n}}\n"
    )


def _cell(name: str, cell: Cell, places: Mapping[str, int]) -> str:
    head = _json({"stack": cell.stack, "cloud": cell.cloud, "channel": cell.channel})[:-1]
    return f'{_json(name)}: {head},"runs":[\n' + ",\n".join(_json(_packed(run, places)) for run in cell.runs) + "\n]}"


def _packed(run: Entry, places: Mapping[str, int]) -> dict[str, Any]:
    data = run.model_dump(mode="json", exclude_defaults=True)
    for project, judged in run.projects.items():
        if judged.image:
            data["projects"][project]["image"] = places[_text(judged.image)]
    return data


def _unpacked(data: dict[str, Any]) -> History:
    images = [TestedImage.model_validate(each) for each in data["images"]]
    cells = {}
    for name, packed in data["cells"].items():
        for run in packed["runs"]:
            for judged in run.get("projects", {}).values():
                if "image" in judged:
                    judged["image"] = images[judged["image"]]
        cells[name] = Cell.model_validate(packed)
        if cells[name].name != name or not names.is_safe(name):
            raise ValueError(f"{name!r:.60} is no cell's name")
    return History(cells)


def _text(image: TestedImage | None) -> str:
    return _json(image.model_dump(mode="json", exclude_none=True)) if image else ""


def _json(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=True)
