"""A stage's log has all that was printed, and nothing that nobody may read."""

import subprocess
import sys
from pathlib import Path

import pytest

from crosscloud.cells.logs import masking, teed


def test_what_the_stage_and_its_commands_print_is_in_it_and_on_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with teed(tmp_path / "log", {}):
        print("one")
        subprocess.run(["echo", "two"], check=True)
        print("three", file=sys.stderr)
    assert (tmp_path / "log").read_text().split() == ["one", "two", "three"]
    assert capfd.readouterr().out.split() == ["one", "two", "three"]


def test_colours_stay_on_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with teed(tmp_path / "log", {}):
        print("\x1b[31mred\x1b[0m")
    assert (tmp_path / "log").read_text() == "red\n"
    assert "\x1b[31m" in capfd.readouterr().out


def test_values_of_secret_variables_are_hidden_everywhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with teed(tmp_path / "log", {"CI_JOB_TOKEN": "glcbt-1234567", "AWS_SECRET_ACCESS_KEY": "abcdefgh\nijklmnop"}):
        print("token glcbt-1234567, key ijklmnop abcdefgh")
    for text in ((tmp_path / "log").read_text(), capfd.readouterr().out):
        assert text == "token [hidden], key [hidden] [hidden]\n"


def test_passwords_in_addresses_and_keys_of_a_backend_are_hidden(tmp_path: Path) -> None:
    variables = {
        "PULUMI_BACKEND_URL": "postgres://writer:correct-horse@db.test/state",
        "AZURE_STORAGE_KEY": "c3RvcmFnZQ==",
    }
    with teed(tmp_path / "log", variables):
        print("can't reach postgres://writer:correct-horse@db.test/state with c3RvcmFnZQ==")
    assert (tmp_path / "log").read_text() == "can't reach postgres://writer:[hidden]@db.test/state with [hidden]\n"


def test_a_disk_that_is_full_holds_nothing_up(capfd: pytest.CaptureFixture[str]) -> None:
    lines = [f"line {number} of a long log" for number in range(9000)]  # more than a pipe holds
    with teed(Path("/dev/full"), {}):
        print("\n".join(lines))
    assert capfd.readouterr().out.splitlines() == lines


def test_what_is_no_secret_is_left_alone() -> None:
    assert (
        masking({"PULUMI_CONFIG_PASSPHRASE_FILE": "/home/x/passphrase", "SOME_TOKEN": "short", "HOME": "/home/xyz"})
        is None
    )


def test_a_failure_in_the_stage_is_in_it(tmp_path: Path) -> None:
    def fails() -> None:
        with teed(tmp_path / "log", {}):
            print("before")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fails()
    assert (tmp_path / "log").read_text() == "before\n"


def test_a_daemon_that_keeps_the_pipe_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crosscloud.cells.logs._PATIENCE", 0.2)
    with teed(tmp_path / "log", {}):
        daemon = subprocess.Popen(["sleep", "30"])
        print("started")
    daemon.kill()
    daemon.wait()
    assert (tmp_path / "log").read_text() == "started\n"
