"""What becomes of the engine's answers, whatever they are: the engine itself is asked in ``test_run``."""

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import EngineEvent

from crosscloud.preview import command, engine, run, state
from crosscloud.preview.engine import Told
from crosscloud.stacks.pulumi import PulumiError, Stack
from tests.rehearsal.harness import write_stack

SECRET = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    "plaintext": '"correct-horse-battery"',
}
STATE = {"resources": [{"type": "pulumi:pulumi:Stack", "outputs": {"password": SECRET}}]}
VPC = "urn:pulumi:aws::crosscloud::crosscloud:cluster:Aws$aws:ec2/vpc:Vpc::aws"


@pytest.fixture
def aws(tmp_path: Path) -> Stack:
    return write_stack(tmp_path, "aws", "aws", {})


def answer(monkeypatch: pytest.MonkeyPatch, told: Told) -> dict[str, Any]:
    """Let the engine answer with this; return what it is asked, once it is."""
    asked: dict[str, Any] = {}

    def ask(_stack: Stack, **options: Any) -> Told:
        asked.update(options)
        return told

    monkeypatch.setattr(engine, "ask", ask)
    return asked


def diagnostic(message: str, urn: str = VPC) -> EngineEvent:
    return EngineEvent.from_json(
        {"diagnosticEvent": {"message": message, "urn": urn, "severity": "error"}, "sequence": 1, "timestamp": 1}
    )


def test_an_error_of_a_cloud_comes_with_what_is_known_of_it(aws: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = "api error UnauthorizedOperation: You are not authorized to perform this operation"
    answer(monkeypatch, Told([diagnostic(refused)], failed=True))
    found = run.preview(aws, policy=None, deployment=STATE)
    assert found.failed
    assert [(one.about, one.says) for one in found.advice] == [("aws", "Your credentials may not do this.")]
    assert found.advice[0].steps


def test_errors_repeat_no_secret_of_the_state(aws: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, Told([diagnostic("login as admin:correct-horse-battery failed")], failed=True))
    found = run.preview(aws, policy=None, deployment=STATE)
    assert [error.message for error in found.errors] == ["login as admin:[secret] failed"]


def test_errors_repeat_no_credential_of_the_environment(aws: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METAL_AUTH_TOKEN", "Xb7-not-a-form-that-is-known")
    answer(monkeypatch, Told([diagnostic("403: token Xb7-not-a-form-that-is-known is revoked")], failed=True))
    assert [error.message for error in run.preview(aws, policy=None, deployment=STATE).errors] == [
        "403: token [secret] is revoked"
    ]
    monkeypatch.setattr(Stack, "workspace", aws.workspace)
    refused = command.refused("aws", PulumiError("Xb7-not-a-form-that-is-known opens no bucket"), rehearsed=False)
    assert [error.message for error in refused.errors] == ["[secret] opens no bucket"]


def test_an_engine_that_did_not_begin_is_an_error_with_its_words(aws: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, Told(failed=True, words="\x1b[31merror: correct-horse-battery opens no bucket\x1b[0m\n"))
    with pytest.raises(PulumiError, match=r"stack aws can't be previewed: error: \[secret\] opens no bucket$"):
        run.preview(aws, policy=None, deployment=STATE)


def test_an_engine_that_fails_without_a_word_of_why_is_told_by_what_it_printed(
    aws: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [EngineEvent.from_json({"preludeEvent": {"config": {}}, "sequence": 1, "timestamp": 1})]
    answer(monkeypatch, Told(events, failed=True, words="code: 255\nstderr: it was killed"))
    found = run.preview(aws, policy=None, deployment=STATE)
    assert [error.message for error in found.errors] == ["code: 255\nstderr: it was killed"]


def test_a_pack_is_asked_unless_none_is_wanted(aws: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answer(monkeypatch, Told())
    assert not run.preview(aws, policy=None, deployment=STATE).policies
    assert asked["policy"] is None
    assert run.preview(aws, policy=tmp_path, deployment=STATE).policies
    assert asked["policy"] == tmp_path


def test_a_stack_without_a_state_is_fresh(aws: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_arguments: str) -> str:
        raise PulumiError("pulumi stack export of stack aws failed: no stack named 'aws' found")

    monkeypatch.setattr(Stack, "ask", lambda _self, *arguments: missing(*arguments))
    asked = answer(monkeypatch, Told())
    assert state.deployment_of(aws) is None
    assert run.preview(aws, policy=None).fresh
    assert asked["fresh"]


def test_a_backend_that_refuses_is_not_taken_for_an_empty_one(aws: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_self: Stack, *_arguments: str) -> str:
        raise PulumiError("pulumi stack export of stack aws failed: AccessDenied")

    monkeypatch.setattr(Stack, "ask", refused)
    with pytest.raises(PulumiError, match="AccessDenied"):
        run.preview(aws, policy=None)


def test_secrets_of_the_stacks_file_are_hidden_too(aws: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.file.write_text(aws.file.read_text() + "  other:token:\n    secure: v1:abc\n")
    shown = {"other:token": {"value": "a-token-of-the-file", "secret": True}, "aws:region": {"value": "us-east-1"}}
    monkeypatch.setattr(Stack, "ask", lambda _self, *_arguments: json.dumps(shown))
    hidden = state.hiding(aws, STATE)
    assert hidden("a-token-of-the-file in us-east-1") == "[secret] in us-east-1"
