"""Real networks on this host: what their machines reach, and what they don't."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crosscloud.machines import cleanup, instances, networks, nft, processes, settings, store
from crosscloud.machines.errors import MachineError
from crosscloud.machines.store import Network

from .conftest import inside

pytestmark = [pytest.mark.machines, pytest.mark.usefixtures("host")]

USER_DATA = "#cloud-config\n"


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


def test_a_network_goes_with_what_died_in_it_but_not_with_what_lives() -> None:
    network = networks.create("n")
    dead, living = instances.create("dead", network.id, USER_DATA), instances.create("living", network.id, USER_DATA)
    os.kill(dead.supervisor[0], signal.SIGKILL)
    assert processes.wait_until(lambda: not instances.running(dead), 10)
    with pytest.raises(MachineError, match=f"still has {living.id}"):
        cleanup.delete_network(network.id)
    assert instances.get(dead.id) is None
    instances.delete(living.id)
    cleanup.delete_network(network.id)
    assert cleanup.leftovers() == []


def test_a_network_whose_creation_was_killed_is_made_good_by_the_next() -> None:
    network = networks.create("n", urn="urn:n")
    subprocess.run(["ip", "link", "delete", network.bridge], check=True)
    network.phase = store.CREATING
    store.save(network)
    again = networks.create("n", urn="urn:n")
    assert again.id != network.id
    assert [n.id for n in store.everything(Network)] == [again.id]
    assert not any(network.table in line for line in cleanup.leftovers())


def test_networks_of_several_clusters_lie_side_by_side() -> None:
    ranges = {networks.create(f"n{number}").cidr for number in range(3)}
    assert len(ranges) == 3


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
