"""What a simulated cloud makes on this host, with real machines: what passes, what doesn't, and that all of it goes."""

import http.server
import shutil
import ssl
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from crosscloud.artifacts import registry as artifacts
from crosscloud.machines import cleanup, image, nft, processes, store
from crosscloud.machines.errors import MachineError
from crosscloud.machines.store import Machine
from crosscloud.plugins.simulated import OPERATOR, Allow, fabric
from tests.crosscloud.machines.conftest import images, inside  # noqa: F401 - a fixture

pytestmark = [pytest.mark.machines]

#: As large as a cloud's, and not the one that a rehearsal beside the tests has.
NETWORK, GATEWAY = "10.131.0.0/16", "10.131.0.1"
FIRST, SECOND = "10.131.1.7", "10.131.201.9"
NAME = "ip-10-131-1-7.ec2.internal"
INTERNAL = "10.131.40.9"
REGISTRY = 15007
#: A public address, as an elastic one is.
PUBLIC = "203.0.113.77"

SERVER = """#cloud-config
write_files:
  - path: /srv/server.py
    content: |
      import http.server, ssl, sys
      port, certificate = int(sys.argv[1]), sys.argv[2:]
      class Handler(http.server.BaseHTTPRequestHandler):
          def do_GET(self):
              self.send_response(200)
              self.end_headers()
              self.wfile.write(self.client_address[0].encode())
          def log_message(self, *arguments): pass
      server = http.server.ThreadingHTTPServer(("0.0.0.0", port), Handler)
      if certificate:
          context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
          context.load_cert_chain(certificate[0])
          server.socket = context.wrap_socket(server.socket, server_side=True)
      server.serve_forever()
runcmd:
  - openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=api -keyout /srv/key -out /srv/certificate 2>/dev/null
  - cat /srv/key /srv/certificate >/srv/both
  - for port in 8001 8002; do python3 /srv/server.py $port & done
  - python3 /srv/server.py 6443 /srv/both &
  - touch /run/served
"""


