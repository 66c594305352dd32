"""A new cluster is believed only when the bootstrap token proves it."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from crosscloud.plugins.crosscloud import discovery

TOKEN = "abcdef.0123456789abcdef"


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(document: str, token: str = TOKEN) -> str:
    """Sign as the cluster's bootstrap signer does: a JWS whose payload is left out."""
    name, _, secret = token.partition(".")
    header = encode(json.dumps({"alg": "HS256", "kid": name}).encode())
    mac = hmac.digest(secret.encode(), f"{header}.{encode(document.encode())}".encode(), hashlib.sha256)
    return f"{header}..{encode(mac)}"


def certificate(folder: Path) -> tuple[Path, Path]:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a cluster")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(hours=1))
        .not_valid_after(datetime.now(UTC) + timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key").write_bytes(pem)
    return folder / "crt", folder / "key"


class ApiServer(HTTPServer):
    """Answers with one document, as an API server does that nobody can verify yet."""

    data: dict[str, Any]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, ApiServer)
        body = json.dumps({"data": self.server.data}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ApiServer]:
    crt, key = certificate(tmp_path)
    made = ApiServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, key)
    made.socket = context.wrap_socket(made.socket, server_side=True)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    cluster = {"certificate-authority-data": base64.b64encode(b"the CA").decode(), "server": "https://here"}
    document = yaml.safe_dump({"clusters": [{"name": "", "cluster": cluster}]})
    made.data = {"kubeconfig": document, "jws-kubeconfig-abcdef": signed(document)}
    yield made
    made.shutdown()
    made.server_close()


def ask(server: ApiServer) -> str:
    return discovery.certificate_authority(f"127.0.0.1:{server.server_port}", TOKEN)


def test_a_document_signed_with_the_token_gives_the_ca(server: ApiServer) -> None:
    assert ask(server) == "the CA"


def test_a_document_that_was_changed_is_not_believed(server: ApiServer) -> None:
    server.data["kubeconfig"] += "# changed"
    with pytest.raises(discovery.DiscoveryError, match="signature"):
        ask(server)


def test_a_signature_by_another_token_is_not_believed(server: ApiServer) -> None:
    server.data["jws-kubeconfig-abcdef"] = signed(server.data["kubeconfig"], "abcdef.aaaaaaaaaaaaaaaa")
    with pytest.raises(discovery.DiscoveryError, match="signature"):
        ask(server)


def test_a_signature_of_no_algorithm_is_not_believed(server: ApiServer) -> None:
    header = encode(json.dumps({"alg": "none", "kid": "abcdef"}).encode())
    server.data["jws-kubeconfig-abcdef"] = f"{header}.."
    with pytest.raises(discovery.DiscoveryError, match="signature"):
        ask(server)


def test_a_cluster_of_another_token_is_told_apart(server: ApiServer) -> None:
    server.data["jws-kubeconfig-zzzzzz"] = server.data.pop("jws-kubeconfig-abcdef")
    with pytest.raises(discovery.DiscoveryError, match="not signed for this cluster's token"):
        ask(server)


def test_silence_is_said_to_be_silence() -> None:
    with pytest.raises(discovery.DiscoveryError, match=r"127\.0\.0\.1:1 does not answer"):
        discovery.certificate_authority("127.0.0.1:1", TOKEN)
