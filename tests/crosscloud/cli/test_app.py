"""What the command says of itself, and of what it can't do."""

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crosscloud.cli import app as entry
from crosscloud.cli import shell
from crosscloud.errors import CrosscloudError
from crosscloud.rehearsal import run
from crosscloud.stacks.pulumi import Stack


def test_the_help_begins_with_what_is_done_first() -> None:
    said = CliRunner().invoke(entry.app, ["--help"], env={"COLUMNS": "120"}).stdout
    shown = [said.index(f" {name} ") for name in ("up", "preview", "artifacts", "note", "cell", "doctor")]
    assert shown == sorted(shown)
    assert [title for title in entry._PANELS if f"─ {title} ─" not in said] == []


@pytest.mark.parametrize("command", ["up", "preview", "check", "shell", "env", "drift", "rehearse", "config check"])
def test_a_stack_that_there_is_not_is_refused_with_those_there_are(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSCLOUD_PROJECT", str(tmp_path))
    for name in ("one", "two"):
        (tmp_path / f"Pulumi.{name}.yaml").touch()
    done = CliRunner().invoke(entry.app, [*command.split(), "awss"])
    assert isinstance(done.exception, CrosscloudError), done.output
    assert str(done.exception) == "there is no Pulumi.awss.yaml; the stacks of this project are one, two"


@pytest.mark.parametrize(("arguments", "stack"), [(["aws"], "aws"), (["-s", "gce"], "gce"), ([], "azure")])
def test_a_rehearsal_takes_its_stack_as_the_others_do(
    arguments: list[str], stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(run, "rehearse", lambda name, _: asked.append(name))
    assert CliRunner().invoke(entry.app, ["rehearse", *arguments], env={"STACK": "azure"}).exit_code == 0
    assert asked == [stack]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (CrosscloudError("no such thing; do that"), "error: no such thing; do that\n"),
        (PermissionError(13, "Permission denied", "/some/place"), "error: /some/place: Permission denied\n"),
        (OSError(28, "No space left on device"), "error: a file: No space left on device\n"),
    ],
    ids=["expected", "rights", "room"],
)
def test_what_a_person_can_mend_is_no_traceback(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(_: str) -> str:
        raise error

    monkeypatch.setattr(shell, "exports", failing)
    monkeypatch.setattr(sys, "argv", ["crosscloud", "env", "aws"])
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == said


def test_a_fault_of_the_program_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: str) -> str:
        raise FileNotFoundError(2, "No such file or directory", "template")

    monkeypatch.setattr(shell, "exports", failing)
    monkeypatch.setattr(sys, "argv", ["crosscloud", "env", "aws"])
    with pytest.raises(FileNotFoundError):
        entry.main()


def test_a_stack_that_is_not_up_has_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSCLOUD_PROJECT", str(tmp_path))
    monkeypatch.setattr(Stack, "exists", lambda _: False)
    (tmp_path / "Pulumi.one.yaml").touch()
    assert CliRunner().invoke(entry.app, ["unlock", "one"]).stdout == "stack one is not up, so it has no lock\n"
    assert "there is no Pulumi.two.yaml" in str(CliRunner().invoke(entry.app, ["unlock", "two"]).exception)
