"""AWS rehearsed with real machines, one control plane and one worker: the tests go through its life in their order."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from crosscloud import paths
from crosscloud.machines import cleanup
from crosscloud.rehearsal.place import place_of
from crosscloud.stacks.files import kubeconfig_file
from tests.rehearsal.command import Command, command
from tests.rehearsal.machines import kill, machines

pytestmark = [pytest.mark.cluster, pytest.mark.engine, pytest.mark.machines]

NAME = "aws-life"


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """A stack that was rehearsed and kept."""
    with command("aws", tmp_path_factory.mktemp("a project"), NAME) as made:
        (made.folder / "log").write_text(made.rehearse("--keep"))
        yield made


def test_it_ends_in_a_cluster_that_passed_every_check_and_says_what_it_is(life: Command) -> None:
    log = (life.folder / "log").read_text()
    boxes = [number for number, line in enumerate(log.splitlines()) if "REHEARSAL" in line]
    assert len(boxes) == 2
    assert boxes[0] <= 1
    assert boxes[1] > len(log.splitlines()) - 12
    assert re.search(r"result\s+passed \(\d+ s\)", log), log
    for check in ("nodes", "images", "dns", "network", "prometheus-targets", "alerts"):
        assert re.search(rf"(?m)^PASSED\s+{check}\b", log), log
    assert f"crosscloud rehearse --stack {NAME} --down" in log


def test_the_kubeconfig_is_the_owners_alone(life: Command) -> None:
    path = kubeconfig_file(life.name, place_of(life.name))
    assert path.stat().st_mode & 0o777 == 0o600


def test_up_again_changes_nothing(life: Command) -> None:
    engine = life.engine()
    engine.configure()
    assert re.search(r"Resources:\s+\d+ unchanged\n", engine.up())


def test_more_workers_change_their_group_and_what_is_spread_over_them(life: Command) -> None:
    engine = life.engine()
    engine.configure(workers={"count": 2})
    changed = {step.name: step.reasons for step in engine.changes()}
    assert changed == {
        f"{NAME}-worker": ("desiredCapacity", "maxSize", "minSize"),
        f"{NAME}-workers": ("count",),
        f"{NAME}-coredns": ("values",),
    }


def test_larger_workers_are_a_new_template_that_the_group_goes_over_to(life: Command) -> None:
    engine = life.engine()
    engine.configure(workers={"count": 1, "size": "m7i.large"})
    changed = {(step.op, step.type.rpartition(":")[2]): step.reasons for step in engine.changes()}
    assert "instanceType" in changed["update", "LaunchTemplate"]
    assert changed["update", "Group"] == ("launchTemplate",)
    assert "generation" in changed["update", "NodeGroup"]
    assert not [op for op, _ in changed if op != "update"]


def test_another_network_is_refused_with_what_to_do_instead(life: Command) -> None:
    engine = life.engine()
    engine.configure(aws={"region": "us-east-1", "networkCidr": "10.222.0.0/16"})
    said = engine.pulumi("preview", check=False)
    assert "crosscloud:aws.networkCidr" in said
    assert "crosscloud:allowClusterReplacement" in said


def test_the_only_control_plane_is_not_replaced_unless_insisted_on(life: Command) -> None:
    engine = life.engine()
    larger = {"count": 1, "size": "m7i.large"}
    engine.configure(controlPlanes=larger)
    said = engine.pulumi("preview", check=False)
    assert "the only control plane would be replaced" in said
    engine.configure(controlPlanes=larger, allowClusterReplacement=True)
    replaced = {
        (step.type.rpartition(":")[2], step.name): step.reasons for step in engine.changes() if step.op == "replace"
    }
    assert replaced["Instance", f"{NAME}-control-plane-0"] == ("instanceType",)
    assert ("Group", f"{NAME}-worker") in replaced, "with another control plane it is another cluster, for workers too"


def other_release(folder: Path, project: str, tag: str) -> str:
    """Write the release that is there, with another tag of one project; return its file."""
    built = paths.home() / "release.env"
    text = re.sub(rf"(?m)^{project}_DIGEST=.*\n", "", built.read_text())
    other = folder / "release.env"
    other.write_text(re.sub(rf"(?m)^{project}_TAG=.*$", f"{project}_TAG={tag}", text))
    (folder / "support.env").write_text((paths.home() / "support.env").read_text())
    return str(other)


def test_another_prometheus_changes_its_deployment_alone(life: Command, tmp_path: Path) -> None:
    engine = life.engine()
    engine.configure(releaseFile=other_release(tmp_path, "PROMETHEUS", "v3.14.0"))
    changed = {step.name: step for step in engine.changes() if step.type != "pulumi:pulumi:Stack"}
    assert list(changed) == [f"{NAME}-prometheus"]
    assert [reason for reason in changed[f"{NAME}-prometheus"].reasons if "values" in reason]


def test_another_kubernetes_replaces_every_machine_and_so_has_to_be_insisted_on(life: Command, tmp_path: Path) -> None:
    engine = life.engine()
    other = other_release(tmp_path, "KUBERNETES", "v1.37.3")
    engine.configure(releaseFile=other)
    said = engine.pulumi("preview", check=False)
    assert "the only control plane would be replaced" in said
    assert "KUBERNETES_TAG of crosscloud:releaseFile" in said
    engine.configure(releaseFile=other, allowClusterReplacement=True)
    changed = {(step.op, step.type.rpartition(":")[2]): step.reasons for step in engine.changes()}
    assert changed["replace", "Instance"] == ("userDataBase64",)
    assert changed["update", "LaunchTemplate"] == ("userData",)
    assert ("replace", "Group") in changed


def test_a_worker_that_dies_is_seen_by_refresh_and_put_back(life: Command) -> None:
    engine = life.engine()
    engine.configure()
    (address,) = [node["address"] for node in engine.outputs()["nodes"] if node["role"] == "worker"]
    dead = machines(NAME)[address]
    kill(dead)
    said = engine.pulumi("up", "--yes", "--skip-preview", "--refresh", "--suppress-progress")
    workers = [node for node in engine.outputs()["nodes"] if node["role"] == "worker"]
    assert len(workers) == 1, said
    assert machines(NAME)[workers[0]["address"]].machine_id != dead.machine_id
    assert re.search(r"Resources:\s+\d+ unchanged\n", engine.up())


def test_destroy_leaves_nothing(life: Command) -> None:
    life.rehearse("--down")
    assert machines(NAME) == {}
    assert not place_of(NAME).folder.exists()
    assert [line for line in cleanup.leftovers() if f"rehearsal:{NAME}:" in line] == []
