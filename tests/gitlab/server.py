"""The stub's server: Flask on loopback, with the faults and the refusals around every route."""

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from flask import Flask, Response, g, jsonify, request
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.gitlab import routes
from tests.gitlab.answers import Refused
from tests.gitlab.stub import Seen, Stub

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

NAME = "a stub of GitLab's API, made for tests; not GitLab"


class _Quiet(WSGIRequestHandler):
    """Keeps requests off the terminal; `Stub.requests` has them."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's own name
        logging.getLogger("tests.gitlab").log(getattr(logging, type.upper()), message, *args)

    def handle(self) -> None:
        """Serve; a client that is gone, or was hung up on, is no error of the stub."""
        try:
            super().handle()
        except OSError as error:
            logging.getLogger("tests.gitlab").info("connection lost: %s", error)


def _keep_slashes(app: "WSGIApplication") -> "WSGIApplication":
    """Keep an encoded slash encoded, so that `coredns%2Fcoredns` is one part of the path, as it is for GitLab."""

    def run(environment: "WSGIEnvironment", start: "StartResponse") -> Any:
        raw = str(environment["REQUEST_URI"]).partition("?")[0]
        environment["stub.raw_path"] = raw
        parts = [unquote(part).replace("/", "%2F") for part in raw.split("/")]
        environment["PATH_INFO"] = "/".join(parts).encode().decode("latin-1")
        return app(environment, start)

    return run


def application(stub: Stub) -> Flask:
    """Return the web application that answers from a stub's state."""
    app = Flask("tests.gitlab")
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of Flask's default provider
    one_at_a_time = threading.Lock()

    @app.before_request
    def begin() -> Response | None:
        one_at_a_time.acquire()
        g.locked = True
        stub.load()
        body = request.get_json(silent=True)
        kinds = [kind for kind in ("PRIVATE-TOKEN", "JOB-TOKEN", "Authorization") if kind in request.headers]
        path = request.environ["stub.raw_path"].removeprefix("/api/v4")
        told: dict[str, object] = body if isinstance(body, dict) else dict(request.form)
        stub.requests.append(Seen(request.method, path, request.args.to_dict(), ",".join(kinds), told))
        g.fault = next((fault for fault in stub.faults if fault.strikes(f"{request.method} {path}")), None)
        return g.fault.before(request) if g.fault else None

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Stub-Of"] = NAME
        if request.method != "GET" and response.status_code < 300:
            stub.save()
        return g.fault.after(request, response) if g.fault else response

    @app.teardown_request
    def release(_: BaseException | None) -> None:
        if g.pop("locked", False):
            one_at_a_time.release()

    @app.errorhandler(Refused)
    def refuse(error: Refused) -> tuple[Response, int, dict[str, str]]:
        return jsonify(error.body), error.status, error.headers

    @app.errorhandler(404)
    def unknown(_: Exception) -> tuple[Response, int]:
        return jsonify({"error": "404 Not Found"}), 404

    routes.register(app, stub)
    return app


@contextmanager
def gitlab_stub(*, port: int = 0, file: Path | None = None) -> Iterator[Stub]:
    """Serve a stub on loopback while the block runs; ``port`` 0 takes a free one."""
    stub = Stub(file=file)
    stub.load()
    app = application(stub)
    app.wsgi_app = _keep_slashes(app.wsgi_app)  # type: ignore[assignment,method-assign]  # Flask's own way
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    stub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def described(stub: Stub) -> str:
    """Return one line that says what this is and what it holds."""
    held = {"projects": len(stub.state.projects), "users": len(stub.state.users), "tokens": len(stub.state.tokens)}
    return f"{stub.url} is {NAME}: {json.dumps(held)}"
