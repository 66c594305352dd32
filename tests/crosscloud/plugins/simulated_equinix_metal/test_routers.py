"""A metro's routers at work: devices are network namespaces here, with the very scripts that machines run."""

import json
import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crosscloud import paths
from crosscloud.machines import commands, networks, processes, store
from crosscloud.machines.errors import MachineError
from crosscloud.plugins.simulated import fabric
from crosscloud.plugins.simulated.fabric_host import network_of
from crosscloud.plugins.simulated_equinix_metal import metro, routers, service

from .conftest import OPERATOR, PROJECT, Metal

pytestmark = [pytest.mark.machines]

TEMPLATES = paths.ROOT / "crosscloud/bootstrap/templates"
SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#: An API server of sorts: it says who it is and who asks; ready as long as the file is there.
API = """
import http.server, pathlib, socketserver, ssl, sys
name, folder = sys.argv[1], pathlib.Path(sys.argv[2])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        ready = (folder / "ready").exists()
        self.send_response(200 if ready else 500)
        self.end_headers()
        self.wfile.write(f"{name} {self.client_address[0]}".encode())
    def log_message(self, *arguments): pass
class Server(http.server.ThreadingHTTPServer):
    server_bind = socketserver.TCPServer.server_bind  # the other one asks for names, where nobody knows any
server = Server(("0.0.0.0", 6443), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder.parent / "certificate.pem", folder.parent / "key.pem")
# A client whose packets no longer come must not keep the others waiting: each shakes hands in a thread of its own.
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
"""


class Device:
    """A namespace on the bridge that does what a control plane does of BGP."""

    def __init__(self, name: str, address: str, elastic_ip: str, place: Any, scratch: Path) -> None:
        self.name, self.address, self.folder = name, address, scratch / name
        self.folder.mkdir()
        self._running: list[subprocess.Popen[bytes]] = []
        network = network_of(place.id)
        assert network
        self.namespace = self._start("unshare", "--net", "--", "sleep", "600", inside=False)
        own = Path("/proc/self/ns/net").stat().st_ino
        pid = self.namespace.pid
        assert processes.wait_until(lambda: Path(f"/proc/{pid}/ns/net").stat().st_ino != own, 5)
        self.link = f"t{pid}"
        _ip("link", "add", self.link, "type", "veth", "peer", "name", "bond0", "netns", str(pid))
        _ip("link", "set", self.link, "master", network.bridge, "up")
        for step in ("link set lo up", "link set bond0 up", f"address add {address}/24 dev bond0"):
            self.run("ip", *step.split())
        self.run("ip", "route", "add", "default", "via", network.gateway)
        for target in (elastic_ip, "169.254.255.1", "169.254.255.2"):
            self.run("ip", "route", "add", target, "via", place.outputs["router"], "src", address)
        (self.folder / "cluster.env").write_text(f"ELASTIC_IP={elastic_ip}\n")

    def run(self, *command: str) -> str:
        """Run a command in the namespace."""
        return commands.run(["nsenter", "-t", str(self.namespace.pid), "-n", "--", *command], purpose="try it")

    def serve(self) -> None:
        """Run the BGP daemon, an API, and what holds the address while that is ready."""
        (self.folder / "api.py").write_text(API)
        (self.folder / "ready").touch()
        keeper = (TEMPLATES / "elastic-ip-keeper.sh").read_text()
        keeper = keeper.replace("/etc/crosscloud", str(self.folder)).replace("/run/crosscloud-bgp", str(self.folder))
        (self.folder / "keeper.sh").write_text(keeper.replace("/run/crosscloud", str(self.folder)))
        self._start(sys.executable, "api.py", self.name, str(self.folder))
        self.bird = self._start("bird", "-f", "-c", "bird.conf", "-s", "control")
        self._start("bash", "keeper.sh")

    def end(self) -> None:
        """End everything of it at once, as a machine that dies."""
        for process in [*self._running[1:], self._running[0]]:
            process.kill()
            process.wait()

    def _start(self, *command: str, inside: bool = True) -> "subprocess.Popen[bytes]":
        within = ("nsenter", "-t", str(self.namespace.pid), "-n", "--") if inside else ()
        log = (self.folder / "log").open("ab")
        process = subprocess.Popen([*within, *command], cwd=self.folder, stdout=log, stderr=log, env={"PATH": SYSTEM})
        self._running.append(process)
        return process


@pytest.fixture
def real(metal: Metal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Metal]:
    """The same with a bridge and routers; devices boot nothing, since namespaces stand for them."""
    if os.geteuid() != 0 or shutil.which("bird", path=SYSTEM) is None:
        pytest.skip("needs root, and bird")
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_MACHINES", "yes")
    monkeypatch.setattr(metro, "boot", lambda *_: None)
    yield metal
    service.stop(metal.folder)
    fabric.purge()


def _ip(*arguments: str) -> None:
    commands.run(["ip", *arguments], purpose="make a link")


