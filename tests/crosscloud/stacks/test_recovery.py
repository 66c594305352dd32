"""What a killed run leaves is mended; what a living one holds is left alone."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest

from crosscloud.stacks import recovery
from crosscloud.stacks.pulumi import Stack


class QuietStack(Stack):
    """A stack whose state is known and whose commands are kept."""

    asked: ClassVar[list[tuple[str, ...]]] = []
    state: ClassVar[dict[str, Any]] = {}

    def deployment(self) -> dict[str, Any]:
        return self.state

    def ask(self, *arguments: str) -> str:
        self.asked.append(arguments)
        return ""


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> QuietStack:
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}/a%20state")
    QuietStack.asked, QuietStack.state = [], {}
    return QuietStack("demo")


def lock(tmp_path: Path, project: str = "crosscloud", **values: Any) -> Path:
    folder = tmp_path / "a state" / ".pulumi" / "locks" / "organization" / project / "demo"
    folder.mkdir(parents=True)
    path = folder / "some-id.json"
    path.write_text(json.dumps({"hostname": platform.node(), "timestamp": "now", **values}))
    return path


def gone_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_lock_of_a_process_that_is_gone_is_given_up(stack: QuietStack, tmp_path: Path) -> None:
    path = lock(tmp_path, pid=gone_process())
    assert "gave up the lock" in recovery.recover(stack)[0]
    assert not path.exists()


def test_the_lock_of_another_program_that_has_the_id_by_now_is_given_up(stack: QuietStack, tmp_path: Path) -> None:
    path = lock(tmp_path, pid=1)
    recovery.recover(stack)
    assert not path.exists()


def test_the_lock_of_a_living_engine_is_respected(stack: QuietStack, tmp_path: Path) -> None:
    said = "print(flush=True); import time; time.sleep(60)"
    engine = subprocess.Popen([sys.executable, "-c", said, "pulumi"], stdout=subprocess.PIPE)
    try:
        assert engine.stdout
        engine.stdout.readline()  # a process that has only just been made has no command line yet
        path = lock(tmp_path, pid=engine.pid)
        with pytest.raises(recovery.LockedError, match=f"process {engine.pid} on this machine"):
            recovery.recover(stack)
        assert path.exists()
    finally:
        engine.kill()
        engine.wait()


def test_a_lock_of_another_machine_is_respected(stack: QuietStack, tmp_path: Path) -> None:
    path = lock(tmp_path, pid=gone_process(), hostname="elsewhere")
    with pytest.raises(recovery.LockedError, match="pulumi cancel --stack demo"):
        recovery.recover(stack)
    assert path.exists()


def test_pending_operations_are_finished_and_named(stack: QuietStack) -> None:
    urn = "urn:pulumi:demo::crosscloud::crosscloud:index:Machine::demo-worker-0"
    QuietStack.state = {"pending_operations": [{"type": "creating", "resource": {"urn": urn}}]}
    assert recovery.recover(stack) == ["finished what an interrupted run had begun: demo-worker-0"]
    assert stack.asked[0][:3] == ("refresh", "--yes", "--clear-pending-creates")


def test_a_stack_in_order_is_left_alone(stack: QuietStack) -> None:
    assert recovery.recover(stack) == []
    assert stack.asked == []
    assert os.environ["PULUMI_BACKEND_URL"]


def test_locks_are_looked_for_under_the_projects_own_name(
    stack: QuietStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: another\nruntime: python\n")
    monkeypatch.setenv("CROSSCLOUD_PROJECT", str(tmp_path))
    path = lock(tmp_path, "another", pid=gone_process())
    assert recovery.recover(stack)
    assert not path.exists()
