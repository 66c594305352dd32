"""JUnit XML, as GitLab, Jenkins and GitHub's actions read it: one test case a check, and where it all came from."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

from crosscloud.e2e.model import Result, Status
from crosscloud.e2e.runner import Run

#: Characters that XML 1.0 does not know, whatever their encoding.
_UNKNOWN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(path: Path, run: Run, provenance: Mapping[str, str]) -> None:
    """Write the report; ``provenance`` becomes the suite's properties. The folder is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(run, provenance, now=datetime.now(UTC)), encoding="utf-8")


def render(run: Run, provenance: Mapping[str, str], *, now: datetime) -> str:
    """Return the report's text; ``now`` is when the run ended."""
    began = (now - timedelta(seconds=run.seconds)).isoformat(timespec="seconds")
    counts = {
        "tests": str(len(run.results)),
        "failures": str(_count(run, Status.FAILED)),
        "errors": str(_count(run, Status.ERROR) + bool(run.leftovers)),
        "skipped": "0",
        "time": f"{run.seconds:.3f}",
    }
    root = ElementTree.Element("testsuites", {"name": "crosscloud", **counts})
    suite = ElementTree.SubElement(root, "testsuite", {"name": "crosscloud.e2e", **counts, "timestamp": began})
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in provenance.items():
        ElementTree.SubElement(properties, "property", {"name": name, "value": _clean(value)})
    for result in run.results:
        _case(suite, result)
    if run.leftovers:
        # A suite has no verdict of its own, so that something was left behind is shown where people look for words.
        ElementTree.SubElement(suite, "system-err").text = _clean(run.leftovers)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, result: Result) -> None:
    names = {"classname": "crosscloud.e2e", "name": result.check.name, "time": f"{result.seconds:.3f}"}
    case = ElementTree.SubElement(suite, "testcase", names)
    if result.status is not Status.PASSED:
        kind = "failure" if result.status is Status.FAILED else "error"
        lines = _clean(result.reason).splitlines() or ["no reason given"]
        # A traceback's last line says what went wrong; a reason's first one does.
        message = lines[0] if result.status is Status.FAILED else lines[-1]
        ElementTree.SubElement(case, kind, {"message": message, "type": kind}).text = "\n".join(lines)
    out = ElementTree.SubElement(case, "system-out")
    out.text = _clean("\n".join([result.check.title, *result.seen]))


def _count(run: Run, status: Status) -> int:
    return sum(result.status is status for result in run.results)


def _clean(text: str) -> str:
    return _UNKNOWN.sub("\ufffd", text)
