"""gitlab-ci-local as this project's runner: a checkout for each job, with the tools of this machine.

Where it does less than GitLab, this makes up for it, and only here:

- It never starts a job whose `needs` were skipped, not even one that is `when: always`: a failed cell would not be
  destroyed. So cross-project and cncf-e2e are started in any case, and end at once, with status 3, where the stage
  before did not pass. GitLab skips them.
- The jobs' image is this machine, and this checkout's packages are the image's.
"""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from crosscloud import paths
from crosscloud.cells.stages import NotBegunError
from tests.processes import start

_NODE = paths.home() / "node" / "node_modules" / ".bin"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_STARTING = re.compile(r"^(?P<job>\S+) +starting shell \((?P<stage>[\w-]+)\)$")
_FINISHED = re.compile(r"^(?P<job>\S+) +finished in (?P<time>[\d.]+ \w+)(?: +(?:FAIL|WARN) (?P<status>\d+))?\s*$")
#: Predefined variables that GitLab would set to these values, and gitlab-ci-local would to others.
_SET = ("CI_PIPELINE_SOURCE", "CI_PIPELINE_ID", "CI_PIPELINE_URL", "CI_COMMIT_REF_PROTECTED", "CI_PROJECT_ID")


@dataclass(frozen=True)
class Job:
    """A job that ended. ``skipped``: it was begun only because this runner can't skip it."""

    name: str
    stage: str
    status: int
    took: str

    @property
    def skipped(self) -> bool:
        """Whether GitLab would not have run it."""
        return self.status == NotBegunError.exit_code


@dataclass
class Pipeline:
    """What became of a pipeline: its jobs in the order of their ends, and all that was printed."""

    folder: Path
    jobs: list[Job] = field(default_factory=list)
    output: str = ""
    status: int = 0

    def job(self, name: str) -> Job:
        """Return a job by name."""
        return next(job for job in self.jobs if job.name == name)

    def artifacts(self, job: str) -> Path:
        """Return the folder of a job's artifacts."""
        found = [each for each in (self.folder / ".gitlab-ci-local" / "artifacts").iterdir() if each.name == safe(job)]
        return found[0]


def safe(job: str) -> str:
    """Return the folder's name that gitlab-ci-local gives a job: what is no letter, digit or dash as base64url."""
    import base64

    return re.sub(r"[^\w-]+", lambda m: base64.urlsafe_b64encode(m[0].encode()).decode().rstrip("="), job)


def run(
    folder: Path,
    variables: Mapping[str, str],
    *,
    secrets: Mapping[str, Mapping[str, str]],
    on_job: Callable[[Job], None] = lambda _: None,
    jobs: Sequence[str] = (),
    home: Path | None = None,
) -> Pipeline:
    """Run the pipeline of a checkout with these variables, or of it these ``jobs`` and those that they need.

    ``home`` is the folder of its states and machines, by default this checkout's. ``secrets`` are variables by the
    environment that they are for (``*``: all), in a file of mode 0600.
    """
    _write_overlay(folder, variables)
    _write_secrets(folder, secrets)
    process = _start(folder, variables, [*jobs, "--needs"] if jobs else [], home or paths.home())
    made, stages = Pipeline(folder), dict[str, str]()
    try:
        for raw in process.stdout or ():
            line = _COLOUR.sub("", raw).rstrip("\n")
            made.output += line + "\n"
            if found := _STARTING.match(line):
                stages[found["job"]] = found["stage"]
            elif (found := _FINISHED.match(line)) and found["job"] in stages:
                job = Job(found["job"], stages[found["job"]], int(found["status"] or 0), found["time"])
                made.jobs.append(job)
                on_job(job)
        made.status = process.wait()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
    return made


def _start(folder: Path, variables: Mapping[str, str], arguments: Sequence[str], home: Path) -> "subprocess.Popen[str]":
    told = {
        "CI_COMMIT_REF_PROTECTED": "true",
        **variables,
    }
    command = [
        *(str(_NODE / "node"), str(_NODE / "gitlab-ci-local")),
        *("--force-shell-executor", "--shell-isolation", "--no-artifacts-to-source", "--no-color"),
        "--no-json-schema-validation",  # test_configuration.py has it
        *(part for name, value in told.items() for part in ("--variable", f"{name}={value}")),
        *arguments,
    ]
    return start(command, folder, environment(home) | {"GCL_IGNORE_PREDEFINED_VARS": ",".join(_SET)})


def environment(home: Path) -> dict[str, str]:
    """Return the variables of this runner's machine, whose jobs keep their states and machines in this folder."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
        "CROSSCLOUD_VENV": str(paths.ROOT / ".venv"),
        "CROSSCLOUD_HOME": str(home),
        "CROSSCLOUD_TOOLS": str(paths.tools()),
        "PATH": os.pathsep.join([os.environ["PATH"], str(paths.ROOT / ".venv" / "bin")]),
    }


def _write_overlay(folder: Path, variables: Mapping[str, str]) -> None:
    """Have jobs started that GitLab would skip; see this module's docstring."""
    stacks, channels = (variables.get(name, "").split() for name in ("STACKS", "CHANNELS"))
    cells = [f"{stack}-{channel}" for stack in stacks for channel in channels]
    jobs = [f"{stage}:{cell}" for stage in ("cross-project", "cncf-e2e") for cell in cells]
    always = {"rules": [{"if": '$KIND == "release"', "when": "always"}]}
    (folder / ".gitlab-ci-local.yml").write_text(yaml.safe_dump(dict.fromkeys(jobs, always)))


def _write_secrets(folder: Path, secrets: Mapping[str, Mapping[str, str]]) -> None:
    found: dict[str, dict[str, dict[str, str]]] = {}
    for scope, values in secrets.items():
        for name, value in values.items():
            found.setdefault(name, {"values": {}})["values"][scope] = value
    file = folder / ".gitlab-ci-local-variables.yml"
    with os.fdopen(os.open(file, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as handle:
        yaml.safe_dump(found, handle)
