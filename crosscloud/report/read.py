"""Reading run folders: the record, the report of the checks, and where the logs are."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from crosscloud.report import names
from crosscloud.report.words import lines_of
from crosscloud.runs import record
from crosscloud.runs.record import Record, RecordError

if TYPE_CHECKING:
    from junitparser import TestCase

#: Bytes that a report of checks may have; a real one has some thousands.
JUNIT_LIMIT = 4_000_000


@dataclass(frozen=True)
class Check:
    """One check of a run, as its report tells it: ``status`` is passed, failed or error; ``lines`` say what or why."""

    name: str
    status: str
    seconds: float = 0.0
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """One run's folder. ``checks`` is None where there is no report.

    ``leftovers`` is what the checks left behind; ``kubernetes`` the version that they saw, which is a managed cloud's.
    """

    folder: Path
    record: Record
    checks: tuple[Check, ...] | None = None
    leftovers: str = ""
    kubernetes: str | None = None


@dataclass
class Found:
    """All runs below a folder, and a line for each thing that could not be read."""

    runs: list[Run] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read(folder: Path) -> Found:
    """Read every run below ``folder``; what can't be read becomes a problem and keeps no other run off the page."""
    found = Found()
    if not folder.is_dir():
        found.problems.append(f"there is no folder of runs at {folder}; --runs names the one that cells write to")
    for each in sorted(_folders(folder)):
        where = each.relative_to(folder)
        try:
            found.runs.append(_read_one(each, where, found.problems))
        except RecordError as error:
            found.problems.append(f"{where}: {_without(str(error), each)}")
    return found


def _folders(folder: Path) -> Iterator[Path]:
    for place, _, files in os.walk(folder):
        if record.FILE in files:
            yield Path(place)


def _read_one(folder: Path, where: Path, problems: list[str]) -> Run:
    loaded = record.load(folder)
    for key, value in (("stack", loaded.stack), ("channel", loaded.channel)):
        if not names.is_safe(value):
            raise RecordError(f"{record.FILE}: {key}: {value[:40]!r} can't be part of an address")
    if not (folder / record.JUNIT).exists():
        return Run(folder, loaded)
    try:
        return _with_checks(Run(folder, loaded), folder / record.JUNIT)
    except RecordError as error:
        problems.append(f"{where}: {error}")
        return Run(folder, loaded)


def _with_checks(run: Run, file: Path) -> Run:
    """Return the run with what its JUnit report tells; the words of its suites tell what was left behind."""
    from xml.etree.ElementTree import ParseError

    from junitparser import JUnitXml, JUnitXmlError, TestSuite

    try:
        if file.stat().st_size > JUNIT_LIMIT:
            raise RecordError(f"{file.name} is no report of checks: it is over {JUNIT_LIMIT} bytes long")
        parsed = JUnitXml.fromstring(file.read_bytes())
        suites = [parsed] if isinstance(parsed, TestSuite) else list(parsed)
        checks = tuple(_check(case) for suite in suites for case in suite)
        left = [line for suite in suites for line in lines_of(suite._elem.findtext("system-err") or "")]
        told = {each.name: each.value for suite in suites for each in suite.properties()}  # type: ignore[no-untyped-call]
    except (OSError, ParseError, JUnitXmlError, ValueError, TypeError) as error:
        raise RecordError(f"{file.name} is no report of checks: {error}") from None
    return replace(
        run,
        checks=checks,
        leftovers="; ".join(left),
        kubernetes=(told.get("kubernetes") or "").removeprefix("v") or None,
    )


def _check(case: "TestCase") -> Check:
    status = "failed" if case.is_failure else "error" if case.is_error else "passed"
    if status == "passed":
        # The first line of what a check says is its title.
        lines = lines_of(case.system_out or "")[1:]
    else:
        results = [each for each in case.result if each.text or each.message]
        lines = [line for each in results for line in lines_of(each.text or each.message or "")]
    return Check(case.name or "?", status, float(case.time or 0), tuple(lines))


def _without(text: str, folder: Path) -> str:
    return text.replace(f"{folder}{os.sep}", "")
