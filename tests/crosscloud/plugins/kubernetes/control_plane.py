"""A control plane without nodes: etcd, the API server, the controllers and the scheduler, on loopback."""

import base64
import datetime
import ipaddress
import os
import signal
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from crosscloud.artifacts import run
from crosscloud.artifacts.catalogue.release import KUBERNETES
from crosscloud.artifacts.catalogue.support import ETCD
from crosscloud.paths import home
from crosscloud.plugins.kubernetes.helm import mortal

_PATIENCE = 90


@dataclass(frozen=True)
class ControlPlane:
    """A running control plane and how to reach it as its administrator."""

    server: str
    kubeconfig: str


class _Silent:
    def started(self, *_: object) -> None: ...
    def finished(self, *_: object) -> None: ...
    def failed(self, _project: object, error: Exception) -> None:
        raise error


def binary(project: str, name: str) -> Path:
    """Return a binary of the release under test, building it when there is none yet."""
    built = sorted((home() / "artifacts" / project).glob(f"*/bin/{name}"), key=lambda p: p.stat().st_mtime)
    if not built:
        run.build_all([{"kubernetes": KUBERNETES, "etcd": ETCD}[project]], run.Options(), _Silent())
        built = sorted((home() / "artifacts" / project).glob(f"*/bin/{name}"))
    return built[-1]


@contextmanager
def running(folder: Path) -> Iterator[ControlPlane]:
    """Run a control plane whose data and keys are in ``folder``, until the end of the block."""
    ports = {name: _free_port() for name in ("etcd", "peer", "api", "controllers", "scheduler")}
    _write_keys(folder)
    plane = ControlPlane(f"https://127.0.0.1:{ports['api']}", _kubeconfig(folder, ports["api"]))
    (folder / "kubeconfig").write_text(plane.kubeconfig)
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for name, command in _commands(folder, ports).items():
            with (folder / f"{name}.log").open("wb") as log:
                # Its own session: what a test's Ctrl-C means for it is decided here, not by the terminal. Killed tests
                # take it with them.

                processes.append(
                    subprocess.Popen([*mortal(), *command], stdout=log, stderr=log, start_new_session=True)
                )
            if name == "kube-apiserver":
                _wait_until_ready(plane.server, folder, processes)
        yield plane
    finally:
        for process in processes:  # nothing of it is kept; asked to end, an API server waits for its watches for 10 s
            process.kill()
        for process in processes:
            process.wait()


def _commands(folder: Path, ports: dict[str, int]) -> dict[str, list[str]]:
    hyperkube, etcd = str(binary("kubernetes", "hyperkube")), str(binary("etcd", "etcd"))
    key, certificate = str(folder / "server.key"), str(folder / "server.crt")
    client, peer = f"http://127.0.0.1:{ports['etcd']}", f"http://127.0.0.1:{ports['peer']}"
    admin = f"--kubeconfig={folder / 'kubeconfig'}"
    return {
        "etcd": [
            etcd,
            f"--data-dir={folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
        ],
        "kube-apiserver": [
            hyperkube,
            "kube-apiserver",
            f"--etcd-servers={client}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            f"--secure-port={ports['api']}",
            f"--tls-cert-file={certificate}",
            f"--tls-private-key-file={key}",
            f"--client-ca-file={folder / 'ca.crt'}",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--authorization-mode=RBAC",
            f"--cert-dir={folder / 'certificates'}",
        ],
        "kube-controller-manager": [
            hyperkube,
            "kube-controller-manager",
            admin,
            f"--secure-port={ports['controllers']}",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
            f"--service-account-private-key-file={key}",
            "--use-service-account-credentials=false",
            f"--cert-dir={folder / 'certificates'}",
        ],
        "kube-scheduler": [
            hyperkube,
            "kube-scheduler",
            admin,
            f"--secure-port={ports['scheduler']}",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
            f"--cert-dir={folder / 'certificates'}",
        ],
    }


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_ready(server: str, folder: Path, processes: list[subprocess.Popen[bytes]]) -> None:
    context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    context.load_cert_chain(folder / "admin.crt", folder / "admin.key")
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            with urllib.request.urlopen(f"{server}/readyz", context=context, timeout=5):  # noqa: S310 - https
                return
        except OSError:
            if time.monotonic() > end or processes[-1].poll() is not None:
                raise RuntimeError((folder / "kube-apiserver.log").read_text()[-3000:]) from None
            time.sleep(0.2)


def _write_keys(folder: Path) -> None:
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("test-ca", authority_key, "test-ca", authority_key)
    _store(folder / "ca.crt", authority.public_bytes(serialization.Encoding.PEM))
    for name, subject, group in (("server", "kube-apiserver", ""), ("admin", "admin", "system:masters")):
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(subject, key, "test-ca", authority_key, group)
        _store(folder / f"{name}.crt", made.public_bytes(serialization.Encoding.PEM))
        _store(
            folder / f"{name}.key",
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
            ),
        )


def _store(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    group: str = "",
) -> x509.Certificate:
    attributes = [x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]
    if group:
        attributes.append(x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, group))
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(attributes))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=name == issuer, path_length=None), critical=True)
    )
    if name != issuer:
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _kubeconfig(folder: Path, port: int) -> str:
    def encoded(name: str) -> str:
        return base64.b64encode((folder / name).read_bytes()).decode()

    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [
            {
                "name": "test",
                "cluster": {
                    "server": f"https://127.0.0.1:{port}",
                    "certificate-authority-data": encoded("ca.crt"),
                },
            }
        ],
        "users": [
            {
                "name": "admin",
                "user": {
                    "client-certificate-data": encoded("admin.crt"),
                    "client-key-data": encoded("admin.key"),
                },
            }
        ],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
    }
    return yaml.safe_dump(document)


if __name__ == "__main__":  # for trying things by hand: runs until it is interrupted
    import tempfile

    with tempfile.TemporaryDirectory() as chosen, running(Path(chosen)) as made:
        print(f"export KUBECONFIG={chosen}/kubeconfig  # {made.server}, pid {os.getpid()}", flush=True)
        signal.pause()
