"""The stages of a cell: cross-cloud (the cluster), cross-project (what is deployed into it) and cncf-e2e (the checks)."""

import shutil
from pathlib import Path

from crosscloud.cells import faults
from crosscloud.cells.cell import Cell, CellError
from crosscloud.cells.faults import Fault
from crosscloud.cells.project import RELEASE, Ready, prepare
from crosscloud.cells.reasons import Verdict, of_checks
from crosscloud.cells.run import Run, current
from crosscloud.runs.record import StageStatus
from crosscloud.stacks.stages import (
    build_images,
    build_machine_image,
    deploy,
    run_checks,
    say,
    stage,
    take_outputs,
)

CLUSTER, PROJECT, TEST = "cross-cloud", "cross-project", "cncf-e2e"
#: Leaves out of the engine's work all that is deployed into the cluster.
_WITHOUT_PROJECTS = ("--exclude=**crosscloud:cross-project:CrossProject**", "--exclude-dependents")


def cluster(cell: Cell, release: Path | None = None, fault: Fault | None = None) -> int:
    """Make the cell's cluster with the release's Kubernetes; return the exit status."""
    run = current(cell, begins=True)

    def work() -> None:
        ready = _ready(run, release, fault)
        ready.stack.create()  # first: what the cell needs is not cleaned up behind it by the end of another
        if cell.rehearsed or ready.config.cloud == "local":
            _serve_images()
        if ready.simulation and ready.simulation.service():
            _serve_cloud(ready)
        with stage(f"cluster of {cell.name}"):
            deploy(ready.stack, ready.config, *_WITHOUT_PROJECTS, variables=faults.variables(fault))

    return run.stage(CLUSTER, work)


def project(cell: Cell, release: Path | None = None, fault: Fault | None = None) -> int:
    """Deploy the release's projects into the cell's cluster; return the exit status."""
    run = current(cell)

    def work() -> None:
        _needs(run, CLUSTER)
        ready = _ready(run, release, fault)
        with stage(f"projects of {cell.name}"):
            deploy(ready.stack, ready.config)

    return run.stage(PROJECT, work)


def test(cell: Cell, release: Path | None = None) -> int:
    """Run the checks against the cell's cluster, with a JUnit report in the run's folder; return the exit status."""
    run = current(cell)

    def work() -> Verdict | None:
        _needs(run, PROJECT)
        ready = _ready(run, release, None)
        outputs, kubeconfig = take_outputs(ready.stack, ready.config)
        own = ready.stack.workspace.home / "reports" / f"{ready.stack.name}.xml"
        own.unlink(missing_ok=True)
        with stage(f"checks of {cell.name}"):
            passed = run_checks(ready.stack, ready.config, kubeconfig, outputs, _registry(ready))
        if own.exists():
            shutil.copyfile(own, run.junit)
        return None if passed else of_checks(run.junit)

    return run.stage(TEST, work)


def _ready(run: Run, release: Path | None, fault: Fault | None) -> Ready:
    """Write the cell's project, and into the record what it tests."""
    cell = run.cell
    say(f"cell {cell.name}, run {run.id}{': its cloud is simulated (a rehearsal)' if cell.rehearsed else ''}")
    if fault:
        say(f"FAULT, as asked for: {fault.says}")
    ready = prepare(cell, release, faults.settings(fault, cell))
    run.releases(cell.place.project / RELEASE)
    return ready


def _needs(run: Run, before: str) -> None:
    """Refuse to go on from a stage that failed: a pipeline asks for nothing of the kind, a person might."""
    failed = [each for each in run.record().stages if each.name == before and each.status is not StageStatus.PASSED]
    if failed:
        raise CellError(
            f"{before} of {run.cell.name} did not pass ({failed[0].why}), so there is nothing to go on from"
        )


def _serve_images() -> None:
    from crosscloud.artifacts.registry import DEFAULT_PORT

    with stage("images of what a cluster needs beside the release"):
        build_images(DEFAULT_PORT)
    with stage("image of the machines"):
        build_machine_image()


def _serve_cloud(ready: Ready) -> None:
    from crosscloud.rehearsal.place import place_of
    from crosscloud.rehearsal.services import start_service

    assert ready.simulation
    with stage(f"what keeps the rules of {ready.simulation.cloud}"):
        start_service(ready.simulation, place_of(ready.cell.name))


def _registry(ready: Ready) -> str | None:
    from crosscloud.artifacts.registry import DEFAULT_PORT

    return f"127.0.0.1:{DEFAULT_PORT}" if ready.simulation or ready.config.cloud == "local" else None
