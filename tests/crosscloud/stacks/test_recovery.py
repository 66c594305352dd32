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
from crosscloud.stacks.pulumi import PulumiError, Stack


class QuietStack(Stack):
    """A stack whose state and tags are known and whose commands are kept; ``fails`` are errors to come, in order."""

    asked: ClassVar[list[tuple[str, ...]]] = []
    state: ClassVar[dict[str, Any]] = {}
    tags: ClassVar[dict[str, str]] = {}
    fails: ClassVar[list[str]] = []

    def deployment(self) -> dict[str, Any]:
        return self.state

    def ask(self, *arguments: str) -> str:
        if arguments[:3] == ("stack", "tag", "get"):
            if arguments[3] not in self.tags:
                raise PulumiError("there is no such tag")
            return self.tags[arguments[3]]
        if self.fails:
            raise PulumiError("it failed", self.fails.pop(0))
        self.asked.append(arguments)
        return ""


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> QuietStack:
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}/a%20state")
    QuietStack.asked, QuietStack.state, QuietStack.tags, QuietStack.fails = [], {}, {}, []
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
    with pytest.raises(recovery.LockedError, match="crosscloud unlock --stack demo --force"):
        recovery.recover(stack)
    assert path.exists()


def pending(kind: str, name: str) -> dict[str, Any]:
    return {
        "type": kind,
        "resource": {"urn": f"urn:pulumi:demo::crosscloud::crosscloud:index:Machine::{name}"},
    }


def test_pending_operations_are_finished_and_told_kind_by_kind(stack: QuietStack) -> None:
    QuietStack.state = {
        "pending_operations": [
            pending("creating", "worker-1"),
            pending("creating", "worker-0"),
            pending("deleting", "worker-9"),
            pending("updating", "control-plane-0"),
            pending("reading", "image"),
        ]
    }
    creating, deleting, updating, reading = recovery.recover(stack)
    assert "finished what an interrupted run had begun: forgot the creation of worker-0, worker-1" in creating
    assert "whether worker-9, which was being deleted, is gone" in deleting
    assert "control-plane-0, which was being changed" in updating
    assert "forgot that image was being read" in reading
    assert [command[0] for command in stack.asked] == ["refresh"]
    assert "--clear-pending-creates" in stack.asked[0]
    assert "--run-program" not in stack.asked[0]


def test_only_what_was_interrupted_is_looked_at(stack: QuietStack) -> None:
    """What drifted elsewhere must not get into the state on the way: nobody has reviewed that it is put back."""
    resources = [pending("", name)["resource"] for name in ("stack", "worker-0", "worker-1")]
    operations = [pending("creating", "worker-2"), pending("updating", "worker-0")]
    QuietStack.state = {"resources": resources, "pending_operations": operations}
    recovery.recover(stack)
    (command,) = stack.asked
    looked_at = [command[index + 1].rpartition("::")[2] for index, each in enumerate(command) if each == "--target"]
    assert looked_at == ["stack", "worker-0"]
    assert command[command.index("--message") + 1] == recovery.MESSAGE


def test_where_access_ends_it_is_the_program_that_gives_another_one(stack: QuietStack) -> None:
    QuietStack.state = {"pending_operations": [pending("updating", "worker-0")]}
    recovery.recover(stack, by_program=True)
    assert "--run-program" in stack.asked[0]
    assert "--target" not in stack.asked[0], "the engine would forget what the resource depends on"


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
