"""The run of a cell: its folder, and the record that its stages are written into as they begin and end."""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import typer
from pydantic import ValidationError

from crosscloud import commits, paths, provenance, release
from crosscloud.cells.cell import Cell
from crosscloud.cells.logs import teed
from crosscloud.cells.reasons import Verdict, judge, one_line
from crosscloud.errors import CrosscloudError
from crosscloud.files import write_text
from crosscloud.runs import record
from crosscloud.runs.record import Record, RecordError, Stage, StageStatus, TestedImage
from crosscloud.stacks.stages import say

#: Holds a folder for each cell, and in that one for each run.
RUNS = "CROSSCLOUD_RUNS"
_PART = "stage-{}.json"


def runs_home() -> Path:
    """Return the folder of all runs: ``$CROSSCLOUD_RUNS``, or ``runs`` in the home."""
    chosen = os.environ.get(RUNS)
    return Path(chosen).resolve() if chosen else paths.home() / "runs"


@dataclass(frozen=True)
class Run:
    """One run of a cell. In a pipeline all of its jobs work on the same one."""

    cell: Cell
    id: str

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return runs_home() / self.cell.name / self.id

    @property
    def junit(self) -> Path:
        """The report of the checks."""
        return self.folder / record.JUNIT

    def record(self) -> Record:
        """Return the record; a new one where an earlier stage left none.

        Each stage is kept in a file of its own, too: a job is given the artifacts of all jobs before it, one over the
        other in no order that GitLab would promise, and so any of their records. What of it can't be
        read is told and left out: whatever became of a record, the cell has to be destroyed.
        """
        try:
            found = record.load(self.folder) if (self.folder / record.FILE).exists() else self._new()
        except RecordError as error:
            say(str(error))
            found = self._new()
        for file in sorted(self.folder.glob(_PART.format("*"))):
            try:
                found = found.with_stage(Stage.model_validate_json(file.read_bytes()))
            except ValidationError:
                say(f"{file} is no stage of a run")
        return found

    def _new(self) -> Record:
        return Record(
            stack=self.cell.stack,
            cloud=_cloud(self.cell),
            channel=self.cell.channel,
            rehearsed=self.cell.rehearsed,
            id=self.id,
            url=os.environ.get("CI_PIPELINE_URL"),
            commit=commits.of_pipeline() or commits.of_checkout() or None,
            started=datetime.now(UTC),
        )

    def releases(self, file: Path) -> None:
        """Write down which images the run tests, and where they come from."""
        images, sources = release.load(file), provenance.load(file)
        tested = {
            name: TestedImage(image=image.image, tag=image.tag, digest=image.digest, source=sources.get(name))
            for name, image in images
        }
        self._save(self.record().model_copy(update={"release": tested, "kubernetes": images.kubernetes.version}))

    def stage(self, name: str, work: Callable[[], Verdict | None]) -> int:
        """Do the work of a stage, with its log and its place in the record; return the exit status.

        An expected failure is shown as the command's error would be. The verdict's reason is one line.
        """
        log = self.folder / f"{name}.log"
        self.folder.mkdir(parents=True, exist_ok=True)
        log.unlink(missing_ok=True)  # a job that is run again tells of itself
        began, started = datetime.now(UTC), time.monotonic()

        def ended(status: StageStatus, verdict: Verdict) -> None:
            seconds = round(time.monotonic() - started, 1)
            stage = Stage(name=name, status=status, started=began, seconds=seconds, why=verdict.why, log=log.name)
            stage = stage.model_copy(update={"blames": verdict.blames})
            write_text(self.folder / _PART.format(name), stage.model_dump_json(indent=2) + "\n")
            self._save(self.record())

        ended(StageStatus.RUNNING, Verdict())
        with teed(log), _ended_by_signals():
            try:
                verdict = work()
            except CrosscloudError as error:
                print(f"error: {error}", file=sys.stderr, flush=True)
                ended(StageStatus.FAILED, judge(error, self.cell))
                return error.exit_code
            except (KeyboardInterrupt, SystemExit, typer.Exit):
                ended(StageStatus.FAILED, Verdict("the job was ended before this stage was over"))
                raise
            except Exception as error:
                traceback.print_exc()  # here, so that the log has it, too
                ended(StageStatus.FAILED, Verdict(one_line(f"{type(error).__name__}: {error}")))
                return 1
        ended(StageStatus.FAILED if verdict else StageStatus.PASSED, verdict or Verdict())
        return 1 if verdict else 0

    def _save(self, now: Record) -> None:
        record.save(self.folder, now)


def current(cell: Cell, *, begins: bool = False) -> Run:
    """Return the run that a command belongs to: the pipeline's, or the one that the last ``cluster`` began."""
    if pipeline := os.environ.get("CI_PIPELINE_ID"):
        return Run(cell, pipeline)
    note = runs_home() / cell.name / "current"
    if begins or not note.exists():
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(datetime.now(UTC).strftime("%Y%m%d-%H%M%S"))
    return Run(cell, note.read_text())


def _cloud(cell: Cell) -> str:
    from crosscloud.stacks.pulumi import Stack
    from crosscloud.stacks.up import stack_values

    return str(stack_values(Stack(cell.stack)).get("crosscloud:cloud", "local"))


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Have SIGTERM, by which a pipeline cancels a job, interrupt it: the engine gets that, too, and is waited for."""

    def ended(_number: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, ended)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
