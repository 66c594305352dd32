"""Running the engine's command with its display."""

import os
import stat
from pathlib import Path

import pytest

from crosscloud.stacks import pulumi
from crosscloud.stacks.pulumi import PulumiError, Stack


def command(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this shell script be the command pulumi."""
    file = folder / "pulumi"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(Stack, "_pulumi", lambda _: str(file))


def test_what_it_writes_to_its_error_output_is_shown_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    command(tmp_path, "echo out; echo 'error: the stack is locked' >&2; exit 255", monkeypatch)
    with pytest.raises(PulumiError, match="pulumi up of stack demo failed") as failed:
        Stack("demo").show("up")
    assert failed.value.said == "error: the stack is locked\n"
    shown = capfd.readouterr()
    assert shown.out == "out\n"
    assert shown.err == "error: the stack is locked\n"


def test_what_it_leaves_running_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command(tmp_path, f"sleep 30 & echo $! > {tmp_path}/left", monkeypatch)
    monkeypatch.setattr(pulumi, "_LAST_WORDS", 0.1)
    Stack("demo").show("up")
    os.kill(int((tmp_path / "left").read_text()), 15)  # it still lives, or this raises


def test_a_killed_engine_is_told_with_its_signal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command(tmp_path, "kill -9 $$", monkeypatch)
    with pytest.raises(PulumiError, match="was ended by SIGKILL; run the same command again"):
        Stack("demo").show("up")


def test_a_state_that_was_cut_short_is_told_with_where_the_one_before_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "error: failed to load checkpoint: place 1: unexpected end of JSON input"
    command(tmp_path, f"echo '{said}' >&2; exit 1", monkeypatch)
    for ask in (Stack("demo").exists, Stack("demo").deployment):
        with pytest.raises(PulumiError, match=r"[^:]: failed to load checkpoint(?s:.*)<stack>\.json\.bak"):
            ask()
