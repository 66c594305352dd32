"""Runs as the pipeline leaves them, made up: five projects at three channels on six clouds, every night for 90 days.

    python -m tests.crosscloud.report.sample FOLDER [DAYS]

Everything in them is made up, but has the form and the words of the real: what the nights bring is drawn by a
generator that always begins alike, so a sample is the same every time.
"""

import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

from crosscloud.e2e import junit
from crosscloud.e2e.checks import CHECKS
from crosscloud.e2e.model import Result, Status
from crosscloud.e2e.runner import Run as ChecksRun
from crosscloud.runs.record import JUNIT, Record, Source, Stage, StageStatus, TestedImage, save

NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
CLOUDS = ("aws", "azure", "gce", "gke", "packet", "local")
CHANNELS = ("stable", "head", "alpha")
_IMAGES = {
    "alertmanager": ("prometheus/alertmanager", ("0.28.1", "0.29.0", "0.30.0-rc.1")),
    "coredns": ("coredns/coredns", ("1.15.0", "1.16.0", "1.16.0")),
    "kubernetes": ("kubernetes/kubernetes/hyperkube-amd64", ("1.37.2", "1.38.0-rc.1", "1.39.0-alpha.2")),
    "node_exporter": ("prometheus/node_exporter", ("1.12.1", "1.13.0", "1.13.0")),
    "prometheus": ("prometheus/prometheus", ("3.15.0", "3.16.0", "3.17.0-rc.1")),
}
#: What a check says when it fails, in the words of the checks.
REASONS = {
    "dns": "SRV, PTR from ip-10-0-128-5 to 10.96.0.10 over TCP: no answer\n(waited 90 s)",
    "alerts": "the alert fires in Prometheus but has not arrived in Alertmanager; Prometheus knows no Alertmanager",
    "prometheus-queries": "Prometheus says that it is 3.15.0, the release names 3.16.0",
    "node-exporter": "node_uname_info has no series for node worker-2\n(waited 90 s)",
    "nodes": "node worker-1 is not Ready: KubeletNotReady container runtime network not ready\n(waited 90 s)",
    "images": "prometheus: nothing runs registry.cncf.ci/prometheus/prometheus@sha256:" + "4" * 64,
}
NO_CAPACITY = "machine control-plane-1 was not made: InsufficientInstanceCapacity in all three zones"
NO_BOOT = "machine worker-2 never became Ready within 15 min; the last line of its boot log: Failed to start containerd"
_LOG = "".join(f"2026-11-22T04:{n // 60:02}:{n % 60:02}Z  waiting for the machines of the cluster\n" for n in range(90))


@dataclass
class Night:
    """What befalls a cell's run: a stage that fails with a reason, checks that fail with theirs, or nothing."""

    stage: str = ""
    why: str = ""
    blames: tuple[str, ...] = ()
    checks: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    #: The stage that is still running, if one is.
    running: str = ""


def image(project: str, channel: str, build: int) -> TestedImage:
    """Return the image of a project at a channel; ``build`` counts its pipelines."""
    path, versions = _IMAGES[project]
    place = CHANNELS.index(channel)
    commit = f"{abs(build * 7919 + len(path) * 104729 + place) * 2654435761 % 16**12:012x}".ljust(40, "0")
    repository = path.removesuffix("/hyperkube-amd64")
    branch = f"release-{versions[0].rpartition('.')[0]}" if channel == "stable" else ("master", "alpha")[place - 1]
    return TestedImage(
        image=f"registry.cncf.ci/{path}",
        tag=f"ci-v{versions[place]}.{commit[:8]}.{build}",
        digest=f"sha256:{commit[:8] * 8}",
        source=Source(
            project=repository,
            branch=branch,
            commit=commit,
            pipeline=build,
            url=f"https://gitlab.example.org/{repository}/-/pipelines/{build}",
        ),
    )


