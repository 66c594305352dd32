"""A process that ended is waited for until PID 1 has taken note of it."""

from pathlib import Path

import pytest

from crosscloud.machines import reaping


def entry(proc: Path, pid: int, text: str) -> None:
    (proc / str(pid)).mkdir()
    (proc / str(pid) / "stat").write_text(text)


def test_only_ended_orphans_of_our_commands_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry(tmp_path, 11, "11 (systemd-nspawn) Z 1 11 11 0")
    entry(tmp_path, 12, "12 (systemd-nspawn) S 1 12 12 0")
    entry(tmp_path, 13, "13 (haproxy) Z 7 13 13 0")
    entry(tmp_path, 14, "14 (a shell) of sorts) Z 1 14 14 0")
    monkeypatch.setattr(reaping, "Path", lambda _proc: tmp_path)
    assert reaping._unreaped() == [11]


def test_a_pid_1_that_never_notices_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaping, "_PATIENCE", 0.05)
    monkeypatch.setattr(reaping, "_unreaped", lambda: [11])
    assert not reaping.wait_for_init()
