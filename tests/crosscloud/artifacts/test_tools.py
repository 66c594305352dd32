import io
import threading
import time
from pathlib import Path

import pytest

from crosscloud.artifacts import tools
from crosscloud.artifacts.errors import ArtifactError, BuildError


def command(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {says}\n")
    path.chmod(0o755)
    return path


def test_the_go_on_the_path_is_taken_if_it_is_new_enough(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'new'}:/usr/bin:/bin")
    command(home / "go" / "bin" / "go", "go1.27.0")
    mine = command(tmp_path / "new" / "go", "go1.26.0")
    assert tools.go() == mine
    assert tools.go_version() == "go1.26.0"


def test_else_the_project_s_own(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'old'}:/usr/bin:/bin")
    command(tmp_path / "old" / "go", "go1.19.8")
    with pytest.raises(ArtifactError, match=r"Go 1\.26 or newer is needed \(.*go is go1\.19\.8\)"):
        tools.go()
    own = command(home / "go" / "bin" / "go", "go1.26.8")
    assert tools.go() == own


def test_a_missing_tool_is_named_with_where_it_was_looked_for(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ArtifactError, match=r"neither as .*a home/bin/crane nor on PATH"):
        tools.crane()
    own = command(home / "bin" / "crane", "crane")
    assert tools.crane() == own


def test_a_failing_command_is_told_with_its_last_words_only(tmp_path: Path) -> None:
    script = "i=0; while [ $i -lt 100 ]; do echo line $i >&2; i=$((i+1)); done; exit 3"
    with pytest.raises(BuildError) as caught:
        tools.run(["sh", "-c", script], what="counting failed")
    assert caught.value.words.splitlines() == [f"line {number}" for number in range(100 - tools.WORDS, 100)]
    assert str(caught.value).startswith("counting failed\n")
    with (tmp_path / "log").open("w+") as log:
        log.write("before\n")
        log.flush()
        with pytest.raises(BuildError) as logged:
            tools.run(["sh", "-c", "echo why; exit 1"], log=log)
    assert logged.value.words == "why"
    assert (tmp_path / "log").read_text() == "before\nwhy\n"


def test_what_runs_can_be_ended() -> None:
    ended = io.StringIO()

    def wait() -> None:
        try:
            tools.run(["sleep", "60"])
        except BuildError as error:
            ended.write(str(error))

    thread = threading.Thread(target=wait)
    thread.start()
    deadline = time.monotonic() + 5
    while thread.is_alive() and time.monotonic() < deadline:
        tools.interrupt()
        thread.join(0.05)
    assert not thread.is_alive()
    assert "sleep failed" in ended.getvalue()
