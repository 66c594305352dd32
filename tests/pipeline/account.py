"""What `make pipeline` prints: who did what when, what is stubbed, what became of each cell, and where the page is."""

import time
from collections.abc import Iterable
from pathlib import Path

from crosscloud.runs.record import Record, StageStatus, load
from tests.pipeline.runner import Job, Pipeline

_SIGNS = {StageStatus.PASSED: "passed", StageStatus.FAILED: "FAILED", StageStatus.RUNNING: "RUNNING"}


class Account:
    """Prints lines with the time since its beginning."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        """Print a line."""
        seconds = int(time.monotonic() - self._began)
        print(f"{seconds // 60:02}:{seconds % 60:02}  {text}", flush=True)

    def job(self, job: Job) -> None:
        """Tell of a job's end."""
        result = "passed" if not job.status else f"FAILED (exit status {job.status})"
        self.say(f"  {job.name:<28}{'skipped' if job.skipped else result:<10} {'' if job.skipped else job.took}")


def head(rows: Iterable[tuple[str, str]]) -> None:
    """Say what this is, before anything happens."""
    print("A pipeline, run on this machine:")
    for name, text in rows:
        print(f"  {name:<11}{text}")
    print(flush=True)


def records(runs: Path) -> list[Record]:
    """Return the records of all cells below a folder."""
    return sorted((load(file.parent) for file in runs.glob("*/*/run.json")), key=lambda each: each.cell)


def cells(found: list[Record]) -> None:
    """Print what became of each cell, stage by stage, with the reason where one failed."""
    print()
    for record in found:
        simulated = ", its cloud simulated" if record.rehearsed else ""
        print(f"{record.cell}{simulated}")
        for stage in record.stages:
            print(f"  {stage.name:<15}{_SIGNS[stage.status]:<8}{stage.seconds:6.1f} s  {stage.why}".rstrip())
            if stage.blames:
                print(f"  {'':<15}blames {', '.join(stage.blames)}")
    print(flush=True)


def stragglers(pipeline: Pipeline) -> list[str]:
    """Return the jobs that failed, without those that would have been skipped."""
    return [job.name for job in pipeline.jobs if job.status and not job.skipped]
