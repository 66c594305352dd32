"""A toy cloud with an SDK of its own, and rehearsals of it through the genuine engine."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from crosscloud import paths
from crosscloud.engine.environment import pulumi_environment
from crosscloud.plugins.simulated import schema

TOY = Path(__file__).parent / "toy"

PROGRAM = """
import json
from pathlib import Path
import pulumi
import toycloud

made = {}
for name, (kind, inputs) in json.loads(Path("wanted.json").read_text()).items():
    filled = {key: pulumi.Output.secret(value) if key == "userData" else value for key, value in inputs.items()}
    if filled.get("networkId") in made:
        filled["networkId"] = made[filled["networkId"]].id
    made[name] = getattr(toycloud, kind)(name, filled)
"""


@pytest.fixture
def rehearsal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a rehearsal without machines; the toy's SDK can be imported."""
    folder = tmp_path / "rehearsals/toy"
    folder.mkdir(parents=True)
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL", str(folder))
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_MACHINES", "no")
    monkeypatch.delenv("CROSSCLOUD_REHEARSAL_FAULT", raising=False)
    monkeypatch.setenv("CROSSCLOUD_HOME", str(tmp_path / "home"))
    monkeypatch.syspath_prepend(str(TOY))
    schema._describe.cache_clear()  # it was read from another home
    return folder


class Rehearsal:
    """The engine on a program of toy resources, whose inputs are the tests'."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        plugin = folder / "plugin"
        plugin.mkdir(parents=True)
        launcher = plugin / "pulumi-resource-toycloud"
        launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{TOY / "plugin.py"}" "$@"\n')
        launcher.chmod(0o755)
        providers = [{"name": "toycloud", "path": str(plugin)}]
        project = {"name": "trial", "runtime": "python", "plugins": {"providers": providers}}
        (folder / "Pulumi.yaml").write_text(json.dumps(project))
        (folder / "__main__.py").write_text(PROGRAM)
        (folder / "state").mkdir()
        (folder / "rehearsals/toy").mkdir(parents=True)
        self.environment = {
            **pulumi_environment(),
            "PYTHONPATH": f"{paths.ROOT}:{TOY}",
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "CROSSCLOUD_HOME": str(folder / "home"),
            "CROSSCLOUD_REHEARSAL": str(folder / "rehearsals/toy"),
            "CROSSCLOUD_REHEARSAL_MACHINES": "no",
        }
        self.want()
        self.pulumi("stack", "init", "dev")

    def want(self, **resources: tuple[str, dict[str, Any]]) -> None:
        """Set what the program makes: names, and types with their inputs."""
        (self.folder / "wanted.json").write_text(json.dumps(resources))

    def pulumi(self, *arguments: str, fails: bool = False, **variables: str) -> str:
        """Run the engine and return what it said; it has to succeed, or to fail."""
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder,
            env={**self.environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stdout
        return done.stdout

    def up(self, *, fails: bool = False, fault: str = "") -> str:
        """Update, with a fault if one is named."""
        return self.pulumi("up", "--yes", "--skip-preview", fails=fails, CROSSCLOUD_REHEARSAL_FAULT=fault)


@pytest.fixture
def toy(tmp_path: Path) -> Rehearsal:
    if shutil.which("pulumi", path=pulumi_environment()["PATH"]) is None:
        pytest.fail("the engine is missing: `make engine`")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    return Rehearsal(tmp_path / "a program")
