"""Real machines on this host: what they reach, what survives, and that nothing stays behind."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crosscloud.machines import balancers, cleanup, instances, networks, nft, processes, settings, store
from crosscloud.machines.errors import MachineError
from crosscloud.machines.store import Machine, Network

from .conftest import inside

pytestmark = [pytest.mark.machines, pytest.mark.usefixtures("host")]

USER_DATA = """#cloud-config
write_files:
  - {path: /etc/greeting, content: hello, permissions: "0600"}
runcmd:
  - [sh, -c, "echo to-the-log-$(cat /etc/greeting); echo complaint >&2; touch /run/done"]
"""


@contextmanager
def listener(address: str, port: int, answer: str = "answer") -> Iterator[None]:
    """Serve ``answer`` over HTTP on this host."""
    code = (
        "import http.server,sys\n"
        "class H(http.server.BaseHTTPRequestHandler):\n"
        "  def do_GET(self): self.send_response(200); self.end_headers(); self.wfile.write(sys.argv[3].encode())\n"
        "  def log_message(self, *a): pass\n"
        "s=http.server.HTTPServer((sys.argv[1], int(sys.argv[2])), H); print('up', flush=True); s.serve_forever()"
    )
    with subprocess.Popen(["python3", "-c", code, address, str(port), answer], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"up\n"
        try:
            yield
        finally:
            server.kill()


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


def test_machines_of_a_network_reach_each_other_and_the_forwarded_port_only() -> None:
    network = networks.create("n", outbound=False, host_ports={"5000": 15001})
    one, two = (instances.create(name, network.id, USER_DATA) for name in ("one", "two"))
    assert inside(one, f"ping -c1 -W3 {two.address}")[0] == 0
    assert inside(two, f"ping -c1 -W3 {one.address}")[0] == 0
    with listener("127.0.0.1", 15001, "the registry"), listener("0.0.0.0", 15002):  # noqa: S104 - on purpose
        assert inside(one, f"curl -sS -m5 http://{network.gateway}:5000/") == (0, "the registry")
        assert inside(one, f"curl -sS -m1 http://{network.gateway}:15001/")[0] != 0, "only by the forwarded port"
        assert inside(one, f"curl -sS -m1 http://{network.gateway}:15002/")[0] != 0, "no other port of the host"


def test_a_machine_cannot_walk_into_the_hosts_loopback() -> None:
    network = networks.create("n", host_ports={"5000": 15001})
    machine = instances.create("m", network.id, USER_DATA)
    # The machine gives its own 127.0.0.1 up, so that what it sends there goes to the gateway.
    walk = (
        "ip address flush dev lo; echo 1 >/proc/sys/net/ipv4/conf/host0/route_localnet; "
        f"ip route add 127.0.0.1 via {network.gateway} src {machine.address}; curl -sS -m1 http://127.0.0.1:15003/"
    )
    with listener("127.0.0.1", 15003):
        assert inside(machine, walk)[0] != 0
        script = f"flush chain ip {network.table} spoofed\nflush chain ip {network.table} host\n"
        subprocess.run(["nft", "-f", "-"], input=script, text=True, check=True)
        assert inside(machine, "curl -sS -m5 http://127.0.0.1:15003/") == (0, "answer"), "it is the guard that holds"


def test_forwarded_ports_are_changed_in_place() -> None:
    network = networks.create("n", host_ports={"5000": 15001})
    machine = instances.create("m", network.id, USER_DATA)
    with listener("127.0.0.1", 15004, "the new one"):
        networks.update(network, host_ports={"80": 15004})
        assert inside(machine, f"curl -sS -m5 http://{network.gateway}/") == (0, "the new one")
        assert inside(machine, f"curl -sS -m1 http://{network.gateway}:5000/")[0] != 0


@contextmanager
def outside() -> Iterator[str]:
    """A network beyond this host, with something that answers pings; yields its address."""
    name = f"cct{os.getpid()}"
    steps = [
        f"ip netns add {name}",
        f"ip link add {name}h type veth peer name {name}o",
        f"ip link set {name}o netns {name}",
        f"ip address add 198.51.100.1/30 dev {name}h",
        f"ip link set {name}h up",
        f"ip -n {name} address add 198.51.100.2/30 dev {name}o",
        f"ip -n {name} link set {name}o up",
    ]
    try:
        for step in steps:
            subprocess.run(step.split(), check=True)
        yield "198.51.100.2"
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=False)
        subprocess.run(["ip", "link", "delete", f"{name}h"], check=False, capture_output=True)


def test_only_a_network_with_outbound_has_a_way_out_and_none_has_one_into_another() -> None:
    before = Path("/proc/sys/net/ipv4/ip_forward").read_text()
    open_, closed = networks.create("open", outbound=True), networks.create("closed", outbound=False)
    free, shut = instances.create("free", open_.id, USER_DATA), instances.create("shut", closed.id, USER_DATA)
    with outside() as address:
        # Pings carry the host's address outside, or there would be no way back to them.
        assert inside(free, f"ping -c1 -W3 {address}")[0] == 0
        assert inside(shut, f"ping -c1 -W1 {address}")[0] != 0
    assert inside(free, f"ping -c1 -W1 {shut.address}")[0] != 0
    assert inside(shut, f"ping -c1 -W1 {free.address}")[0] != 0
    cleanup.purge()
    assert Path("/proc/sys/net/ipv4/ip_forward").read_text() == before


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


def test_a_network_goes_with_what_died_in_it_but_not_with_what_lives() -> None:
    network = networks.create("n")
    dead, living = instances.create("dead", network.id, USER_DATA), instances.create("living", network.id, USER_DATA)
    killed_supervisor(dead)
    assert processes.wait_until(lambda: not instances.running(dead), 10)
    with pytest.raises(MachineError, match=f"still has {living.id}"):
        cleanup.delete_network(network.id)
    assert instances.get(dead.id) is None
    instances.delete(living.id)
    cleanup.delete_network(network.id)
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


def test_a_network_whose_creation_was_killed_is_made_good_by_the_next() -> None:
    network = networks.create("n", urn="urn:n")
    subprocess.run(["ip", "link", "delete", network.bridge], check=True)
    network.phase = store.CREATING
    store.save(network)
    again = networks.create("n", urn="urn:n")
    assert again.id != network.id
    assert [n.id for n in store.everything(Network)] == [again.id]
    assert not any(network.table in line for line in cleanup.leftovers())


def test_purge_finds_what_no_record_knows(host: Path) -> None:
    network = networks.create("n")
    instances.create("m", network.id, USER_DATA)
    balancers.create(network.id, 6443, ["10.66.0.10"])
    for record in host.glob("machines/*/*/record.json"):
        record.unlink()
    assert cleanup.purge()
    assert cleanup.leftovers() == []


def test_networks_of_several_clusters_lie_side_by_side() -> None:
    ranges = {networks.create(f"n{number}").cidr for number in range(3)}
    assert len(ranges) == 3


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


def test_what_the_host_allows_too_little_of_is_raised_while_there_are_networks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    low, high = tmp_path / "low", tmp_path / "high"
    low.write_text("128\n")
    high.write_text("4096\n")
    some, other = settings.Setting("trial", low, 1024), settings.Setting("trial2", high, 1024)
    monkeypatch.setattr(settings, "_ALL", (some, other))
    monkeypatch.setattr(nft, "tables", lambda: {"crosscloud-of-another-checkout"})
    try:
        for setting in (some, other, some):
            settings.ensure(setting)
        assert (low.read_text(), high.read_text()) == ("1024", "4096\n")
        settings.restore()
        assert low.read_text() == "1024", "a network of another checkout still needs it"
    finally:
        monkeypatch.setattr(nft, "tables", set)
        settings.restore()
    assert (low.read_text(), high.read_text()) == ("128", "4096\n")
    assert settings.before(some) is None
