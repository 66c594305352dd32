"""Requests to an API server that is not always at its best."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from crosscloud.plugins.base import Call
from crosscloud.plugins.kubernetes import api as module
from crosscloud.plugins.kubernetes.api import Api, ApiError, NoSuchKindError, UnreachableError
from crosscloud.plugins.kubernetes.cluster import Cluster
from crosscloud.plugins.kubernetes.connection import resolve
from crosscloud.plugins.kubernetes.settings import Settings


class Server(ThreadingHTTPServer):
    """Answers with ``answers`` in turn, the last one for ever; counts what it was asked."""

    def __init__(self, *answers: tuple[int, object], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.answers = list(answers)
        self.asked: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    """One answer of a `Server`."""

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        server.asked.append(self.path)
        status, body = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None: ...


def kubeconfig(port: int) -> str:
    body = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {}}],
    }
    return json.dumps(body)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSES", (0.01, 0.01))


def ask(*answers: tuple[int, object]) -> tuple[Api, Server]:
    server = Server(*answers)
    return Api(resolve(kubeconfig(server.server_port))), server


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_an_overloaded_server_is_asked_again() -> None:
    api, server = ask((503, {}), (429, {}), (200, {"fine": True}))
    assert api.request("GET", "/x") == {"fine": True}
    assert len(server.asked) == 3


def test_a_server_that_stays_overloaded_is_given_up_with_its_words() -> None:
    api, _ = ask((503, {"message": "no leader"}))
    with pytest.raises(ApiError, match="no leader"):
        api.request("GET", "/x")


def test_a_refusal_is_final_and_keeps_its_status_and_reason() -> None:
    api, server = ask((409, {"message": "in use", "reason": "Conflict"}), (200, {}))
    with pytest.raises(ApiError, match="in use") as raised:
        api.request("GET", "/x")
    assert (raised.value.status, raised.value.reason) == (409, "Conflict")
    assert len(server.asked) == 1


def test_a_server_that_is_not_there_is_named() -> None:
    port = free_port()
    with pytest.raises(UnreachableError, match="does not answer") as raised:
        Api(resolve(kubeconfig(port))).reach()
    assert f"http://127.0.0.1:{port}" in str(raised.value)


def test_a_kind_that_appears_later_is_found_then() -> None:
    things = {"resources": [{"kind": "Thing", "name": "things", "namespaced": True}]}
    api, server = ask((404, {}), (200, things))
    with pytest.raises(NoSuchKindError, match="knows no kind Thing in"):
        api.kind("example.org/v1", "Thing")
    thing = api.kind("example.org/v1", "Thing")
    assert api.path(thing, "a b", "c") == "/apis/example.org/v1/namespaces/a%20b/things/c"
    assert api.kind("example.org/v1", "Thing") is thing
    assert len(server.asked) == 2


def test_a_change_waits_for_a_server_that_is_only_starting() -> None:
    port = free_port()
    cluster = Cluster(Settings(kubeconfig=kubeconfig(port)))
    assert "does not answer" in cluster.trouble
    late = threading.Timer(0.5, lambda: Server((200, {"gitVersion": "v1"}), port=port))
    late.start()
    cluster.wait(Call("urn"))
    assert cluster.trouble == ""
    late.join()


def test_a_wrong_kubeconfig_is_not_waited_for() -> None:
    cluster = Cluster(Settings(kubeconfig="contexts: []\n"))
    cluster.wait(Call("urn"))
    assert "has no context" in cluster.trouble
