"""Runs the genuine engine on a small program, with the embedded plugin and a state of its own."""

import json
import os
import subprocess
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crosscloud.engine.environment import pulumi_environment
from crosscloud.paths import home

_PATIENCE = 240


class Stack:
    """A project in ``folder`` whose program is ``program``; variables reach it by ``os.environ``."""

    def __init__(self, folder: Path, program: str, variables: Mapping[str, str]) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "Pulumi.yaml").write_text("name: sample\nruntime: python\n")
        (folder / "__main__.py").write_text(textwrap.dedent(program))
        (folder / "state").mkdir()
        own = {
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "only for this test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # The plugin's process must find the same helm, wherever the test has put its home.
            "CROSSCLOUD_HOME": str(home()),
        }
        self.environment = {**pulumi_environment(dict(os.environ)), **variables, **own}
        self.run("stack", "init", "test")

    def start(self, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
        """Start ``pulumi`` without waiting for its end."""
        return subprocess.Popen(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder,
            env={**self.environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, fails: bool = False, **variables: str) -> str:
        """Run ``pulumi`` and return what it printed; it must succeed, or fail when ``fails``."""
        process = self.start(*arguments, **variables)
        said, _ = process.communicate(timeout=_PATIENCE)
        assert (process.returncode != 0) == fails, said
        return said

    def up(self, *, fails: bool = False, **variables: str) -> str:
        """Update without a preview."""
        return self.run("up", "--yes", "--skip-preview", "--stack", "test", fails=fails, **variables)

    def preview(self, *, fails: bool = False, **variables: str) -> str:
        """Preview, with every changed property."""
        return self.run("preview", "--diff", "--stack", "test", fails=fails, **variables)

    def refresh(self) -> str:
        """Refresh without a preview."""
        return self.run("refresh", "--yes", "--skip-preview", "--stack", "test")

    def destroy(self) -> str:
        """Destroy everything."""
        return self.run("destroy", "--yes", "--skip-preview", "--stack", "test")

    def state(self) -> str:
        """Return the exported state as text."""
        return self.run("stack", "export", "--stack", "test")

    def locked(self) -> bool:
        """Tell whether a killed run has left its lock, without starting the engine."""
        return any((self.folder / "state" / ".pulumi" / "locks").rglob("*.json"))

    def holds_anything(self) -> bool:
        """Tell whether the state has resources, or a run was killed while it made some; without starting the engine."""
        (file,) = (self.folder / "state" / ".pulumi" / "stacks").rglob("test.json")
        latest = json.loads(file.read_text())["checkpoint"].get("latest") or {}
        return bool(latest.get("resources") or latest.get("pending_operations"))

    def resource(self, kind: str) -> dict[str, Any]:
        """Return the state of the one resource whose type ends in ``kind``."""
        resources = json.loads(self.state())["deployment"]["resources"]
        found: dict[str, Any] = next(r for r in resources if r["type"].endswith(f":{kind}"))
        return found
