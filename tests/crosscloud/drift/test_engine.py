"""Drift through the genuine engine: a simulated cloud is changed behind a stack's back, and put right again."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crosscloud.drift import command
from crosscloud.plugins.simulated import fabric
from crosscloud.rehearsal import isolation
from crosscloud.rehearsal.place import place_of
from tests.gitlab import Stub, gitlab_stub
from tests.gitlab.model import Access, Issue
from tests.rehearsal.harness import Rehearsal, rehearsal

pytestmark = pytest.mark.engine

NAME, PROJECT = "drift-packet", "cncf/crosscloud"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """One stack for all tests, which go through its life in their order."""
    with rehearsal("packet", tmp_path_factory.mktemp("drift"), name=NAME, workers={"count": 2}) as made:
        made.up()
        yield made


@pytest.fixture(scope="module")
def gitlab() -> Iterator[Stub]:
    with gitlab_stub() as stub:
        stub.project(PROJECT)
        stub.token("bot", access={PROJECT: Access.REPORTER})
        yield stub


@pytest.fixture
def look(
    up: Rehearsal, gitlab: Stub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[], tuple[bool, str, list[Issue]]]:
    """Run the command; return whether the stack drifts, what it printed, and the project's issues."""
    monkeypatch.setenv("CROSSCLOUD_GITLAB_URL", gitlab.url)
    monkeypatch.setenv("CROSSCLOUD_GITLAB_TOKEN", "bot")
    monkeypatch.setenv("CI_PROJECT_ID", PROJECT)

    def looked() -> tuple[bool, str, list[Issue]]:
        drifts = command.run(up.name, rehearsed=True, issue=True)
        return drifts, capsys.readouterr().out, gitlab.project(PROJECT).project.issues

    return looked


def device(name: str) -> Path:
    """Return the file in which the simulated cloud remembers a device."""
    files = (place_of(NAME).folder / "cloud").glob("Device/*.json")
    (found,) = [each for each in files if json.loads(each.read_text())["inputs"]["hostname"] == f"{NAME}-{name}"]
    return found


def tag_by_hand(name: str) -> None:
    """Add a tag to a device, as somebody would by the cloud's console."""
    document = json.loads(device(name).read_text())
    for part in ("inputs", "outputs"):
        document[part]["tags"] = [*document[part]["tags"], "made-by-hand"]
    device(name).write_text(json.dumps(document))


def end(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """End a device's machine, as a cloud does with one that broke."""
    monkeypatch.setenv(isolation.REHEARSAL, str(place_of(NAME).folder))
    monkeypatch.setenv(isolation.MACHINES, "no")
    fabric.halt(json.loads(device(name).read_text())["id"])


def test_what_was_changed_behind_its_back_opens_one_issue_that_names_it(up: Rehearsal, look: Any) -> None:
    before = up.pulumi("stack", "export")
    tag_by_hand("worker-0")
    drifts, said, (issue,) = look()
    assert drifts
    assert f"Device {NAME}-worker-0: tags[6] made-by-hand was added" in said
    assert issue.title == f"Stack {NAME} drifted: 1 resource (rehearsal: the cloud is simulated)"
    assert issue.labels == ["drift"]
    assert "Changed behind the stack's back" in issue.description
    assert f"`Device` `{NAME}-worker-0`: `tags[6] made-by-hand was added`" in issue.description
    assert "#cloud-config" not in issue.description
    assert up.pulumi("stack", "export") == before, "to look changes nothing"


def test_more_drift_updates_the_same_issue(look: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    end("worker-1", monkeypatch)
    _, said, (issue,) = look()
    assert f"Device {NAME}-worker-1: is gone" in said
    assert "issue updated" in said
    assert "2 resources" in issue.title


def test_when_it_is_clean_again_the_issue_is_closed_with_a_word(up: Rehearsal, look: Any) -> None:
    up.pulumi("up", "--yes", "--skip-preview", "--refresh", "--suppress-progress", *up.leaving_out)
    drifts, said, (issue,) = look()
    assert not drifts
    assert f"stack {NAME} is as it should be" in said
    assert "issue closed" in said
    assert issue.state == "closed"
    assert [note.body for note in issue.notes] == [f"Stack `{NAME}` is as it should be again."]
