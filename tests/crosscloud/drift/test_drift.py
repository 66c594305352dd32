"""What drifted, in words and in an issue; what is no drift, and what can't be told."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from crosscloud.cli.app import app
from crosscloud.drift import command, issue, run, words
from crosscloud.drift.model import Drift
from crosscloud.errors import CrosscloudError
from crosscloud.gitlab.client import Settings, connect
from crosscloud.preview.engine import Refresh, Told
from crosscloud.preview.model import Change, Difference, Op, Preview
from crosscloud.stacks.pulumi import Stack
from tests.gitlab import Stub, gitlab_stub
from tests.gitlab.model import Access

KIND = "aws:ec2/instance:Instance"
PROJECT = "cncf/crosscloud"


def change(op: Op, name: str, *differences: Difference) -> Change:
    return Change(op, KIND, name, f"urn:pulumi:aws::crosscloud::{KIND}::{name}", differences=differences)


TAG = Difference("tags.owner", "team", "me")
SEEN = (change(Op.UPDATE, "worker-0", TAG), change(Op.DELETE, "worker-1"))
PLANNED = (change(Op.UPDATE, "worker-0", Difference("tags.owner", "me", "team")), change(Op.CREATE, "worker-1"))


def drift(*planned: Change, seen: tuple[Change, ...] = SEEN, **preview: Any) -> Drift:
    return Drift(seen, Preview("aws", changes=planned, **preview))


def test_what_was_changed_by_hand_and_what_was_not_applied_are_told_apart() -> None:
    found = drift(*PLANNED, change(Op.UPDATE, "worker-2", Difference("instanceType", "t3.medium", "t3.large")))
    assert [(one.name, how) for one, how in words.behind(found)] == [
        ("worker-0", "tags.owner team → me"),
        ("worker-1", "is gone"),
    ]
    assert [(one.name, how) for one, how in words.unapplied(found)] == [
        ("worker-2", "instanceType t3.medium → t3.large")
    ]
    assert words.title(found) == "stack aws drifted: 3 resources"


def test_what_an_update_would_leave_as_it_is_is_no_drift() -> None:
    """A cloud sets much by itself, and what ``ignore_changes`` names is the cloud's own affair."""
    found = drift()
    assert not found.drifts
    assert list(words.behind(found)) == []


def test_many_properties_and_long_values_are_cut() -> None:
    many = [Difference(f"tags.k{number}", None, "x" * 200) for number in range(6)]
    found = drift(change(Op.UPDATE, "worker-0"), seen=(change(Op.UPDATE, "worker-0", *many),))
    ((_, how),) = words.behind(found)
    assert how.endswith("; and 2 more properties")
    assert len(how) < 400


def test_the_issue_is_the_same_in_whatever_order_the_engine_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run._in_order(reversed(PLANNED)) == run._in_order(PLANNED)
    monkeypatch.setenv("CI_JOB_URL", "https://gitlab.example/jobs/1")
    one = issue.body(drift(*PLANNED, seconds=1.0, commit="aaaa"))
    assert one == issue.body(drift(*PLANNED, seconds=2.0, commit="bbbb"))


def test_the_issue_says_what_to_do_and_nothing_in_it_is_markup() -> None:
    evil = Difference("tags.owner", "team", "</details>@all /close `x`\n```\n/close")
    text = issue.body(drift(*PLANNED, seen=(change(Op.UPDATE, "worker-0", evil),), rehearsed=True))
    assert "`crosscloud up -s aws`" in text
    assert "**This is a rehearsal: the cloud is simulated.**" in text
    assert "- `Instance` `worker-0`: ``" in text
    assert re.search(r"(?m)^/close", text) is None
    assert text.count("</details>") == 2, "the fold's own, and one within a code span"


def test_an_issue_that_would_be_too_long_is_cut_and_says_so() -> None:
    many = [change(Op.CREATE, f"worker-{number}" + "x" * 100) for number in range(5000)]
    text = issue.body(drift(*many, seen=()))
    assert len(text) < 300_000
    assert "and 4950 more resources" in text
    assert "The rest is too long for an issue" in text


