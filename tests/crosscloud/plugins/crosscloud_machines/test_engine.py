"""Networks, machines and load balancers through the genuine engine."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crosscloud import paths
from crosscloud.machines import balancers, cleanup, image, instances, networks, processes, store
from crosscloud.machines.store import Balancer, Machine, Network

pytestmark = [pytest.mark.engine, pytest.mark.machines]

PROGRAM = """
import json
from pathlib import Path
import pulumi
from pulumi import ResourceOptions
from components.resources import LoadBalancer, Machine, Network

wanted = json.loads(Path("wanted.json").read_text())
network = Network("net", cidr=None, outbound=False, host_ports=wanted["ports"], opts=ResourceOptions())
balancer = LoadBalancer("lb", network=network, port=6443, targets=wanted["targets"], opts=ResourceOptions())
machine = Machine(wanted["name"], network=network, user_data=wanted["user_data"], opts=ResourceOptions())
pulumi.export("hostname", machine.hostname)
pulumi.export("address", balancer.address)
"""

WANTED = {"name": "m", "ports": {"5000": 15005}, "targets": ["10.66.0.10"], "user_data": "#cloud-config\n# a-secret\n"}


class Project:
    """A Pulumi program in a folder of its own, with a state and a home of its own."""

    def __init__(self, folder: Path, home: Path, engine: Path) -> None:
        self.folder = folder
        plugin = paths.ROOT / "crosscloud/plugins/crosscloud"
        providers = [{"name": "crosscloud", "path": str(plugin)}]
        project = {"name": "trial", "runtime": "python", "plugins": {"providers": providers}}
        (folder / "Pulumi.yaml").write_text(json.dumps(project))
        (folder / "__main__.py").write_text(PROGRAM)
        state = folder / "state"
        state.mkdir()
        self.environment = {
            **{key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"},
            "PATH": f"{engine.parent}:{paths.ROOT / '.venv/bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(paths.ROOT),
            "CROSSCLOUD_HOME": str(home),
            "PULUMI_HOME": str(folder / "pulumi"),
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }
        self.want()
        self.pulumi("stack", "init", "dev")

    def want(self, **changes: Any) -> None:
        """Change what the program asks for."""
        (self.folder / "wanted.json").write_text(json.dumps({**WANTED, **changes}))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the engine in a process group of its own."""
        return subprocess.Popen(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def pulumi(self, *arguments: str, succeeds: bool = True) -> str:
        """Run the engine and return all that it says."""
        with self.start(*arguments) as process:
            said, _ = process.communicate(timeout=180)
        assert (process.returncode == 0) == succeeds, said
        return said

    def up(self, *, succeeds: bool = True) -> str:
        """Run `pulumi up`."""
        return self.pulumi("up", "--yes", "--skip-preview", succeeds=succeeds)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    engine = paths.home() / "bin/pulumi"
    found = engine if engine.exists() else shutil.which("pulumi")
    if found is None:
        pytest.fail("the engine is missing: `make engine`")
    image.ensure()
    images = paths.home() / "machines/images"
    home = tmp_path / "a home"
    (home / "machines/images").mkdir(parents=True)
    (home / "machines/images" / image.packages_key()).symlink_to(images / image.packages_key())
    monkeypatch.setenv("CROSSCLOUD_HOME", str(home))
    folder = tmp_path / "a program"
    folder.mkdir()
    yield Project(folder, home, Path(found))
    cleanup.purge()
    assert cleanup.leftovers() == []


def only(kind: type[Any]) -> Any:
    (record,) = store.everything(kind)
    return record


def test_machines_live_and_die_by_the_engine(project: Project) -> None:
    assert "3 created" not in project.up(), "the stack is a resource too"
    machine: Machine = only(Machine)
    assert instances.running(machine), "it survives the end of `up`"
    project.pulumi("preview", "--expect-no-changes")

    os.kill(machine.supervisor[0], signal.SIGKILL)
    assert processes.wait_until(lambda: not instances.running(machine), 10)
    assert "1 deleted" in project.pulumi("refresh", "--yes", "--skip-preview")
    assert "1 created" in project.up()
    again: Machine = only(Machine)
    assert again.id != machine.id
    assert again.machine_id != machine.machine_id
    assert project.pulumi("stack", "output", "hostname").strip() == again.id

    project.pulumi("destroy", "--yes", "--skip-preview")
    assert cleanup.leftovers() == []


def test_what_can_change_in_place_does_and_what_can_not_is_replaced(project: Project) -> None:
    project.up()
    network, balancer, machine = only(Network), only(Balancer), only(Machine)
    project.want(ports={"5000": 15006}, targets=["10.66.0.10", "10.66.0.11"])
    assert "2 updated" in project.up()
    assert (only(Network).id, only(Balancer).id, only(Machine).id) == (network.id, balancer.id, machine.id)
    assert only(Network).inputs["hostPorts"] == {"5000": 15006}
    assert only(Balancer).targets == ["10.66.0.10", "10.66.0.11"]

    project.want(user_data="#cloud-config\n# another\n", ports={"5000": 15006}, targets=["10.66.0.10", "10.66.0.11"])
    assert "replace" in project.pulumi("preview")
    assert "1 replaced" in project.up()
    assert only(Machine).id != machine.id
    assert only(Network).id == network.id

    balancer = only(Balancer)
    os.kill(balancer.process[0], signal.SIGKILL)
    assert processes.wait_until(lambda: balancers.get(balancer.id) is None, 10)
    assert "1 deleted" in project.pulumi("refresh", "--yes", "--skip-preview")
    assert "1 created" in project.up()
    assert balancers.get(only(Balancer).id) is not None


def test_user_data_is_nowhere_in_the_state_or_the_display(project: Project) -> None:
    said = project.up()
    project.want(user_data="#cloud-config\n# a-secret that changed\n")
    said += project.pulumi("preview", "--diff")
    said += project.pulumi("stack", "export")
    assert "userData" in said
    assert "a-secret" not in said
    assert "a-secret" not in "".join(
        p.read_text(errors="ignore") for p in project.folder.rglob("state/**/*") if p.is_file()
    )


def test_everything_that_is_wrong_with_a_network_is_said_at_once(project: Project) -> None:
    project.want(ports={"0": 15005, "80": "eighty", "81": 82})
    said = project.pulumi("preview", succeeds=False)
    assert "hostPorts.0" in said
    assert "hostPorts.80" in said
    assert "hostPorts.81" not in said
    assert "Traceback" not in said


def test_everything_that_is_wrong_with_a_machine_is_said_at_once(project: Project) -> None:
    project.want(name="Not a Name", user_data="x" * 16385)
    said = project.pulumi("preview", succeeds=False)
    assert "lower-case letters" in said
    assert "has 16385 bytes; clouds take at most 16384" in said


def test_everything_that_is_wrong_with_a_load_balancer_is_said_at_once(project: Project) -> None:
    project.want(targets=["10.66.0.300", "10.66.0.10", "here"])
    said = project.pulumi("preview", succeeds=False)
    assert "'10.66.0.300' is no IPv4 address" in said
    assert "'here' is no IPv4 address" in said


@pytest.mark.parametrize("moment", [1.0, 1.6, 2.0, 2.3, 2.6, 3.0])
def test_an_engine_that_is_killed_orphans_nothing(project: Project, moment: float) -> None:
    with project.start("up", "--yes", "--skip-preview") as process:
        time.sleep(moment)
        process.kill()
    project.pulumi("cancel", "--yes")
    project.up()
    network, balancer, machine = only(Network), only(Balancer), only(Machine)
    assert networks.get(network.id) is not None
    assert balancers.running(balancer)
    assert instances.running(machine)
    lines = cleanup.leftovers()
    assert {line for line in lines if line.startswith("control group")} == {
        f"control group {machine.unit}",
        f"control group {balancer.unit}",
    }
    assert [line for line in lines if line.startswith(("link cc-", "nft"))] == [
        f"link {network.bridge}",
        f"nft table {network.table}",
    ]
    project.pulumi("preview", "--expect-no-changes")
