"""A Pulumi project of the tests' own, whose stacks live beside the user's and are taken away again."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from crosscloud import paths
from crosscloud.engine.environment import pulumi_environment
from tests.processes import finished, start

_PROGRAM = {
    "name": "crosscloud",
    "main": str(paths.ROOT),
    "runtime": {"name": "python", "options": {"virtualenv": str(paths.ROOT / ".venv")}},
    "plugins": {
        "providers": [{"name": "crosscloud", "path": str(paths.ROOT / "crosscloud" / "plugins" / "crosscloud")}]
    },
}


@dataclass(frozen=True)
class TestStack:
    """A stack of the tests, in a folder of its own."""

    __test__ = False
    folder: Path
    name: str

    def configure(self, **values: Any) -> None:
        """Write the stack's file: a local cluster that no packet leaves, with these values on top."""
        config: dict[str, Any] = {
            "cloud": "local",
            "releaseFile": str(paths.home() / "release.env"),
            "local": {"outbound": False},
            **values,
        }
        document = {"config": {f"crosscloud:{key}": value for key, value in config.items()}}
        salt = [line for line in self._text().splitlines() if line.startswith("encryptionsalt:")]
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "Pulumi.yaml").write_text(yaml.safe_dump(_PROGRAM))
        self.file.write_text("\n".join([*salt, yaml.safe_dump(document)]))

    @property
    def file(self) -> Path:
        return self.folder / f"Pulumi.{self.name}.yaml"

    def _text(self) -> str:
        return self.file.read_text() if self.file.exists() else ""

    @property
    def environment(self) -> dict[str, str]:
        return {**pulumi_environment(), "CROSSCLOUD_PROJECT": str(self.folder), "COLUMNS": "160"}

    def start(self, *command: str) -> "subprocess.Popen[str]":
        """Start a command in the project, in a process group of its own."""
        return start(command, self.folder, self.environment)

    def run(self, *command: str, timeout: float = 600, check: bool = True) -> str:
        """Run a command in the project and return all that it printed."""
        return finished(self.start(*command), timeout=timeout, check=check)

    def crosscloud(self, command: str, *arguments: str, check: bool = True) -> str:
        """Run a crosscloud command on the stack."""
        return self.run(sys.executable, "-m", "crosscloud.cli", command, "--stack", self.name, *arguments, check=check)

    def pulumi(self, *arguments: str, check: bool = True) -> str:
        """Run a pulumi command on the stack, as any user of Pulumi would."""
        return self.run("pulumi", *arguments, "--stack", self.name, "--non-interactive", check=check)

    def up(self) -> str:
        """Bring the stack to its configuration by plain Pulumi, without the images' build and the checks."""
        return self.pulumi("up", "--yes", "--skip-preview", "--suppress-progress")

    def preview(self) -> list[dict[str, Any]]:
        """Return the steps of a preview."""
        steps: list[dict[str, Any]] = json.loads(self.pulumi("preview", "--json"))["steps"]
        return steps

    def outputs(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.pulumi("stack", "output", "--json", "--show-secrets"))
        return found

    def state(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(self.pulumi("stack", "export"))["deployment"]
        return found

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the outputs of the stack's resources of a type, by name."""
        return {
            each["urn"].rpartition("::")[2]: each["outputs"]
            for each in self.state().get("resources", [])
            if each["type"] == kind
        }


def eventually(seconds: float, what: str, condition: Any) -> Any:
    """Return the condition's first true value; fail with what it was to be."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError(f"not within {seconds} s: {what}")