@pytest.fixture(scope="module")
def vpc(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:  # noqa: F811
    """A rehearsal of its own with two machines in a network that is shut; yields its folder."""
    place = tmp_path_factory.mktemp("a home")
    (place / "machines/images").mkdir(parents=True)
    base = images / image.packages_key()
    (place / "machines/images" / base.name).symlink_to(base)
    folder = place / "rehearsals/aws"
    folder.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSCLOUD_HOME", str(place))
        patch.setenv("CROSSCLOUD_REHEARSAL", str(folder))
        patch.delenv("CROSSCLOUD_REHEARSAL_MACHINES", raising=False)
        patch.delenv("CROSSCLOUD_REHEARSAL_FAULT", raising=False)
        patch.setattr(artifacts, "status", lambda: artifacts.Status(None, REGISTRY))
        try:
            fabric.network("vpc", NETWORK)
            fabric.boot("one", "vpc", hostname=NAME, address=FIRST, user_data=SERVER)
            fabric.boot("two", "vpc", hostname="worker", address=SECOND, user_data=SERVER.encode())
            for key in ("one", "two"):
                assert eventually(partial(served, key), 40)
            yield folder
        finally:
            cleanup.purge()
            assert cleanup.leftovers() == []


@contextmanager
def registry() -> Iterator[None]:
    """Something that answers where the network's gateway leads to, as this host's registry."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"registry")

        def log_message(self, *_arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", REGISTRY), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield
    server.shutdown()
    server.server_close()


def machine(key: str) -> Machine:
    (found,) = [one for one in store.everything(Machine) if one.urn == f"rehearsal:aws:{key}"]
    return found


def served(key: str) -> bool:
    return inside(machine(key), "test -e /run/served")[0] == 0


def get(key: str, url: str) -> str:
    code, said = inside(machine(key), f"curl -sSk -m 2 {url}")
    return said if code == 0 else ""


def fetch(address: str) -> str:
    """What this host gets from a load balancer, as whoever runs the program would."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with urllib.request.urlopen(f"https://{address}:443/", timeout=2, context=context) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def eventually(condition: Callable[[], object], seconds: float = 15) -> bool:
    return processes.wait_until(lambda: bool(condition()), seconds, step=0.2)


@pytest.fixture
def open_(vpc: Path) -> list[Allow]:  # noqa: ARG001 - it is what they are opened in
    """Two balancers and some rules; the first machine has no way out."""
    assert fabric.balance("nlb", "vpc", port=443, targets=[FIRST], target_port=6443, address=INTERNAL) == INTERNAL
    assert fabric.balance("elastic", "vpc", port=443, targets=[FIRST], target_port=6443, address=PUBLIC) == PUBLIC
    allows = [
        Allow(FIRST, NETWORK, "tcp", (8001, 8001)),
        Allow(FIRST, SECOND, "icmp"),
        Allow(SECOND, FIRST, "udp", (53, 53)),
        Allow(INTERNAL, FIRST, "tcp", (6443, 6443)),
        Allow(PUBLIC, FIRST, "tcp", (6443, 6443)),
        Allow(SECOND, INTERNAL, "tcp", (443, 443)),
        Allow(OPERATOR, PUBLIC, "tcp", (443, 443)),
    ]
    fabric.guard("vpc", allows, [SECOND])
    return allows


@pytest.mark.usefixtures("vpc")
def test_before_anything_is_allowed_nothing_passes() -> None:
    with registry():
        assert get("one", f"http://{SECOND}:8001/") == ""
        assert get("one", f"http://{GATEWAY}:5000/") == ""
        assert inside(machine("one"), f"ping -c1 -W1 {SECOND}")[0] != 0


@pytest.mark.usefixtures("vpc")
def test_a_machine_has_the_clouds_name_and_takes_its_images_from_this_host() -> None:
    assert inside(machine("one"), "hostname") == (0, f"{NAME}\n")
    hosts = inside(machine("one"), "cat /etc/containerd/certs.d/_default/hosts.toml")[1]
    assert f'server = "http://{GATEWAY}:5000"' in hosts
    assert fabric.machines("vpc") == ["one", "two"]


@pytest.mark.usefixtures("open_")
def test_an_allowed_port_answers_and_a_forgotten_one_does_not() -> None:
    assert get("one", f"http://{SECOND}:8001/") == FIRST
    assert get("one", f"http://{SECOND}:8002/") == "", "another port"
    assert get("two", f"http://{FIRST}:8001/") == "", "the other direction"
    assert inside(machine("one"), f"ping -c1 -W2 {SECOND}")[0] == 0


@pytest.mark.usefixtures("open_")
def test_the_reply_to_an_allowed_datagram_passes() -> None:
    answer = "import socket; s=socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('', 53)); print(flush=True)"
    answer += "; s.settimeout(9); s.sendto(b'pong', s.recvfrom(9)[1])"
    command = ["nsenter", "--target", str(machine("one").leader[0]), "--all", "--", "python3", "-c", answer]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"\n"
        ask = "import socket; s=socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(3)"
        ask += f"; s.sendto(b'ping', ('{FIRST}', 53)); print(s.recv(9))"
        assert inside(machine("two"), f'python3 -c "{ask}"') == (0, "b'pong'\n")


@pytest.mark.usefixtures("open_")
def test_only_a_machine_with_a_way_out_reaches_the_registry() -> None:
    with registry():
        assert get("two", f"http://{GATEWAY}:5000/") == "registry"
        assert get("one", f"http://{GATEWAY}:5000/") == ""


@pytest.mark.usefixtures("open_")
def test_a_balancer_is_reached_by_those_who_may_alone() -> None:
    assert eventually(lambda: get("two", f"https://{INTERNAL}:443/") == INTERNAL), "its target sees its address"
    assert get("one", f"https://{INTERNAL}:443/") == ""
    assert eventually(lambda: fetch(PUBLIC) == PUBLIC), "whoever runs the program"
    assert fetch(INTERNAL) == "", "but not by the inner door"


def test_what_is_asked_for_again_is_there_and_what_changed_is_taken_over(open_: list[Allow]) -> None:
    before = machine("one")
    fabric.network("vpc", NETWORK)
    fabric.boot("one", "vpc", hostname=NAME, address=FIRST, user_data=SERVER)
    assert machine("one") == before
    assert eventually(lambda: fetch(PUBLIC) == PUBLIC)
    assert fabric.balance("elastic", "vpc", port=443, targets=[SECOND], target_port=6443) == PUBLIC
    assert eventually(lambda: fetch(PUBLIC) == ""), "its target does not let it in"
    fabric.guard("vpc", [*open_, Allow(PUBLIC, SECOND, "tcp", (6443, 6443))], [])
    assert eventually(lambda: fetch(PUBLIC) == PUBLIC)


def test_ranges_and_addresses_that_are_in_use_are_refused(open_: list[Allow]) -> None:
    assert open_
    with pytest.raises(MachineError, match="overlaps what this host already uses"):
        fabric.network("another", "10.131.128.0/20")
    with pytest.raises(MachineError, match="taken by another machine"):
        fabric.boot("three", "vpc", hostname="three", address=FIRST, user_data=SERVER)
    with pytest.raises(MachineError, match="taken by another one"):
        fabric.balance("third", "vpc", port=443, targets=[], target_port=6443, address=INTERNAL)
    with pytest.raises(MachineError, match="still has"):
        fabric.remove_network("vpc")


def test_a_rehearsal_goes_without_a_trace_and_leaves_others_alone(vpc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL", str(vpc.parent / "gce"))
    assert fabric.leftovers() == []
    fabric.network("vpc", "10.132.0.0/24")
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL", str(vpc))
    fabric.halt("one")
    fabric.halt("one")
    assert not fabric.running("one")
    assert fabric.machines("vpc") == ["two"]
    assert fabric.purge()
    assert fabric.leftovers() == []
    (other,) = store.everything(store.Network)
    assert other.cidr == "10.132.0.0/24"
    assert [line for line in cleanup.leftovers() if other.id not in line and other.cidr not in line] == []

    # Its record lost, it is found by its name, with both of its tables.
    assert {other.table} <= nft.all_tables("ip") & nft.all_tables("bridge")
    shutil.rmtree(store.folder(store.Network, other.id))
    assert cleanup.purge()
    assert other.table not in nft.all_tables("bridge")
