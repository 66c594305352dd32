"""The record of a run: one cell of the pipeline (a stack at a channel), its stages, and the release it tested.

A run's folder holds ``run.json`` (this record), ``e2e.xml`` (JUnit, once the checks ran) and a log for each stage. It
is written as stages begin and end, so that it tells the truth about a run that was cut short, too.
"""

import json
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from crosscloud.errors import CrosscloudError
from crosscloud.files import write_text
from crosscloud.problems import first_wrong

FILE, JUNIT = "run.json", "e2e.xml"
#: How long a run is kept, on pages and in artifacts.
KEPT = timedelta(days=90)
#: A cell's stages in their order; ``cncf-artifacts`` and ``report`` belong to the pipeline, not to a cell.
STAGES = ("cross-cloud", "cross-project", "cncf-e2e", "destroy")


class RecordError(CrosscloudError):
    """A file is no record of a run."""


class StageStatus(StrEnum):
    """How a stage stands. A stage that is not in the record was never begun."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Part):
    """Where a project's images come from: its GitLab project, branch, commit and pipeline."""

    project: str
    branch: str
    commit: str
    pipeline: int
    url: str
    finished: AwareDatetime | None = None


class TestedImage(_Part):
    """One project's image in the run, and where it came from, if that is known."""

    image: str
    tag: str
    digest: str | None = None
    source: Source | None = None


class Stage(_Part):
    """One stage. ``why`` is one line, ``log`` a file of the run's folder, ``blames`` the projects at fault.

    A failure that blames no project is the infrastructure's: it makes nobody's project red.
    """

    name: str
    status: StageStatus
    started: AwareDatetime
    seconds: Annotated[float, Field(ge=0)] = 0.0
    why: str = ""
    log: str | None = None
    blames: tuple[str, ...] = ()


class Record(_Part):
    """One run of a cell. ``id`` and ``url`` are the pipeline's; ``commit`` is this repository's.

    ``release`` has the projects by their names in a ``Release``: ``coredns``, ``node_exporter``.
    """

    schema_version: Literal[1] = 1
    stack: str
    cloud: str
    channel: str
    rehearsed: bool = False
    id: str
    url: str | None = None
    commit: str | None = None
    started: AwareDatetime
    kubernetes: str | None = None
    release: dict[str, TestedImage] = Field(default_factory=dict)
    stages: tuple[Stage, ...] = ()

    @property
    def cell(self) -> str:
        """The cell's stable name: ``aws-head``."""
        return f"{self.stack}-{self.channel}"

    @property
    def ended(self) -> datetime:
        """When the last of its stages so far ended, which orders the runs of a cell."""
        return max((stage.started + timedelta(seconds=stage.seconds) for stage in self.stages), default=self.started)

    def with_stage(self, stage: Stage) -> "Record":
        """Return the record with this stage in place of the one of its name, or after the others."""
        others = [each for each in self.stages if each.name != stage.name]
        return self.model_copy(update={"stages": tuple(sorted([*others, stage], key=lambda each: each.started))})


def load(folder: Path) -> Record:
    """Read the record in a run's folder; raise `RecordError` if there is none or it is not one."""
    file = folder / FILE
    try:
        return Record.model_validate_json(file.read_bytes())
    except OSError as error:
        raise RecordError(f"{file} can't be read: {error.strerror}") from None
    except ValidationError as error:
        raise RecordError(f"{file} is no record of a run: {first_wrong(error)}") from None


def save(folder: Path, record: Record) -> None:
    """Write the record into a run's folder, whole or not at all."""
    write_text(folder / FILE, json.dumps(record.model_dump(mode="json", exclude_none=True), indent=2) + "\n")
