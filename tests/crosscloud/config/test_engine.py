"""What the genuine engine hands to a program arrives in the configuration, and its errors name lines."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crosscloud.engine.environment import pulumi_environment
from crosscloud.paths import ROOT

pytestmark = pytest.mark.engine

PROGRAM = """\
import json, pathlib
from crosscloud.config import ConfigErrors, load_from_pulumi
try:
    answer = load_from_pulumi().model_dump(mode="json")
except ConfigErrors as errors:
    answer = [str(problem) for problem in errors.problems]
pathlib.Path("answer.json").write_text(json.dumps(answer))
"""


class Project:
    """A Pulumi project in a folder with spaces in its name, whose program writes down the configuration it gets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "a checkout with spaces"
        (self.folder / "state").mkdir(parents=True)
        runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
        # JSON is YAML, and quotes a path whatever is in it.
        (self.folder / "Pulumi.yaml").write_text(json.dumps({"name": "crosscloud", "runtime": runtime}))
        (self.folder / "__main__.py").write_text(PROGRAM)
        (self.folder / "release.env").write_text((ROOT / "release.env").read_text())
        own = {
            "PULUMI_BACKEND_URL": (self.folder / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "only of this test",
            "PYTHONPATH": str(ROOT),
        }
        self._environment = pulumi_environment({**os.environ, **own})
        self.run("stack", "init", "demo")

    def run(self, *arguments: str) -> None:
        """Run a Pulumi command on the stack ``demo``; what it says is shown if it fails."""
        command = ["pulumi", *arguments, "--non-interactive"]
        environment = self._environment
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def answer(self) -> object:
        """Return the configuration that the program got, or its errors."""
        self.run("preview")
        return json.loads((self.folder / "answer.json").read_text())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_values_set_by_the_command_arrive_typed(project: Project) -> None:
    project.run("config", "set", "crosscloud:cloud", "local")
    project.run("config", "set", "--path", "crosscloud:workers.count", "3")
    project.run("config", "set", "--path", "crosscloud:local.outbound", "false")
    project.run("config", "set", "crosscloud:podCidr", "10.32.0.0/14")

    answer = project.answer()

    assert isinstance(answer, dict)
    assert answer["name"] == "demo"
    assert answer["workers"] == {"count": 3}
    assert answer["local"]["outbound"] is False
    assert answer["pod_cidr"] == "10.32.0.0/14"
    assert answer["release_file"] == str(project.folder / "release.env")


def test_errors_name_the_lines_of_the_stacks_file_and_hide_secrets(project: Project) -> None:
    project.run("config", "set", "crosscloud:cloud", "local")
    project.run("config", "set", "--path", "crosscloud:controlPlanes.count", "2")
    project.run("config", "set", "--secret", "crosscloud:clusterDomain", "hunter2!")

    file = (project.folder / "Pulumi.demo.yaml").read_text().splitlines()
    count = file.index("    count: 2") + 1
    domain = next(number for number, line in enumerate(file, 1) if "crosscloud:clusterDomain" in line)

    assert project.answer() == [
        f"Pulumi.demo.yaml:{count}: crosscloud:controlPlanes.count: 2 is even, and etcd needs a majority "
        "(1 survives as many losses, 3 one more; crosscloud:controlPlanes.allowEven: true insists)",
        f"Pulumi.demo.yaml:{domain}: crosscloud:clusterDomain: is refused (its value is secret, so it is not shown)",
    ]