def _ask(address: str, device: Device | None = None) -> list[str]:
    """Return who answers at the address and whom they take the asking device, or this host, for; or nothing."""
    within = ["nsenter", "-t", str(device.namespace.pid), "-n", "--"] if device else []
    command = ["curl", "-sk", "--connect-timeout", "0.4", "--max-time", "2", f"https://{address}:6443/"]
    return subprocess.run([*within, *command], capture_output=True, text=True, check=False).stdout.split()


def _who(address: str) -> set[str]:
    """Return all who answer, one connection after the other; "" stands for nobody."""
    return {(_ask(address) or [""])[0] for _ in range(8)}


def _eventually(seconds: float, what: str, condition: Callable[[], bool]) -> float:
    started = time.monotonic()
    assert processes.wait_until(condition, seconds, step=0.1), what
    return time.monotonic() - started


def _metadata(real: Metal, device: Device, elastic_ip: str) -> str:
    """Return what the metadata script makes of the service's answer, asked from the device's namespace."""
    (folder,) = real.folder.glob("routers/*")
    ask = textwrap.dedent("""
        import socket, ssl, sys
        genuine = socket.getaddrinfo
        router = sys.argv.pop(1)
        socket.getaddrinfo = lambda host, *more, **named: genuine(router, *more, **named)
        import runpy
        runpy.run_path(sys.argv.pop(1), run_name="__main__")
    """)
    trust = f"SSL_CERT_FILE={folder / 'authority.pem'}"
    place = json.loads((folder / "settings.json").read_text())
    script = [sys.executable, "-c", ask, place["address"], str(TEMPLATES / "metadata.py"), "bird", elastic_ip]
    found: list[str] = []

    def answers() -> bool:
        try:
            found.append(device.run("env", "-i", f"PATH={SYSTEM}", trust, *script))
        except MachineError:
            return False
        return True

    assert processes.wait_until(answers, 10, step=0.2), "the metadata service answers"
    return found[0]


def test_the_address_is_always_at_a_control_plane_that_is_ready(real: Metal, tmp_path: Path) -> None:
    elastic_ip = real.block()["address"]
    devices = []
    for name in ("one", "two"):
        made, outputs = real.device(name)
        real.make("BgpSession", name, deviceId=made, addressFamily="ipv4")
        place = metro.network(real.cloud, PROJECT, "da")
        devices.append(Device(name, outputs["accessPrivateIpv4"], elastic_ip, place, tmp_path))
    one, two = devices
    (folder,) = real.folder.glob("routers/*")
    for file in ("certificate.pem", "key.pem"):
        shutil.copy(folder / file, tmp_path)
    try:
        assert _ask(elastic_ip) == []  # nobody announces it: refused at once, and not sent to anyone's network
        for device in devices:
            (device.folder / "bird.conf").write_text(_metadata(real, device, elastic_ip))
        one.serve()
        # It is asked as by everyone from outside: from a public address.
        _eventually(40, "one announces the address", lambda: _ask(elastic_ip) == ["one", OPERATOR])
        # A machine that isn't ready goes by the routers, from its private address.
        _eventually(5, "two reaches one", lambda: _ask(elastic_ip, two) == ["one", two.address])
        two.serve()
        _eventually(40, "both share what comes", lambda: _who(elastic_ip) >= {"one", "two"})
        # One that is no longer ready takes the address back by itself, and reaches the API at the other one.
        (one.folder / "ready").unlink()
        _eventually(40, "one gives the address back", lambda: _who(elastic_ip) == {"two"})
        _eventually(5, "one reaches two", lambda: _ask(elastic_ip, one) == ["two", one.address])
        # One that dies without a word is left by the routers when its hold time is over.
        (one.folder / "ready").touch()
        _eventually(40, "both again", lambda: _who(elastic_ip) >= {"one", "two"})
        _ip("link", "set", two.link, "down")
        took = _eventually(25, "two is left", lambda: _who(elastic_ip) == {"one"})
        assert took > 4, "what had ended two's sessions before their time was over?"
    finally:
        for device in devices:
            device.end()


def test_routers_end_with_their_network_and_leave_nothing(real: Metal) -> None:
    device, _ = real.device()
    place = metro.network(real.cloud, PROJECT, "da")
    network = network_of(place.id)
    assert network
    (folder,) = real.folder.glob("routers/*")
    process = json.loads((folder / "process.json").read_text())["process"]
    assert processes.alive(process)
    # As after a rehearsal that was cut off: the bridge is removed by whoever cleans up.
    networks.delete(network.id)
    _eventually(5, "the routers end by themselves", lambda: not processes.alive(process))
    real.delete("Device", device)
    assert not processes.cgroup_folders(f"crosscloud-{store.home_key()}-rt-{network.id}")
    assert not Path(f"/sys/class/net/rt-{network.id}").exists()
    assert routers._process(folder) == []