@pytest.fixture
def gitlab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    with gitlab_stub() as stub:
        stub.project(PROJECT)
        stub.token("bot", access={PROJECT: Access.REPORTER})
        monkeypatch.setenv("CROSSCLOUD_GITLAB_URL", stub.url)
        monkeypatch.setenv("CROSSCLOUD_GITLAB_TOKEN", "bot")
        yield stub


def test_the_same_drift_leaves_its_issue_alone_and_a_stack_that_is_gone_closes_it(gitlab: Stub) -> None:
    gl = connect(Settings.from_environment())
    issues = gitlab.project(PROJECT).project.issues
    assert issue.put(gl, PROJECT, "aws", drift()).action == "none"
    assert issue.put(gl, PROJECT, "aws", drift(*PLANNED)).action == "created"
    assert issue.put(gl, PROJECT, "aws", drift(*PLANNED, seconds=9.0)).action == "unchanged"
    assert issue.put(gl, PROJECT, "gce", drift()).action == "none"
    assert issue.put(gl, PROJECT, "aws", drift(*PLANNED), rehearsed=True).action == "created"
    assert issue.put(gl, PROJECT, "aws", None).action == "closed"
    assert [(one.state, one.labels) for one in issues] == [("closed", ["drift"]), ("opened", ["drift"])]
    assert "is not there any more" in issues[0].notes[0].body


def told(monkeypatch: pytest.MonkeyPatch, *, resources: bool = True, cloud: str = "local", **said: Any) -> list[Any]:
    """Have the engine tell this; return what it was asked."""
    asked: list[Any] = []

    def ask(_: Any, **options: Any) -> Told:
        asked.append(options["refresh"])
        return Told(**said)

    state = {"resources": [{"urn": "u"}]} if resources else None
    config = type("Config", (), {"access_ends": cloud == "gke"})
    monkeypatch.setattr(run, "read_config", lambda *_, **__: config)
    monkeypatch.setattr("crosscloud.preview.state.deployment_of", lambda _: state)
    monkeypatch.setattr("crosscloud.preview.state.hiding", lambda *_: lambda value: value)
    monkeypatch.setattr("crosscloud.preview.engine.ask", ask)
    return asked


def test_a_cloud_that_does_not_answer_is_no_drift_and_leaves_the_issue_alone(
    gitlab: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(monkeypatch, failed=True, words="error: no credentials")
    monkeypatch.setenv("CI_PROJECT_ID", PROJECT)
    with pytest.raises(run.LookError, match=r"can't be told whether stack aws drifted:\nerror: no credentials"):
        command.run("aws", issue=True)
    assert gitlab.requests == []


def test_the_program_gives_access_where_the_states_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    by_state, by_program = told(monkeypatch), told(monkeypatch, cloud="gke")
    run.look(Stack("gke"))
    assert by_state == []
    assert by_program == [Refresh.BY_PROGRAM]


def test_the_commands_status_tells_drift_from_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    for found, status in ((drift(*PLANNED), 2), (drift(), 0), (None, 0)):
        monkeypatch.setattr(command, "look", lambda *_, found=found, **__: found)
        assert CliRunner().invoke(app, ["drift", "aws"]).exit_code == status
    told(monkeypatch, resources=False)
    assert run.look(Stack("aws")) is None


def test_what_an_issue_needs_is_told_before_anything_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = told(monkeypatch)
    for name in ("CI_PROJECT_ID", "CI_PROJECT_PATH", "CROSSCLOUD_GITLAB_TOKEN", "GITLAB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(CrosscloudError, match="CI_PROJECT_PATH names it"):
        command.run("aws", issue=True)
    monkeypatch.setenv("CI_PROJECT_PATH", PROJECT)
    with pytest.raises(CrosscloudError, match="needs a token that may write"):
        command.run("aws", issue=True)
    assert asked == []


def test_a_rehearsal_that_was_not_kept_can_not_drift(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("CROSSCLOUD_HOME", str(tmp_path))
    with pytest.raises(CrosscloudError, match="crosscloud rehearse --stack aws --keep"):
        command.run("aws", rehearsed=True)
