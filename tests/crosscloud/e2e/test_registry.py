"""Asking a registry: against a real HTTP server on loopback."""

import hashlib
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest

from crosscloud.e2e import registry
from crosscloud.e2e.registry import RegistryError


def digest_of(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


CONFIG = "sha256:" + "c" * 64
MANIFEST = json.dumps({"config": {"digest": CONFIG}, "layers": []}).encode()
ATTESTATION = {"digest": "sha256:" + "a" * 64, "platform": {"os": "unknown", "architecture": "unknown"}}
PLATFORM = {"digest": digest_of(MANIFEST), "platform": {"os": "linux", "architecture": "amd64"}}
INDEX = json.dumps({"manifests": [PLATFORM, ATTESTATION]}).encode()


class Handler(BaseHTTPRequestHandler):
    """Serves the manifests; ``/guarded/`` wants the token that it gives to anyone."""

    pages: ClassVar[dict[str, bytes]] = {
        "/v2/some/image/manifests/single": MANIFEST,
        "/v2/some/image/manifests/multi": INDEX,
        f"/v2/some/image/manifests/{digest_of(MANIFEST)}": MANIFEST,
        "/v2/guarded/image/manifests/v1": MANIFEST,
        "/token?service=reg&scope=repository%3Aguarded%2Fimage%3Apull": b'{"token": "let-me-in"}',
    }

    def do_GET(self) -> None:
        guarded = self.path.startswith("/v2/guarded/")
        if guarded and self.headers.get("Authorization") != "Bearer let-me-in":
            self.send_response(401)
            host = self.headers["Host"]
            challenge = f'Bearer realm="http://{host}/token",service="reg",scope="repository:guarded/image:pull"'
            self.send_header("WWW-Authenticate", challenge)
            self.end_headers()
            return
        body = self.pages.get(self.path)
        self.send_response(200 if body else 404)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        pass


@pytest.fixture
def host() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_tag_is_its_manifest_and_its_configuration(host: str) -> None:
    assert registry.digests(f"{host}/some/image", "single") == {digest_of(MANIFEST), CONFIG}


def test_an_index_is_all_its_platforms_but_no_attestation(host: str) -> None:
    assert registry.digests(f"{host}/some/image", "multi") == {digest_of(INDEX), digest_of(MANIFEST), CONFIG}


def test_another_registry_may_stand_in_as_a_mirror_does(host: str) -> None:
    assert CONFIG in registry.digests("registry.example/some/image", "single", registry=host)


def test_a_registry_that_wants_a_token_is_asked_with_the_one_that_anyone_gets(host: str) -> None:
    assert CONFIG in registry.digests(f"{host}/guarded/image", "v1")


def test_a_tag_that_is_not_there_fails_with_where_it_was_looked_for(host: str) -> None:
    with pytest.raises(RegistryError, match=f"{host} can't be asked about some/image: Not Found"):
        registry.digests(f"{host}/some/image", "absent")


def test_a_registry_that_does_not_answer_fails() -> None:
    with pytest.raises(RegistryError, match=r"127\.0\.0\.1:1 can't be asked about x/y: .*refused"):
        registry.digests("x/y", "single", registry="127.0.0.1:1")


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("coredns/coredns", ("registry-1.docker.io", "coredns/coredns")),
        ("busybox", ("registry-1.docker.io", "library/busybox")),
        ("docker.io/library/busybox", ("registry-1.docker.io", "library/busybox")),
        ("quay.io/prometheus/prometheus", ("quay.io", "prometheus/prometheus")),
    ],
)
def test_a_name_tells_which_registry_is_asked(name: str, where: tuple[str, str]) -> None:
    assert registry._where(name, None) == where
