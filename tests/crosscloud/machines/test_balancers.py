"""Real load balancers on this host."""

import datetime
import json
import os
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from crosscloud.machines import balancers, cleanup, instances, networks, processes, store
from crosscloud.machines.errors import MachineError

pytestmark = [pytest.mark.machines, pytest.mark.usefixtures("host")]

SERVER = """
import http.server, pathlib, ssl, sys
name, status, port = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(status.read_text()) if self.path == "/readyz" else 200)
        self.end_headers()
        self.wfile.write(name.encode())
    def log_message(self, *arguments): pass
server = http.server.ThreadingHTTPServer((name, port), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[4])
server.socket = context.wrap_socket(server.socket, server_side=True)
print("up", flush=True)
server.serve_forever()
"""


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and a certificate that nobody has to trust."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "api")])
    now = datetime.datetime.now(datetime.UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = tmp_path / "api.pem"
    file.write_bytes(private + built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return file


@contextmanager
def api(address: str, status: Path, certificate: Path, bridge: str) -> Iterator[None]:
    """Serve as an API server would on ``address``; /readyz answers what is in the file ``status``."""
    subprocess.run(["ip", "address", "add", f"{address}/32", "dev", bridge], check=True)
    command = [sys.executable, "-c", SERVER, address, str(status), "6443", str(certificate)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == b"up\n"
            yield
        finally:
            server.kill()


def ask(balancer: store.Balancer) -> str:
    """Return who answers behind the load balancer, or "" if nobody does."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with urllib.request.urlopen(
            f"https://{balancer.address}:{balancer.port}/", timeout=5, context=context
        ) as answer:
            return str(answer.read().decode())
    except (urllib.error.URLError, OSError):
        return ""


def answering(balancer: store.Balancer) -> set[str]:
    return {ask(balancer) for _ in range(6)}


def test_only_targets_that_are_ready_get_connections(certificate: Path, tmp_path: Path) -> None:
    network = networks.create("n")
    one, two = (network.cidr.replace("0/24", end) for end in ("10", "11"))
    files = {address: tmp_path / address for address in (one, two)}
    files[one].write_text("401")
    files[two].write_text("500")
    with ExitStack() as stack:
        balancer = balancers.create(network.id, 6443, [one, two])
        for address, file in files.items():
            stack.enter_context(api(address, file, certificate, network.bridge))
        assert processes.wait_until(lambda: answering(balancer) == {one}, 10, step=0.2), "401 is ready, 500 is not"
        files[two].write_text("200")
        assert processes.wait_until(lambda: answering(balancer) == {one, two}, 10, step=0.2)
        balancers.update(balancer, [two])
        assert processes.wait_until(lambda: answering(balancer) == {two}, 10, step=0.2)


def test_a_machine_reaches_the_load_balancer_and_the_process_outlives_its_maker() -> None:
    program = (
        "import json; from crosscloud.machines import balancers, networks; n = networks.create('n');"
        "b = balancers.create(n.id, 6443, ['10.66.0.10']); print(json.dumps([n.id, b.id]))"
    )
    root = Path(__file__).parents[3]
    said = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True).stdout
    network_id, balancer_id = json.loads(said)
    balancer = balancers.get(balancer_id)
    assert balancer is not None
    machine = instances.create("m", network_id, "#cloud-config\n")
    reach = f"exec 3<>/dev/tcp/{balancer.address}/{balancer.port}"
    command = ["nsenter", "--target", str(machine.leader[0]), "--all", "--", "timeout", "5", "bash", "-c", reach]
    assert subprocess.run(command, check=False).returncode == 0


@pytest.mark.parametrize("worker", [False, True])
def test_a_load_balancer_that_was_killed_is_seen_and_made_again(worker: bool) -> None:
    network = networks.create("n")
    balancer = balancers.create(network.id, 6443, ["10.66.0.10"], urn="urn:lb")
    assert balancers.create(network.id, 6443, ["10.66.0.10"], urn="urn:lb").id == balancer.id
    members = processes.cgroup_members(balancer.unit) - {balancer.process[0]}
    os.kill(members.pop() if worker else balancer.process[0], signal.SIGKILL)
    assert processes.wait_until(lambda: balancers.get(balancer.id) is None, 5)
    again = balancers.create(network.id, 6443, ["10.66.0.10"], urn="urn:lb")
    assert [b.id for b in store.everything(store.Balancer)] == [again.id]
    assert again.address == balancer.address


def test_an_update_that_haproxy_refuses_leaves_the_old_one_running() -> None:
    network = networks.create("n")
    balancer = balancers.create(network.id, 6443, ["10.66.0.10"])
    with pytest.raises(MachineError, match="configure the load balancer"):
        balancers.update(balancer, ["no address at all"])
    assert balancers.get(balancer.id) is not None


def test_a_removed_load_balancer_leaves_no_address_behind() -> None:
    network = networks.create("n")
    balancer = balancers.create(network.id, 6443, ["10.66.0.10"])
    balancers.delete(balancer.id)
    listing = subprocess.run(
        ["ip", "address", "show", "dev", network.bridge], capture_output=True, text=True, check=True
    )
    assert balancer.address not in listing.stdout
    networks.delete(network.id)
    assert cleanup.leftovers() == []
