"""The cluster's API over a real connection: what is asked, and what each kind of answer is taken for."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from crosscloud.e2e import cluster as module
from crosscloud.e2e.cluster import ApiError, Cluster, items
from crosscloud.e2e.model import Failed, NotYet
from crosscloud.kubeconfig import Kubeconfig

PAGES: dict[str, tuple[int, str]] = {
    "/api/v1/nodes?labelSelector=a%3Db": (200, '{"items": [{"metadata": {"name": "n"}}]}'),
    "/empty": (200, '{"items": null}'),
    "/forbidden": (403, '{"message": "nodes is forbidden: user can not list"}'),
    "/broken": (503, '{"message": "no endpoints available"}'),
    "/text": (500, "upstream fell over"),
    "/page": (200, "<html>"),
    "/reload": (200, ""),
}


class Handler(BaseHTTPRequestHandler):
    """Answers from ``PAGES`` and keeps what it was sent."""

    seen: list[tuple[str, str, str, Any]]

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = self.headers.get("Content-Type", "")
        self.seen.append((self.command, self.path, headers, json.loads(body) if body else None))
        status, text = PAGES.get(self.path, (404, '{"message": "not found"}'))
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 - the names are the base class's

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        pass


def config(server: str) -> Kubeconfig:
    return Kubeconfig(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "users": [{"name": "u", "user": {"token": "t0ken"}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "c",
        }
    )


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSCLOUD_HOME", str(tmp_path / "home"))


@pytest.fixture
def seen() -> list[tuple[str, str, str, Any]]:
    return []


@pytest.fixture
def api(seen: list[tuple[str, str, str, Any]]) -> Iterator[Cluster]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Ours", (Handler,), {"seen": seen}))
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    made = Cluster(config(f"http://127.0.0.1:{server.server_port}"))
    yield made
    made.close()
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_collection_is_asked_for_with_its_selector(api: Cluster) -> None:
    assert items(api, "/api/v1/nodes", labelSelector="a=b") == [{"metadata": {"name": "n"}}]


def test_an_empty_collection_is_a_list(api: Cluster) -> None:
    assert items(api, "/empty") == []


def test_what_is_refused_is_not_waited_for(api: Cluster) -> None:
    with pytest.raises(Failed, match="GET /forbidden: 403: nodes is forbidden"):
        api.get("/forbidden")


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/broken", 503, "GET /broken: 503: no endpoints available"),
        ("/text", 500, "GET /text: 500: upstream fell over"),
        ("/page", 200, "GET /page: the answer is not JSON: '<html>'"),
        ("/absent", 404, "GET /absent: 404: not found"),
    ],
)
def test_what_may_still_change_is_waited_for_with_the_servers_words(
    api: Cluster, path: str, status: int, text: str
) -> None:
    with pytest.raises(ApiError) as caught:
        api.get(path)
    assert isinstance(caught.value, NotYet)
    assert caught.value.status == status
    assert str(caught.value) == text


def test_a_server_that_is_not_there_is_told_with_its_address() -> None:
    made = Cluster(config("http://127.0.0.1:1"))
    with pytest.raises(ApiError, match=r"http://127\.0\.0\.1:1 can't be reached: .*refused"):
        made.get("/version")
    made.close()


def test_a_server_that_does_not_answer_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setattr(module, "REQUEST_TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        made = Cluster(config(f"http://127.0.0.1:{silent.getsockname()[1]}"))
        with pytest.raises(ApiError, match="GET /version: no answer in"):
            made.get("/version")
        made.close()


def test_a_patch_merges_and_can_take_a_key_away(api: Cluster, seen: list[tuple[str, str, str, Any]]) -> None:
    with pytest.raises(ApiError):
        api.patch("/api/v1/x", {"data": {"key": None}})
    assert seen == [("PATCH", "/api/v1/x", "application/merge-patch+json", {"data": {"key": None}})]


def test_a_switch_that_answers_nothing_is_fine(api: Cluster, seen: list[tuple[str, str, str, Any]]) -> None:
    api.post("/reload")
    assert seen[0][:2] == ("POST", "/reload")


def test_deleting_what_is_gone_is_fine_and_what_can_not_be_deleted_is_not(api: Cluster) -> None:
    api.delete("/absent")
    with pytest.raises(ApiError):
        api.delete("/broken")


def test_keys_lie_in_a_private_folder_that_goes_with_the_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crosscloud import kubeconfig

    monkeypatch.setenv("CROSSCLOUD_HOME", str(tmp_path))
    abandoned = tmp_path / "e2e" / "keys-999999999-x"
    abandoned.mkdir(parents=True)
    pem = "-----BEGIN CERTIFICATE-----\nfolder\n"
    made = kubeconfig.build("blue", server="http://127.0.0.1:1", ca=pem, certificate=pem, key=pem)
    cluster = Cluster(made)
    (folder,) = (tmp_path / "e2e").iterdir()
    assert folder != abandoned
    assert folder.stat().st_mode & 0o777 == 0o700
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())
    cluster.close()
    assert list((tmp_path / "e2e").iterdir()) == []


class Session:
    """A command's connection, as the client library offers it."""

    def __init__(self, out: list[str], status: dict[str, str], *, err: str = "") -> None:
        self._out, self._status, self._err = out, status, err
        self.closed = False

    def is_open(self) -> bool:
        return bool(self._out)

    def update(self, timeout: float) -> None:
        pass

    def read_stdout(self, timeout: float) -> str:  # noqa: ARG002 - the library's signature
        return self._out.pop(0) if self._out else ""

    def read_stderr(self, timeout: float) -> str:  # noqa: ARG002 - the library's signature
        return self._err

    def read_channel(self, channel: int) -> str:
        assert channel == module.ERROR_CHANNEL
        return json.dumps(self._status)

    def close(self) -> None:
        self.closed = True


def test_a_commands_output_is_put_together() -> None:
    session = Session(["one ", "two"], {"status": "Success"})
    assert module._transcript(session, "probe", 5) == "one two"
    assert session.closed


def test_a_command_that_never_began_is_told_with_the_runtimes_words() -> None:
    session = Session([], {"status": "Failure", "message": 'exec: "probe": not found'})
    with pytest.raises(NotYet, match=r'^probe: exec: "probe": not found$'):
        module._transcript(session, "probe", 5)
    assert session.closed


def test_a_command_that_does_not_end_is_given_up() -> None:
    session = Session(["x"] * 1000, {})
    with pytest.raises(NotYet, match="probe: no end after -0 s"):
        module._transcript(session, "probe", -0.1)
    assert session.closed
