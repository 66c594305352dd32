"""Real machines on this host: what they reach, what survives, and that nothing stays behind."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from crosscloud.machines import balancers, cleanup, instances, networks, processes, store
from crosscloud.machines.errors import MachineError
from crosscloud.machines.store import Machine

from .conftest import inside

pytestmark = [pytest.mark.machines, pytest.mark.usefixtures("host")]

USER_DATA = """#cloud-config
write_files:
  - {path: /etc/greeting, content: hello, permissions: "0600"}
runcmd:
  - [sh, -c, "echo to-the-log-$(cat /etc/greeting); echo complaint >&2; touch /run/done"]
"""


def booted(machine: Machine) -> bool:
    return Path(f"/proc/{machine.leader[0]}/root/run/done").exists()


def test_a_machine_runs_its_user_data_and_says_so_in_its_boot_log() -> None:
    network = networks.create("n")
    machine = instances.create("m", network.id, USER_DATA)
    assert processes.wait_until(lambda: booted(machine), 30)
    assert inside(machine, "hostname; cat /etc/machine-id; stat -c %a /etc/greeting") == (
        0,
        f"{machine.id}\n{machine.machine_id}\n600\n",
    )
    log = instances.boot_log(machine)
    assert processes.wait_until(lambda: "finished at" in log.read_text(), 10)
    assert "to-the-log-hello" in log.read_text()
    assert "complaint" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_the_user_data_is_in_no_process_list_and_no_readable_file(host: Path) -> None:
    network = networks.create("n")
    instances.create("m", network.id, "#cloud-config\n# keep-this-secret\n")
    listing = subprocess.run(["ps", "axeww"], capture_output=True, text=True, check=True).stdout
    assert "keep-this-secret" not in listing
    holding = subprocess.run(
        ["grep", "-rlI", "keep-this-secret", str(host)], capture_output=True, text=True, check=False
    )
    files = [Path(line) for line in holding.stdout.splitlines()]
    assert files
    assert [file for file in files if file.stat().st_mode & 0o077] == []


def test_the_environment_of_who_made_it_does_not_stay_in_the_machines_processes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "keep-this-secret")
    network = networks.create("n")
    machine = instances.create("m", network.id, USER_DATA)
    for pid in (machine.supervisor[0], machine.leader[0]):
        assert b"keep-this-secret" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_what_kubelet_sets_in_a_machine_leaves_the_host_as_it_was() -> None:
    settings = ("kernel/panic", "kernel/panic_on_oops", "vm/overcommit_memory", "kernel/keys/root_maxkeys")
    before = [Path("/proc/sys", setting).read_text() for setting in settings]
    network = networks.create("n")
    machine = instances.create("m", network.id, USER_DATA)
    for setting in settings:
        assert inside(machine, f"echo 7 >/proc/sys/{setting} && cat /proc/sys/{setting}") == (0, "7\n")
    assert [Path("/proc/sys", setting).read_text() for setting in settings] == before


def test_containerd_finds_control_groups_that_it_can_write_to_and_a_real_file_system() -> None:
    network = networks.create("n")
    machine = instances.create("m", network.id, USER_DATA)
    code, said = inside(machine, "for g in /sys/fs/cgroup/*/; do mkdir $g/probe && rmdir $g/probe || exit 1; done")
    assert (code, said) == (0, "")
    for folder in ("containerd", "kubelet", "etcd"):
        assert "overlay" not in inside(machine, f"stat -f -c %T /var/lib/{folder}")[1]


def killed_supervisor(machine: Machine) -> None:
    os.kill(machine.supervisor[0], signal.SIGKILL)


def killed_init(machine: Machine) -> None:
    os.kill(machine.leader[0], signal.SIGKILL)


def powered_off(machine: Machine) -> None:
    inside(machine, "systemctl poweroff --force --force")


@pytest.mark.parametrize("death", [killed_supervisor, killed_init, powered_off])
def test_a_dead_machine_is_seen_and_its_removal_leaves_nothing(death: Callable[[Machine], None]) -> None:
    network = networks.create("n")
    machine = instances.create("m", network.id, USER_DATA)
    death(machine)
    assert processes.wait_until(lambda: not instances.running(machine), 10)
    instances.delete(machine.id)
    networks.delete(network.id)
    assert cleanup.leftovers() == []


def test_a_stopped_machine_is_powered_off_in_order() -> None:
    network = networks.create("n")
    machine = instances.create("m", network.id, USER_DATA)
    assert processes.wait_until(lambda: booted(machine), 30)
    instances.stop(machine)
    assert not instances.running(machine)
    assert "Reached target poweroff.target" in instances.boot_log(machine).read_text()


def test_creating_again_takes_over_what_runs_and_was_asked_for_in_the_same_way() -> None:
    network = networks.create("n", urn="urn:n")
    assert networks.create("n", urn="urn:n") == network
    machine = instances.create("m", network.id, USER_DATA, urn="urn:m")
    assert instances.create("m", network.id, USER_DATA, urn="urn:m") == machine
    other = instances.create("m", network.id, USER_DATA + "# changed\n", urn="urn:m")
    assert other.id != machine.id
    assert [m.id for m in store.everything(Machine)] == [other.id]


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4])
def test_a_creation_that_was_killed_half_way_is_made_good_by_the_next(delay: float) -> None:
    network = networks.create("n")
    program = (
        f"from crosscloud.machines import instances; instances.create('m', {network.id!r}, {USER_DATA!r}, urn='urn:m')"
    )
    with subprocess.Popen(
        [os.environ.get("PYTHON", ".venv/bin/python"), "-c", program], cwd=Path(__file__).parents[3]
    ) as maker:
        assert processes.wait_until(lambda: store.everything(Machine) != [] or maker.poll() is not None, 20, step=0.005)
        time.sleep(delay)
        maker.kill()
    machine = instances.create("m", network.id, USER_DATA, urn="urn:m")
    assert [m.id for m in store.everything(Machine)] == [machine.id]
    assert processes.wait_until(lambda: booted(machine), 30)
    units = {line.split()[2] for line in cleanup.leftovers() if line.startswith("control group")}
    assert units == {machine.unit}


def test_purge_finds_what_no_record_knows(host: Path) -> None:
    network = networks.create("n")
    instances.create("m", network.id, USER_DATA)
    balancers.create(network.id, 6443, ["10.66.0.10"])
    for record in host.glob("machines/*/*/record.json"):
        record.unlink()
    assert cleanup.purge()
    assert cleanup.leftovers() == []


def test_names_of_machines_may_be_long_and_alike() -> None:
    network = networks.create("n")
    prefix = "a-name-that-is-as-long-as-a-name-may-be-in-the-input-" + "x" * 4
    assert len(prefix) == 57
    one, two = instances.create(prefix, network.id, USER_DATA), instances.create(prefix, network.id, USER_DATA)
    assert len(one.id) == 63
    assert one.link != two.link
    assert inside(one, f"ping -c1 -W3 {two.address}")[0] == 0


def test_a_machine_that_can_not_boot_fails_with_its_boot_log_and_leaves_nothing(host: Path) -> None:
    network = networks.create("n")
    base = next((host / "machines/images").glob("[!l]*"))
    broken = host / "broken"
    (broken / "root").mkdir(parents=True)
    base.unlink()
    base.symlink_to(broken)
    with pytest.raises(MachineError, match=r"(?s)ended while it booted.*boot log ends with"):
        instances.create("m", network.id, USER_DATA)
    assert store.everything(Machine) == []
    networks.delete(network.id)
    assert cleanup.leftovers() == []


def test_the_record_of_a_machine_holds_no_secret() -> None:
    network = networks.create("n")
    machine = instances.create("m", network.id, USER_DATA + "# keep-this-secret\n")
    text = (store.folder(Machine, machine.id) / "record.json").read_text()
    assert "keep-this-secret" not in text
    assert json.loads(text)["phase"] == "ready"
