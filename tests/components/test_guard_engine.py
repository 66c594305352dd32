"""The genuine engine refuses what would destroy a live cluster before it changes anything."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from crosscloud import paths
from crosscloud.engine.environment import pulumi_environment

pytestmark = pytest.mark.engine

TOY = Path(__file__).parent / "toy"
#: There is no cluster that would answer; everything before that is made.
WITHOUT_ACCESS = ("--exclude", "urn:pulumi:dev::trial::**ClusterAccess::demo", "--exclude-dependents")


class Project:
    """A program of the toy cloud with a state of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        providers = [
            {"name": "crosscloud", "path": str(paths.ROOT / "crosscloud/plugins/crosscloud")},
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

    def up(self, *, succeeds: bool = True) -> str:
        return self.pulumi("up", "--yes", "--skip-preview", *WITHOUT_ACCESS, succeeds=succeeds)

    def machines(self) -> dict[str, str]:
        """Return the ids of what is in the state, by type and name."""
        resources = json.loads(self.pulumi("stack", "export"))["deployment"]["resources"]
        return {each["urn"]: each["id"] for each in resources if "id" in each}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project whose cluster is there, as far as the state knows."""
    project = Project(tmp_path_factory.mktemp("toy"))
    project.up()
    assert any("toy:index:Machine::demo-control-plane-0" in urn for urn in project.machines())
    return project


def test_the_state_holds_no_secret_that_could_be_read(live: Project) -> None:
    exported = live.pulumi("stack", "export")
    shown = live.pulumi("stack", "export", "--show-secrets")
    for secret in (r"BEGIN (EC )?PRIVATE KEY", r"#cloud-config", r"\b[a-z0-9]{6}\.[a-z0-9]{16}\b"):
        assert re.search(secret, shown), f"{secret} would be noticed"
        assert not re.search(secret, exported), secret


def test_a_preview_refuses_everything_dangerous_in_one_go(live: Project) -> None:
    live.want(podCidr="10.200.0.0/16", controlPlanes={"count": 1, "size": "huge"})
    said = live.pulumi("preview", succeeds=False)
    assert "crosscloud:podCidr was 10.244.0.0/16 and would be 10.200.0.0/16" in said
    assert "crosscloud:controlPlanes.size was small and would be huge" in said
    assert "crosscloud:allowClusterReplacement true` insists" in said


def test_an_up_without_a_preview_changes_nothing_either(live: Project) -> None:
    before = live.machines()
    live.want(toy={"networkCidr": "10.5.0.0/16"}, controlPlanes={"count": 1, "size": "huge"})
    said = live.up(succeeds=False)
    assert "crosscloud:toy.networkCidr was 10.0.0.0/16" in said
    assert live.machines() == before


def test_what_is_no_danger_passes(live: Project) -> None:
    live.want(workers={"count": 3, "size": "huge"})
    said = live.pulumi("preview", "--diff")
    assert "Group" in said


def test_a_program_that_refuses_by_itself_ends_with_its_words(live: Project) -> None:
    live.want(toy={"region": "sun", "zones": ["sun-a"]})
    said = live.pulumi("preview", succeeds=False)
    assert "nothing lives on the sun; moon" in said
    assert "Traceback" not in said


def test_who_insists_gets_the_replacement_and_is_asked_again_the_next_time(live: Project) -> None:
    before = live.machines()
    live.want(controlPlanes={"count": 1, "size": "huge"}, allowClusterReplacement=True)
    assert "replace" in live.pulumi("preview", "--diff")
    live.up()
    after = live.machines()
    machine = next(urn for urn in before if "toy:index:Machine" in urn)
    group = next(urn for urn in before if "toy:index:Group" in urn)
    assert after[machine] != before[machine]
    assert after[group] != before[group], "workers of another cluster are of no use"
    live.want(controlPlanes={"count": 1, "size": "huge"})
    live.up()
    assert live.machines() == after
    live.want()
    assert "crosscloud:controlPlanes.size was huge and would be small" in live.pulumi("preview", succeeds=False)
