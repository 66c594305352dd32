"""A program of the toy cloud and the genuine engine."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from crosscloud import paths
from crosscloud.engine.environment import pulumi_environment

TOY = Path(__file__).parent


class Project:
    """A program of the toy cloud with a state of its own."""

    def __init__(self, folder: Path, *, waiting: bool = True) -> None:
        """Without ``waiting`` clusters answer at once, though there is none."""
        self.folder = folder
        own = paths.ROOT / "crosscloud/plugins/crosscloud" if waiting else TOY / "waiting"
        providers = [
            {"name": "crosscloud", "path": str(own)},
            {"name": "toy", "path": str(TOY)},
        ]
        project = {"name": "trial", "runtime": "python", "plugins": {"providers": providers}}
        (folder / "Pulumi.yaml").write_text(json.dumps(project))
        shutil.copy(TOY / "program.py", folder / "__main__.py")
        (folder / "state").mkdir()
        self.environment = {
            **pulumi_environment(),
            "PYTHONPATH": str(paths.ROOT),
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "TOY_NOTES": str(folder / "notes"),
        }
        self.environment.pop("PULUMI_CONFIG_PASSPHRASE_FILE", None)
        self.want()
        self.pulumi("stack", "init", "dev")

    def want(self, **values: Any) -> None:
        (self.folder / "wanted.json").write_text(json.dumps({"controlPlanes": {"count": 1}, **values}))

    def pulumi(self, *arguments: str, succeeds: bool = True) -> str:
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        said = done.stdout + done.stderr
        assert (done.returncode == 0) == succeeds, said
        return said

    def up(self, *arguments: str, succeeds: bool = True) -> str:
        return self.pulumi("up", "--yes", "--skip-preview", *arguments, succeeds=succeeds)

    def notes(self) -> list[str]:
        """Return what happened since this was last asked, in order: ``create Machine demo-control-plane-0``."""
        file = self.folder / "notes"
        text = file.read_text() if file.exists() else ""
        file.unlink(missing_ok=True)
        return text.splitlines()

    def machines(self) -> dict[str, str]:
        """Return the ids of what is in the state, by type and name."""
        resources = json.loads(self.pulumi("stack", "export"))["deployment"]["resources"]
        return {each["urn"]: each["id"] for each in resources if "id" in each}
