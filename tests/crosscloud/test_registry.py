"""Asking a registry: against an HTTP server on loopback that answers as one."""

import base64
import hashlib
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest

from crosscloud import registry
from crosscloud.registry import MissingError, RegistryError


def digest_of(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


CONFIG = "sha256:" + "c" * 64
MANIFEST = json.dumps({"config": {"digest": CONFIG}, "layers": []}).encode()
ATTESTATION = {"digest": "sha256:" + "a" * 64, "platform": {"os": "unknown", "architecture": "unknown"}}
PLATFORM = {"digest": digest_of(MANIFEST), "platform": {"os": "linux", "architecture": "amd64"}}
INDEX = json.dumps({"manifests": [PLATFORM, ATTESTATION]}).encode()
OUTER = json.dumps({"manifests": [{"digest": digest_of(INDEX)}]}).encode()
PASSWORD = base64.b64encode(b"robot:secret").decode()


class Handler(BaseHTTPRequestHandler):
    """Serves the manifests; ``/guarded/`` wants the token that it gives to anyone, ``/private/`` a password."""

    pages: ClassVar[dict[str, bytes]] = {
        "/v2/some/image/manifests/single": MANIFEST,
        "/v2/some/image/manifests/multi": INDEX,
        "/v2/some/image/manifests/outer": OUTER,
        f"/v2/some/image/manifests/{digest_of(INDEX)}": INDEX,
        f"/v2/some/image/manifests/{digest_of(MANIFEST)}": MANIFEST,
        "/v2/some/image/manifests/page": b"<html>please log in</html>",
        "/v2/some/image/manifests/list": b"[]",
        "/v2/guarded/image/manifests/v1": MANIFEST,
        "/v2/private/image/manifests/v1": MANIFEST,
        "/token?service=reg&scope=repository%3Aguarded%2Fimage%3Apull": b'{"token": "let-me-in"}',
    }

    #: What it says to all else, and how long it wants to be left alone then.
    absent: ClassVar[int] = 404
    retry_after: ClassVar[str] = ""
    #: What it says to HEAD: nothing special, a status, or an answer without the digest.
    head: ClassVar[int | None] = None
    tells: ClassVar[bool] = True
    #: The manifests that were asked for, and how.
    asked: ClassVar[list[str]] = []

    def do_HEAD(self) -> None:
        if self.head is None:
            self.do_GET()
            return
        self.send_response(self.head)
        self.end_headers()

    def do_GET(self) -> None:
        if self.path.startswith("/v2/"):
            self.asked.append(self.command)
        guarded = self.path.startswith("/v2/guarded/")
        if guarded and self.headers.get("Authorization") != "Bearer let-me-in":
            self.send_response(401)
            host = self.headers["Host"]
            challenge = f'Bearer realm="http://{host}/token",service="reg",scope="repository:guarded/image:pull"'
            self.send_header("WWW-Authenticate", challenge)
            self.end_headers()
            return
        if self.path.startswith("/v2/private/") and self.headers.get("Authorization") != f"Basic {PASSWORD}":
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="private"')
            self.end_headers()
            return
        body = self.pages.get(self.path)
        self.send_response(200 if body else self.absent)
        if body in (MANIFEST, INDEX) and self.tells:
            self.send_header("Docker-Content-Digest", digest_of(body))
        if not body and self.retry_after:
            self.send_header("Retry-After", self.retry_after)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body or b"")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        pass


@pytest.fixture(autouse=True)
def login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where `docker login` keeps credentials; nobody is logged in."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("DOCKER_AUTH_CONFIG", raising=False)
    return tmp_path / "config.json"


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Handler, "asked", [])
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


def test_an_index_of_indexes_is_all_that_is_in_them(host: str) -> None:
    every = {digest_of(OUTER), digest_of(INDEX), digest_of(MANIFEST), CONFIG}
    assert registry.digests(f"{host}/some/image", "outer") == every


def test_another_registry_may_stand_in_as_a_mirror_does(host: str) -> None:
    assert CONFIG in registry.digests("registry.example/some/image", "single", registry=host)


def test_a_registry_that_wants_a_token_is_asked_with_the_one_that_anyone_gets(host: str) -> None:
    assert CONFIG in registry.digests(f"{host}/guarded/image", "v1")


def test_the_digest_of_a_tag_is_that_of_its_manifest_or_index(host: str) -> None:
    assert registry.digest(f"{host}/some/image", "single") == digest_of(MANIFEST)
    assert registry.digest(f"{host}/some/image", "multi") == digest_of(INDEX)
    assert registry.digest("registry.example/some/image", "single", registry=host) == digest_of(MANIFEST)


@pytest.mark.parametrize("tag", ["some/image:single", "some/image:multi", "guarded/image:v1"])
def test_a_digest_takes_no_pull(host: str, tag: str) -> None:
    """Docker Hub counts each GET of a manifest, and few of them are free."""
    name, _, reference = tag.partition(":")
    registry.digest(f"{host}/{name}", reference)
    assert set(Handler.asked) == {"HEAD"}


