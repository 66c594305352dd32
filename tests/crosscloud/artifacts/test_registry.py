import http.server
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from crosscloud.artifacts import builder, process, registry, tools
from crosscloud.artifacts.errors import RegistryError
from crosscloud.files import read_json, write_json

from .conftest import MakeProject

pytestmark = pytest.mark.usefixtures("home")


def test_it_starts_answers_and_stops(port: int) -> None:
    assert registry.status().pid is None
    started = registry.start(port)
    assert started.pid is not None
    assert registry.answers(port)
    assert registry.status() == started
    assert registry.stop()
    assert not registry.answers(port)
    assert process.started(started.pid) is None
    assert registry.status().pid is None
    assert not registry.stop()


def test_a_second_start_changes_nothing(port: int) -> None:
    assert registry.start(port) == registry.start(port)


def test_it_listens_on_the_loopback_address_alone(port: int) -> None:
    pid = registry.start(port).pid
    command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    assert f"127.0.0.1:{port}".encode() in command


def test_what_was_published_survives_a_restart(make_project: MakeProject, port: int) -> None:
    project = make_project()
    address = registry.start(port).address
    artifact = builder.build(project, project.stable, tools.go_version(), address)
    layout = artifact.folder / "image"
    assert registry.digest(port, "tests/hello", "v1") is None
    assert registry.publish(port, "tests/hello", "v1", layout) == artifact.digest
    registry.stop()
    registry.start(port)
    assert registry.digest(port, "tests/hello", "v1") == artifact.digest
    pulled = layout.with_name("pulled")
    tools.run([tools.crane(), "pull", "--format=oci", f"{address}/tests/hello:v1", pulled])
    assert (pulled / "index.json").exists()


def test_a_killed_one_is_started_anew(port: int) -> None:
    first = registry.start(port).pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while registry.answers(port) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert registry.status().pid is None
    assert registry.start(port).pid != first
    assert registry.answers(port)


def test_another_process_of_the_same_number_is_left_alone(port: int) -> None:
    mine = os.getpid()
    write_json(registry.folder() / "pid.json", {"pid": mine, "started": "1", "port": port})
    assert registry.status().pid is None
    assert registry.start(port).pid != mine
    assert read_json(registry.folder() / "pid.json")["pid"] != mine


def test_a_port_of_another_program_is_refused() -> None:
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with pytest.raises(RegistryError, match=r"in use by another program"):
            registry.start(server.server_port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert registry.status().pid is None


def test_it_does_not_move_while_it_runs(port: int) -> None:
    registry.start(port)
    with pytest.raises(RegistryError, match=rf"runs on port {port} "):
        registry.start(port + 1 if port < 65535 else port - 1)
