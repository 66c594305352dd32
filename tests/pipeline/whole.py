"""From a push on a project's branch to the status page: the stub, the runner, and the cells of one pipeline."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from crosscloud import paths
from crosscloud.artifacts import registry
from crosscloud.artifacts.collect import catalogue
from crosscloud.cells.cell import REHEARSED, Cell
from crosscloud.cells.destroy import destroy
from crosscloud.cells.faults import FAULTS
from crosscloud.rehearsal.place import place_of
from crosscloud.runs.record import Record
from crosscloud.stacks.down import clean_host
from tests.gitlab import gitlab_stub
from tests.pipeline import account, checkout, runner
from tests.pipeline.runner import Pipeline
from tests.pipeline.world import CHANNEL, JOB, PREFIX, WHERE, WHO, World


@dataclass(frozen=True)
class Wishes:
    """Which cells, and what goes wrong in which: a fault of `crosscloud cell`, or ``image`` for a channel's images."""

    stacks: tuple[str, ...] = ("local", "aws")
    channels: tuple[str, ...] = ("head",)
    rehearsed: tuple[str, ...] = ("aws",)
    faults: Mapping[str, str] | None = None

    @property
    def cells(self) -> list[Cell]:
        """The cells of the pipeline."""
        return [Cell(s, c, s in self.rehearsed) for s in self.stacks for c in self.channels]


@dataclass(frozen=True)
class Result:
    """What a pipeline came to: the runner's jobs, the cells' records, and the folders of the page and the runs."""

    pipeline: Pipeline
    records: dict[str, Record]
    page: Path
    runs: Path


@contextmanager
def pipeline(wishes: Wishes, output: Path, told: account.Account) -> Iterator[Result]:
    """Run a pipeline; what it leaves for people (page, logs) goes to ``output``, everything else is gone at the end."""
    with tempfile.TemporaryDirectory(prefix="crosscloud-pipeline-") as folder, gitlab_stub() as stub:
        world = World.furnished(stub)
        place = Path(folder) / "checkout"
        commit = checkout.make(place, stub.url)
        stub.project(checkout.PROJECT).branch(checkout.BRANCH, commit)
        registry.start(registry.DEFAULT_PORT)
        faults = dict(wishes.faults or {})
        for cell in [name for name, fault in faults.items() if fault == "image"]:
            _wrong_image(world, cell.rpartition("-")[2])
            del faults[cell]
        pushed = world.push()
        told.say(f"push of {pushed.sha[:8]} to {WHO}@{WHERE}; its pipeline {pushed.id} built the image")
        # the pipeline that starts ours is tested, and has not ended then; it says nothing of other channels' branches
        tells = {f"{PREFIX}_PIPELINE": str(pushed.id)} if wishes.channels == (CHANNEL,) else {}
        triggered = world.trigger(_variables(wishes, faults) | tells)
        told.say(f"GitLab's trigger: pipeline {triggered.id} of {checkout.PROJECT}@{checkout.BRANCH}, at {commit[:8]}")
        try:
            done = runner.run(
                place,
                {**triggered.variables, **_predefined(stub.url, triggered.id, triggered.source)},
                secrets={"*": {"CI_JOB_TOKEN": JOB}},
                on_job=told.job,
            )
        finally:
            _leave_nothing(wishes, told)
        yield _result(done, output)


def _wrong_image(world: World, name: str) -> None:
    channel = next(each for each in get_args(catalogue.Channel) if each == name)
    wanted = {each.prefix: each.branch for each in catalogue.wanted(channel, {})}
    world.push_wrong_image(wanted["NODE_EXPORTER"])


def _variables(wishes: Wishes, faults: Mapping[str, str]) -> dict[str, str]:
    return {
        "STACKS": " ".join(wishes.stacks),
        "CHANNELS": " ".join(wishes.channels),
        REHEARSED: " ".join(wishes.rehearsed),
        "CROSSCLOUD_REGISTRY": f"{registry.HOST}:{registry.DEFAULT_PORT}",
        **({FAULTS: " ".join(f"{cell}={fault}" for cell, fault in faults.items())} if faults else {}),
    }


def _predefined(url: str, number: int, source: str) -> dict[str, str]:
    address = f"{url}/{checkout.PROJECT}/-/pipelines/{number}"
    return {
        "CI_PIPELINE_ID": str(number),
        "CI_PIPELINE_SOURCE": source,
        "CI_PIPELINE_URL": address,
        "CI_PROJECT_ID": checkout.PROJECT,
    }


def _leave_nothing(wishes: Wishes, told: account.Account) -> None:
    """Destroy what an interrupted pipeline left, and end what no stack needs any more."""
    for cell in wishes.cells:
        if cell.place.folder.exists() or place_of(cell.name).folder.exists():
            told.say(f"cell {cell.name} was not destroyed by its job; doing it now")
            destroy(cell)
    clean_host()


def _result(done: Pipeline, output: Path) -> Result:
    page, runs = output / "public", output / "runs"
    for folder in (page, runs):
        shutil.rmtree(folder, ignore_errors=True)
    output.mkdir(parents=True, exist_ok=True)
    (output / "pipeline.log").write_text(done.output)
    artifacts = done.folder / ".gitlab-ci-local" / "artifacts"
    for job in (job.name for job in done.jobs if job.stage == "destroy"):
        if (found := artifacts / runner.safe(job) / "runs").is_dir():
            shutil.copytree(found, runs, dirs_exist_ok=True)
    if (made := artifacts / "report" / "public").is_dir():
        shutil.copytree(made, page)
    return Result(done, {each.cell: each for each in account.records(runs)}, page, runs)


def default_output() -> Path:
    """Where `make pipeline` leaves page and logs."""
    return paths.home() / "pipeline"
