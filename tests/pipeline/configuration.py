"""The pipeline's configuration as gitlab-ci-local reads it: included, extended, and asked which jobs a pipeline has."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from crosscloud import paths
from tests.pipeline.checkout import PROJECT

_NODE = paths.home() / "node" / "node_modules" / ".bin"
#: The top level's keys that are no jobs.
_KEYWORDS = {"default", "include", "stages", "variables", "workflow"}
#: What GitLab tells the jobs of a merge request of the project's own branch.
OWN = {
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": PROJECT,
    "CI_MERGE_REQUEST_PROJECT_PATH": PROJECT,
}


@dataclass(frozen=True)
class Configuration:
    """A copy of .gitlab-ci.yml and its includes in a repository of its own."""

    folder: Path

    @classmethod
    def copied(cls, folder: Path) -> "Configuration":
        """Copy the checkout's."""
        shutil.copytree(paths.ROOT / ".gitlab", folder / ".gitlab")
        shutil.copyfile(paths.ROOT / ".gitlab-ci.yml", folder / ".gitlab-ci.yml")
        for command in (
            ["init", "--quiet", "--initial-branch", "main"],
            ["add", "--all"],
            ["-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "--quiet", "-m", "x"],
            ["remote", "add", "origin", f"https://gitlab.example.com/{PROJECT}.git"],
        ):
            subprocess.run(["git", *command], cwd=folder, check=True)
        return cls(folder)

    def jobs(self, **variables: str) -> dict[str, dict[str, Any]]:
        """Return the jobs that a pipeline with these variables has, by name: ``stage``, ``when``, ``needs``."""
        done = subprocess.run(
            [
                *(str(_NODE / "node"), str(_NODE / "gitlab-ci-local"), "--list-json", "--force-shell-executor"),
                *("--no-json-schema-validation", "--no-color"),
                *(part for name, value in variables.items() for part in ("--variable", f"{name}={value}")),
            ],
            cwd=self.folder,
            env={**os.environ, "GCL_IGNORE_PREDEFINED_VARS": ",".join(variables)},
            capture_output=True,
            text=True,
            check=True,
        )
        return {job["name"]: job for job in json.loads(done.stdout) if job["when"] != "never"}

    @property
    def merged(self) -> Path:
        """The whole configuration in one file; `jobs` writes it."""
        return self.folder / ".gitlab-ci-local" / "expanded-gitlab-ci.yml"

    def read(self) -> "Merged":
        """Return the whole configuration."""
        return Merged(yaml.load(self.merged.read_text(), Loader=yaml.CSafeLoader))


@dataclass(frozen=True)
class Merged:
    """The whole configuration."""

    document: Mapping[str, Any]

    @property
    def jobs(self) -> dict[str, dict[str, Any]]:
        """All jobs that any pipeline may have."""
        return {n: job for n, job in self.document.items() if n not in _KEYWORDS and not n.startswith(".")}

    @property
    def stages(self) -> list[str]:
        """The stages, without those that GitLab adds."""
        return [each for each in self.document["stages"] if not each.startswith(".")]

    def of(self, stage: str) -> dict[str, dict[str, Any]]:
        """The jobs of a stage."""
        return {name: job for name, job in self.jobs.items() if job["stage"] == stage}

    @property
    def cells(self) -> set[str]:
        """The names of all cells."""
        return {name.partition(":")[2] for name in self.of("cross-cloud")}