def write(folder: Path, cloud: str, channel: str, began: datetime, night: Night, *, number: int) -> Path:
    """Write one run's folder, and return it."""
    stages = list(_stages(began, night))
    record = Record(
        stack=cloud,
        cloud=cloud,
        channel=channel,
        rehearsed=cloud != "local",
        id=str(number),
        url=f"https://gitlab.example.org/cncf/cross-cloud/-/pipelines/{number}",
        commit=f"{number * 2654435761 % 16**10:010x}".ljust(40, "1"),
        started=began,
        kubernetes=_IMAGES["kubernetes"][1][CHANNELS.index(channel)],
        release={project: image(project, channel, 4000 + number // 40) for project in _IMAGES},
        stages=tuple(stages),
    )
    place = folder / record.cell / record.id
    save(place, record)
    for stage in stages:
        if stage.status is not StageStatus.PASSED and stage.log:
            (place / stage.log).write_text(f"{_LOG}error: {stage.why or '…'}\n")
    if any(stage.name == "cncf-e2e" and stage.status is not StageStatus.RUNNING for stage in stages):
        write_checks(place / JUNIT, began, night, kubernetes=record.kubernetes or "")
    return place


def write_checks(file: Path, ended: datetime, night: Night, *, kubernetes: str) -> None:
    """Write the report of the checks by the code that writes the real ones."""
    results = []
    for check in CHECKS:
        status, reason = Status.PASSED, ""
        if check.name in night.checks:
            status, reason = Status.FAILED, night.checks[check.name]
        elif check.name in night.errors:
            status, reason = Status.ERROR, night.errors[check.name]
        results.append(Result(check, status, 3.1, [f"what {check.name} saw"], reason))
    text = junit.render(
        ChecksRun(results, 11.4), {"kubernetes": f"v{kubernetes}", "nodes": "cp-1, worker-1"}, now=ended
    )
    file.write_text(text, encoding="utf-8")


def _stages(began: datetime, night: Night) -> Iterator[Stage]:
    place, passed = began, StageStatus.PASSED
    failing = night.stage or ("cncf-e2e" if night.checks or night.errors else "")
    for name, seconds in (("cross-cloud", 310.4), ("cross-project", 41.7), ("cncf-e2e", 14.9)):
        if name == night.running:
            yield Stage(name=name, status=StageStatus.RUNNING, started=place, log=f"{name}.log")
            return
        failed = name == failing
        why = (night.why or next(iter({**night.checks, **night.errors}.values())).splitlines()[0]) if failed else ""
        status = StageStatus.FAILED if failed else passed
        blames = night.blames if failed else ()
        yield Stage(name=name, status=status, started=place, seconds=seconds, why=why, log=f"{name}.log", blames=blames)
        place += timedelta(seconds=seconds + 20)
        if failed:
            break
    yield Stage(name="destroy", status=passed, started=place, seconds=64.2, log="destroy.log")


def nights(cloud: str, channel: str, days: int) -> list[Night | None]:
    """Return what befalls a cell in these nights, oldest first; None is a night without a run."""
    chance = random.Random(f"{cloud} {channel}")  # noqa: S311 - a sample, no secret
    drawn: list[Night | None] = []
    rate = {"stable": 0.008, "head": 0.03, "alpha": 0.05}[channel]
    while len(drawn) < days:
        luck = chance.random()
        if luck < rate:
            check = chance.choice(list(REASONS))
            drawn += [Night(checks={check: REASONS[check]})] * chance.randint(1, 4)
        elif luck < rate + (0.02 if cloud != "local" else 0.004):
            drawn.append(Night("cross-cloud", chance.choice((NO_CAPACITY, NO_BOOT))))
        elif luck < rate + 0.025:
            drawn.append(None)
        else:
            drawn.append(Night())
    return [*drawn[: days - 1], _last(cloud, channel)]


def _last(cloud: str, channel: str) -> Night:
    """Return the last night: what a morning may look like."""
    known = {
        ("azure", "head"): Night("cross-cloud", NO_CAPACITY),
        ("gce", "alpha"): Night(running="cross-project"),
        ("gke", "alpha"): Night(errors={"alerts": "Traceback …\nKeyError: 'alerts'"}),
        ("packet", "alpha"): Night(
            "cross-project", "chart prometheus: pod prometheus-0: CrashLoopBackOff", ("prometheus",)
        ),
    }
    if channel == "head" and cloud in ("aws", "gce", "local"):
        return Night(checks={"dns": REASONS["dns"]})
    return known.get((cloud, channel), Night())


def sample(folder: Path, *, days: int = 90, clouds: Sequence[str] = CLOUDS, channels: Iterable[str] = CHANNELS) -> int:
    """Write the sample; return how many runs it has."""
    written = 0
    for channel in channels:
        for cloud in clouds:
            for night, befell in enumerate(nights(cloud, channel, days)):
                # The cell of packet and head was forgotten five days ago.
                if befell is None or ((cloud, channel) == ("packet", "head") and night >= days - 5):
                    continue
                hours = 3 + clouds.index(cloud) / 2
                began = NOW.replace(hour=0, minute=0) - timedelta(days=days - 1 - night) + timedelta(hours=hours)
                if befell.running:
                    began = NOW - timedelta(minutes=9)
                write(folder, cloud, channel, began, befell, number=5000 + night * 3 + CHANNELS.index(channel))
                written += 1
    return written


def junit_with(name: str, message: str, text: str) -> str:
    """Return a report with one failed check whose words are anything at all."""
    root = ElementTree.Element("testsuites")
    case = ElementTree.SubElement(
        ElementTree.SubElement(root, "testsuite", {"name": "e2e"}), "testcase", {"name": name}
    )
    ElementTree.SubElement(case, "failure", {"message": message}).text = text
    return ElementTree.tostring(root, encoding="unicode")


if __name__ == "__main__":
    print(f"{sample(Path(sys.argv[1]), days=int(sys.argv[2]) if len(sys.argv) > 2 else 90)} runs, all made up")
