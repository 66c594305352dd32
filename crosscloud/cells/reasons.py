"""Why a stage failed, in one line, and whose fault it is: a project's of the release, or nobody's of them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crosscloud.errors import CrosscloudError
from crosscloud.stacks.advice.events import Failure
from crosscloud.stacks.pulumi import PulumiError

if TYPE_CHECKING:
    from crosscloud.cells.cell import Cell
    from crosscloud.release import Image, Release

#: Of a reason, at most so many characters are shown.
_LONGEST = 300
_HELM = "kubernetes:helm.sh/v3:Release"
#: Pods of a helm release that are another project's than the chart is named after.
_PODS = {"node-exporter": "node_exporter", "alertmanager": "alertmanager"}
#: What the bootstrap says of an image that it can't have, and at last of itself.
_PULL = re.compile(r"(?P<reference>\S+) can't be pulled: .*")
#: What containerd says of a registry that it does not reach: no project is at fault.
_UNREACHED = re.compile(
    r"no such host|server misbehaving|connection refused|i/o timeout|handshake timeout|network is unreachable"
    r"|unexpected status\b.*: (?:429|5\d\d)|toomanyrequests"
)
#: What the provider and helm say of an API server that is not reached, and the scheduler of nodes that are gone.
_NO_CLUSTER = re.compile(
    r"the API server \S+ does not answer|Kubernetes cluster unreachable"
    r"|\A[^\n]*\"https?://[^\"]+\": (?:dial tcp|net/http|EOF|context deadline)"
    r"|node\.kubernetes\.io/(?:not-ready|unreachable)"
)
_BOOTSTRAP = re.compile(r"BOOTSTRAP FAILED while: .*")


@dataclass(frozen=True)
class Verdict:
    """Why it failed, in one line; ``blames`` are projects by their names in a ``Release``."""

    why: str = ""
    blames: tuple[str, ...] = ()


def judge(error: CrosscloudError, cell: "Cell") -> Verdict:
    """Return the verdict on an error that ended a stage."""
    failures = error.failures if isinstance(error, PulumiError) else ()
    if not failures:
        return Verdict(one_line(str(error)))
    advice = error.advice if isinstance(error, PulumiError) else ()
    first = failures[0]
    says = next((each.says for each in advice if each.failure == first), None)
    more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
    why = one_line(f"{first.name}: {says or _telling(first.error)}", _LONGEST - len(more)) + more
    return Verdict(why, blamed(failures, _release(cell)))


def blamed(failures: Iterable[Failure], release: "Release | None") -> tuple[str, ...]:
    """Return the projects at fault: those whose helm release failed, or whose image is not in its registry.

    A helm release fails of nobody's fault where the cluster is gone; an image, where its registry is not reached.
    """
    found: dict[str, None] = {}
    for failure in failures:
        if _UNREACHED.search(failure.error) and "pull" in failure.error.lower():
            continue
        if failure.type == _HELM:
            found |= dict.fromkeys([] if _NO_CLUSTER.search(failure.error) else _of_chart(failure))
        elif release:
            pulled = {each["reference"].partition("@")[0] for each in _PULL.finditer(failure.error)}
            found |= dict.fromkeys(name for name, image in release if any(_is(image, each) for each in pulled))
    return tuple(found)


def of_checks(junit: Path) -> Verdict:
    """Return the verdict on checks of which some failed, by their report."""
    from junitparser import JUnitXml

    if not junit.exists():
        return Verdict("the checks ended without a report")
    cases = [case for suite in JUnitXml.fromfile(str(junit)) for case in suite]
    failed = [(case.name, each.message) for case in cases for each in case.result if each.message]
    if not failed:
        return Verdict("the checks left something behind in the cluster")
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    name, message = failed[0]
    return Verdict(one_line(f"{name}: {message}", _LONGEST - len(more)) + more)


def one_line(text: str, longest: int = _LONGEST) -> str:
    """Return a text in one line of at most so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def _telling(error: str) -> str:
    """Return what an error tells of the cause: an image that isn't there, the bootstrap's last words, or line 1."""
    told = [*_PULL.finditer(error)][-1:] or [*_BOOTSTRAP.finditer(error)]
    return told[0].group() if told else (error.strip().splitlines() or [""])[0]


def _is(image: "Image", reference: str) -> bool:
    return reference == image.image or reference.startswith(f"{image.image}:")


def _of_chart(failure: Failure) -> list[str]:
    from crosscloud.helm_values import PROJECTS

    name = next((p.DEPLOYMENT.name for p in PROJECTS if failure.name.endswith(f"-{p.DEPLOYMENT.name}")), "")
    pods = [project for part, project in _PODS.items() if re.search(rf"pod \S*{part}", failure.error)]
    return pods or ([name] if name else [])


def _release(cell: "Cell") -> "Release | None":
    from crosscloud import release
    from crosscloud.cells.project import RELEASE

    try:
        return release.load(cell.place.project / RELEASE)
    except CrosscloudError:
        return None