@pytest.mark.parametrize(
    "answer", [{"head": 405}, {"head": 501}, {"head": 403}, {"tells": False}], ids=["405", "501", "403", "no digest"]
)
def test_a_registry_that_takes_no_head_is_asked_for_the_manifest(
    host: str, monkeypatch: pytest.MonkeyPatch, answer: dict[str, int]
) -> None:
    for name, value in answer.items():
        monkeypatch.setattr(Handler, name, value)
    assert registry.digest(f"{host}/some/image", "single") == digest_of(MANIFEST)
    assert Handler.asked[-1] == "GET"


@pytest.mark.parametrize("status", [404, 429, 503])
def test_what_head_says_is_not_asked_again_by_get(host: str, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setattr(Handler, "head", status)
    with pytest.raises(RegistryError):
        registry.digest(f"{host}/some/image", "single")
    assert Handler.asked == []


def test_a_rate_limit_says_how_long_it_lasts(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Handler, "absent", 429)
    monkeypatch.setattr(Handler, "retry_after", "3600")
    with pytest.raises(RegistryError, match="about some/image: Too Many Requests, for 3600 s") as caught:
        registry.digest(f"{host}/some/image", "absent")
    assert caught.value.after == 3600


def test_a_tag_that_is_not_there_is_missing_and_that_is_final(host: str) -> None:
    with pytest.raises(MissingError, match=f"{host} has no some/image:absent") as caught:
        registry.digests(f"{host}/some/image", "absent")
    assert not caught.value.passing


def test_a_registry_that_does_not_answer_may_do_so_later() -> None:
    with pytest.raises(RegistryError, match=r"127\.0\.0\.1:1 can't be asked about x/y: .*refused") as caught:
        registry.digests("x/y", "single", registry="127.0.0.1:1")
    assert caught.value.passing


@pytest.mark.parametrize(("status", "passing"), [(429, True), (503, True), (400, False), (403, False)])
def test_another_try_is_worth_while_only_after_faults_that_pass(
    host: str, monkeypatch: pytest.MonkeyPatch, status: int, passing: bool
) -> None:
    monkeypatch.setattr(Handler, "absent", status)
    with pytest.raises(RegistryError) as caught:
        registry.digest(f"{host}/some/image", "absent")
    assert caught.value.passing is passing
    assert not isinstance(caught.value, MissingError)


@pytest.mark.parametrize("tag", ["page", "list"])
def test_what_is_no_registry_is_told_and_not_asked_again(host: str, tag: str) -> None:
    with pytest.raises(RegistryError, match="about some/image: its answer is not a registry's") as caught:
        registry.digest(f"{host}/some/image", tag)
    assert not caught.value.passing


def test_a_private_registry_says_how_to_log_in(host: str) -> None:
    with pytest.raises(RegistryError, match=f"docker login {host}"):
        registry.digest(f"{host}/private/image", "v1")


def test_a_private_registry_is_asked_as_who_is_logged_in_there(
    host: str, login: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    login.write_text(json.dumps({"auths": {host: {"auth": PASSWORD}}}))
    assert registry.digest(f"{host}/private/image", "v1") == digest_of(MANIFEST)
    login.write_text("{")
    monkeypatch.setenv("DOCKER_AUTH_CONFIG", json.dumps({"auths": {f"https://{host}": {"auth": PASSWORD}}}))
    assert registry.digest(f"{host}/private/image", "v1") == digest_of(MANIFEST)


@pytest.mark.parametrize(
    "kept",
    [{"auths": {"other": {"auth": PASSWORD}}}, {"auths": []}, [], {"auths": {"HOST": {"auth": "no pair"}}}],
)
def test_credentials_of_others_and_what_is_none_are_not_sent(host: str, login: Path, kept: object) -> None:
    login.write_text(json.dumps(kept).replace("HOST", host))
    with pytest.raises(RegistryError, match="docker login"):
        registry.digest(f"{host}/private/image", "v1")


@pytest.mark.parametrize("given", ["http://127.0.0.1:5001", "127.0.0.1:5001/", "a b", "127.0.0.1:x", "u:p@h.test"])
def test_what_is_no_registry_at_all_is_refused(given: str) -> None:
    with pytest.raises(RegistryError, match=r"is no registry \(host or host:port") as caught:
        registry.digest("x/y", "v1", registry=given)
    assert not caught.value.passing


@pytest.mark.parametrize("given", ["127.0.0.1:5001", "localhost", "registry.cncf.ci", "[::1]:5001"])
def test_a_registry_is_a_host_with_or_without_a_port(given: str) -> None:
    assert registry._where("registry.test/x/y", given) == (given, "x/y")


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
