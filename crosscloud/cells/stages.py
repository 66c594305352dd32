"""The stages of a cell: cross-cloud (the cluster), cross-project (what runs in it) and cncf-e2e (the checks)."""

import shutil
from pathlib import Path

from crosscloud.cells import faults
from crosscloud.cells.cell import Cell, CellError
from crosscloud.cells.destroy import is_there, take_down
from crosscloud.cells.faults import Fault
from crosscloud.cells.project import RELEASE, Ready, prepare
from crosscloud.cells.reasons import Verdict, of_checks
from crosscloud.cells.run import Run, current
from crosscloud.rehearsal.simulations import Simulation
from crosscloud.runs.record import StageStatus
from crosscloud.stacks.pulumi import Stack
from crosscloud.stacks.stages import build_images, build_machine_image, deploy, run_checks, say, stage, take_outputs
from crosscloud.stacks.up import stack_values

CLUSTER, PROJECT, TEST = "cross-cloud", "cross-project", "cncf-e2e"
#: Leaves out of the engine's work all that is deployed into the cluster.
_WITHOUT_PROJECTS = ("--exclude=**crosscloud:cross-project:CrossProject$kubernetes:**",)


class NotBegunError(CellError):
    """The stage before did not pass. The exit status lets a pipeline tell it from a failure."""

    exit_code = 3


def cluster(cell: Cell, release: Path | None = None, fault: Fault | None = None) -> int:
    """Make the cell's cluster anew, with the release's Kubernetes; return the exit status."""
    stack_values(Stack(cell.stack))  # a stack that isn't there leaves no trace of a cell
    run = current(cell, begins=True)

    def work() -> None:
        if is_there(cell):  # a pipeline was cancelled, or a job of this one was lost
            with stage(f"what an earlier run left of {cell.name}"):
                take_down(cell, run.record().cloud)
        ready = _ready(run, release, fault)
        ready.stack.create()  # first: what the cell needs is not cleaned up behind it by the end of another
        if cell.rehearsed or ready.config.cloud == "local":
            _serve_images(ready)
        if ready.simulation and ready.simulation.service():
            _serve_cloud(ready.simulation, cell)
        with stage(f"cluster of {cell.name}"):
            # What the policies ask for, a merge request's preview has told of the stack's own file.
            deploy(
                ready.stack,
                ready.config,
                *_WITHOUT_PROJECTS,
                variables=faults.variables(fault),
                policies=False,
            )

    return run.stage(CLUSTER, work)


def project(cell: Cell, release: Path | None = None, fault: Fault | None = None) -> int:
    """Deploy the release's projects into the cell's cluster; return the exit status."""
    run = _going_on(cell, CLUSTER)

    def work() -> None:
        ready = _ready(run, release, fault)
        with stage(f"projects of {cell.name}"):
            deploy(ready.stack, ready.config, policies=False)

    return run.stage(PROJECT, work)


def check(cell: Cell, release: Path | None = None) -> int:
    """Run the checks against the cell's cluster, with a JUnit report in the run's folder; return the exit status."""
    run = _going_on(cell, PROJECT)

    def work() -> Verdict | None:
        ready = _ready(run, release, None)
        outputs, kubeconfig = take_outputs(ready.stack, ready.config)
        own = ready.stack.workspace.home / "reports" / f"{ready.stack.name}.xml"
        for earlier in (own, run.junit):  # checks that break off are not to be judged by the report before
            earlier.unlink(missing_ok=True)
        try:
            with stage(f"checks of {cell.name}"):
                passed = run_checks(ready.stack, ready.config, kubeconfig, outputs, _registry(ready))
        finally:
            if own.exists():
                shutil.copyfile(own, run.junit)
        return None if passed else of_checks(run.junit)

    return run.stage(TEST, work)


def _going_on(cell: Cell, before: str) -> Run:
    """Return the cell's run; refuse to go on from a stage that did not pass. What is refused is not in the record."""
    run = current(cell)
    stage = next((each for each in run.record().stages if each.name == before), None)
    if stage is None or stage.status is not StageStatus.PASSED:
        why = f"{stage.status}: {stage.why}" if stage else "it was not begun"
        raise NotBegunError(f"there is nothing to go on from: {before} of {cell.name} did not pass ({why})")
    return run


def _ready(run: Run, release: Path | None, fault: Fault | None) -> Ready:
    """Write the cell's project, and into the record what it tests."""
    cell = run.cell
    say(f"cell {cell.name}, run {run.id}{': its cloud is simulated (a rehearsal)' if cell.rehearsed else ''}")
    if fault:
        say(f"FAULT, as asked for: {fault.says}")
    ready = prepare(cell, release, faults.settings(fault, cell))
    run.releases(cell.place.project / RELEASE)
    return ready


def _serve_images(ready: Ready) -> None:
    """Have the registry of this host serve the images that were built here, and tell the cell of the supporting ones.

    The release's own images are expected to be published in it, too: by `crosscloud artifacts build`, or ``--push``.
    """
    from crosscloud.artifacts import output
    from crosscloud.artifacts.registry import DEFAULT_PORT
    from crosscloud.bootstrap.images import SUPPORT_FILE

    with stage("images that a cluster needs beside the release"):
        build_images(DEFAULT_PORT)
        shutil.copyfile(output.support_file(), Path(ready.config.release_file).parent / SUPPORT_FILE)
    with stage("image of the machines"):
        build_machine_image()


def _serve_cloud(simulation: Simulation, cell: Cell) -> None:
    from crosscloud.rehearsal.place import place_of
    from crosscloud.rehearsal.services import start_service

    with stage(f"what keeps the rules of {simulation.cloud}"):
        start_service(simulation, place_of(cell.name))


def _registry(ready: Ready) -> str | None:
    from crosscloud.artifacts.registry import DEFAULT_PORT

    return f"127.0.0.1:{DEFAULT_PORT}" if ready.simulation or ready.config.cloud == "local" else None
