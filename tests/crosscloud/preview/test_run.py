"""Previews by the genuine engine, of a rehearsed stack without machines: nothing is changed, and nothing is locked."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from crosscloud.preview import command, engine, run, state
from crosscloud.preview.model import Op
from crosscloud.preview.rehearsing import left_out
from crosscloud.rehearsal.place import place_of, rehearsed
from crosscloud.review import moved, record
from crosscloud.stacks.pulumi import PulumiError, Stack
from tests.cluster.project import TestStack
from tests.rehearsal.harness import Project, Rehearsal, rehearsal

pytestmark = pytest.mark.engine

NAME = "preview-gke"


@pytest.fixture(scope="module")
def gke(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """A stack that is up as far as that goes without machines; the tests only look at it."""
    with rehearsal("gke", tmp_path_factory.mktemp("gke"), name=NAME) as stack:
        stack.up()
        yield stack


def everything(folder: Path) -> dict[str, str]:
    """Return the digest of each file below a folder."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def crosscloud(stack: Rehearsal, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "CROSSCLOUD_PROJECT": str(stack.folder), "COLUMNS": "160"}
    return subprocess.run(
        [sys.executable, "-m", "crosscloud.cli", "preview", NAME, "--rehearsal", "--full-size", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_the_command_says_what_changes_and_writes_it_down_and_changes_nothing(gke: Rehearsal, tmp_path: Path) -> None:
    gke.configure()
    place = place_of(NAME)
    # a run that is killed, or at work, has the lock: a preview does not ask
    lock = place.folder / "state" / ".pulumi" / "locks" / "organization" / "crosscloud-rehearsal" / NAME / "held.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text(json.dumps({"pid": 1, "username": "somebody", "hostname": "elsewhere"}))
    before = everything(place.folder)
    (gke.folder / f"Pulumi.{NAME}.yaml").write_text(_with_workers(gke, 3))
    try:
        done = crosscloud(gke, "--output", str(tmp_path / "previews"))
    finally:
        lock.unlink()
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"==> {NAME}: +0 ~2 ±0 −0, policies passed" in done.stdout  # noqa: RUF001
    assert "- workers 1 → 3" in done.stdout
    folder = tmp_path / "previews" / NAME
    assert {file.name for file in folder.iterdir()} == {"note.md", "widget.json", "diff.txt", "review.json"}
    assert json.loads((folder / "widget.json").read_text()) == {"create": 0, "update": 2, "delete": 0}
    text = (folder / "note.md").read_text()
    assert text.startswith(f"<!-- crosscloud:preview:{NAME} -->\n### `{NAME}` · `+0 ~2 ±0 −0` · policies passed")  # noqa: RUF001
    assert re.search(r"commit `[0-9a-f]{8}` · previewed in \d+ s · \d+ unchanged · \*\*rehearsal", text)
    after = everything(place.folder)
    before.pop(str(lock.relative_to(place.folder)))
    assert after == before


def _with_workers(gke: Rehearsal, count: int) -> str:
    document = yaml.safe_load((gke.folder / f"Pulumi.{NAME}.yaml").read_text())
    document["config"]["crosscloud:workers"] = {"count": count}
    return str(yaml.safe_dump(document))


def test_a_broken_policy_fails_the_preview(gke: Rehearsal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same API as the command, with a pack of the test's own, of which one policy is mandatory."""
    gke.configure()
    pack = tmp_path / "pack"
    pack.mkdir()
    options = {"virtualenv": os.path.relpath(sys.prefix, pack)}
    (pack / "PulumiPolicy.yaml").write_text(yaml.safe_dump({"runtime": {"name": "python", "options": options}}))
    (pack / "__main__.py").write_text(_PACK)
    monkeypatch.setenv("CROSSCLOUD_PROJECT", str(gke.folder))
    found, review = command.preview(NAME, rehearsed=True, full_size=True, policy=pack)
    assert [(one.policy, one.resource_name) for one in found.mandatory] == [("no-clusters", NAME)]
    assert found.failed
    assert found.errors == ()
    # it was recorded of a state with its secrets in the clear, which must be no difference
    assert [line for line in moved(review, record(rehearsed(NAME), like=review)) if line.startswith("state")] == []


_PACK = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

def none(args, report):
    if args.resource_type.endswith(":Cluster"):
        report("there is a cluster")

PolicyPack("tests", policies=[ResourceValidationPolicy(
    name="no-clusters", description="No clusters.", enforcement_level=EnforcementLevel.MANDATORY, validate=none)])
"""


def test_a_secret_of_the_state_is_nowhere_in_what_is_shown(gke: Rehearsal) -> None:
    """Its value is put into a key of the stack's file, as somebody might who does not know better."""
    secret = next(iter(_secrets(gke)))
    gke.configure(owner=secret[:40])
    stack = rehearsed(NAME)
    state = json.loads(gke.pulumi("stack", "export", "--show-secrets"))["deployment"]
    state["resources"][0]["outputs"]["owned"] = {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "plaintext": json.dumps(secret[:40]),
    }
    found = run.preview(stack, policy=None, exclude=left_out(), deployment=state)
    assert found.counts.update == 2
    assert secret[:40] not in repr(found)
    assert "[secret]" in repr(found.config[1]["owner"])


def _secrets(gke: Rehearsal) -> Iterator[str]:
    """Yield texts that could be secrets: here, what tells this stack's state from any other."""
    yield hashlib.sha256(gke.pulumi("stack", "export").encode()).hexdigest()


def test_a_stack_that_is_not_there_is_previewed_and_not_made(tmp_path: Path) -> None:
    made = TestStack(tmp_path / "a project", "never-made")
    made.configure()
    before = everything(made.folder)
    stack = Stack("never-made", Project(made.folder))
    found = run.preview(stack, policy=None)
    assert found.fresh
    assert not found.failed
    assert {change.op for change in found.changes} == {Op.CREATE}
    assert any(change.type == "crosscloud:index:Machine" for change in found.changes)
    assert everything(made.folder) == before, "not even an encryption salt"
    assert not stack.exists()


def test_a_pack_that_is_not_there_fails_the_preview(tmp_path: Path) -> None:
    made = TestStack(tmp_path / "a project", "never-made")
    made.configure()
    found = run.preview(Stack("never-made", Project(made.folder)), policy=tmp_path)
    assert found.failed
    assert "PulumiPolicy.yaml" in found.errors[0].message


def test_secrets_in_the_file_of_a_stack_that_is_not_there_are_known(tmp_path: Path) -> None:
    made = TestStack(tmp_path / "a project", "never-made")
    made.configure()
    stack = Stack("never-made", Project(made.folder))
    with engine.apart(stack, fresh=True) as copied:
        copied.ask("config", "set", "--secret", "other:token", "a-token-of-the-file")
        copied.ask("config", "set", "--secret", "--path", "other:roles[0].id", "a-nested-one")
        shutil.copyfile(copied.file, stack.file)
    text = stack.file.read_text()
    assert "nested-one" not in text
    assert state.hiding(stack, None)("a-token-of-the-file, a-nested-one") == "[secret], [secret]"
    assert stack.file.read_text() == text
    assert not stack.exists()


def test_a_backend_that_cant_be_read_is_an_error_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = TestStack(tmp_path / "a project", "never-made")
    made.configure()
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}/nothing/here")
    with pytest.raises(PulumiError, match="nothing/here"):
        run.preview(Stack("never-made", Project(made.folder)), policy=None)


def test_a_refused_stack_file_is_said_before_anything_is_asked_and_in_the_note(gke: Rehearsal, tmp_path: Path) -> None:
    (gke.folder / f"Pulumi.{NAME}.yaml").write_text("config:\n  crosscloud:cloud: gke\n  crosscloud:nodes: 3\n")
    done = crosscloud(gke, "--output", str(tmp_path))
    assert done.returncode == 1
    assert "crosscloud:nodes" in done.stderr
    assert "Traceback" not in done.stderr
    text = (tmp_path / NAME / "note.md").read_text()
    assert "**the preview failed**" in text
    assert "crosscloud:nodes" in text
    assert not (tmp_path / NAME / "review.json").exists()
