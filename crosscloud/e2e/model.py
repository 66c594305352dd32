"""What a check is, what it is given, and what comes of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from crosscloud.errors import CrosscloudError

if TYPE_CHECKING:
    from crosscloud.e2e.bench import Bench
    from crosscloud.e2e.cluster import Api
    from crosscloud.e2e.wait import Deadline
    from crosscloud.release import Release

#: Words of reasons that say nothing of the cluster's projects: the API server is not reached, a node has no probe.
UNREACHED, NO_PROBE = "can't be reached: ", "no probe on node "


class E2eError(CrosscloudError):
    """The checks can't even begin: a wrong option, an unreachable API server."""


class NotYet(Exception):  # noqa: N818 - a verdict, not a fault
    """What is waited for is not there yet; the text is the reason, shown if it never comes."""


class Failed(Exception):  # noqa: N818 - a verdict, not a fault
    """What was found is wrong, and waiting would not change it."""


class Status(StrEnum):
    """How a check ended. ``ERROR`` is a fault of the check itself; ``FAILED`` is the cluster's."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"


@dataclass(frozen=True)
class Options:
    """What the user may say about a run, beyond the kubeconfig and the release."""

    #: What the probe pods run.
    probe_image: str
    #: Seconds that each check may wait: a healthy cluster takes a few, a fresh Prometheus about thirty.
    timeout: float = 90.0
    #: Kubernetes is the cloud's own, not the release's: its version is shown, not compared.
    managed_kubernetes: bool = False
    #: How many nodes there have to be; None takes those that are there.
    nodes: int | None = None
    #: A registry (``host:port``) that stands in for all others when a digest is asked for, as a mirror does.
    registry: str | None = None


@dataclass(frozen=True)
class Context:
    """What a check is given: the cluster, the release that should run on it, the probes, and how long it may wait."""

    api: "Api"
    release: "Release"
    bench: "Bench"
    deadline: "Deadline"
    options: Options


@dataclass(frozen=True)
class Check:
    """One thing that has to hold. ``run`` returns what was seen, a fact a line, or raises ``NotYet`` or ``Failed``."""

    #: Short and stable: it is the test case's name in reports.
    name: str
    #: What has to hold, as a statement.
    title: str
    run: Callable[[Context], list[str]]
    #: Whether it uses the probes: once all that do have ended, the probes are taken away beside the others.
    probes: bool = False


@dataclass(frozen=True)
class Result:
    """How one check went: ``seen`` when it passed, ``reason`` when it did not; ``seconds`` it took."""

    check: Check
    status: Status
    seconds: float
    seen: list[str] = field(default_factory=list)
    reason: str = ""
