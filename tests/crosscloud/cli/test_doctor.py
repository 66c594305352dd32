"""What `crosscloud doctor` says of a machine."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from crosscloud.cli import doctor
from crosscloud.cli.app import app
from crosscloud.cli.for_tests import COMMANDS, for_tests
from crosscloud.machines.requirements import Requirement


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any command; those that a test puts into the folder are found."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("CROSSCLOUD_HOME", str(tmp_path / "home"))
    return tmp_path / "bin"


def command(folder: Path, name: str) -> None:
    (folder / name).touch(mode=0o755)


def test_what_the_tests_lack_is_named_with_the_package_where_there_is_no_apt(bare: Path) -> None:
    rows = {row.name: row for row in for_tests()}
    assert not any(row.ok for row in rows.values())
    assert all(package in rows[name].remedy for name, package in COMMANDS)
    command(bare, "apt-get")
    assert all(row.remedy == "`toolchain/setup.sh --tests` installs it" for row in for_tests())


def test_what_the_tests_have_is_shown_with_its_place(bare: Path) -> None:
    command(bare, "buildah")
    (found,) = [row for row in for_tests() if row.name == "buildah"]
    assert (found.ok, found.state, found.remedy) == (True, str(bare / "buildah"), "")


@pytest.mark.parametrize(("tools_ok", "status"), [(True, 0), (False, 1)])
def test_only_what_crosscloud_itself_lacks_makes_it_fail(
    bare: Path, monkeypatch: pytest.MonkeyPatch, tools_ok: bool, status: int
) -> None:
    assert list(bare.iterdir()) == []
    monkeypatch.setattr(doctor, "tools", lambda: [Requirement("pulumi", tools_ok, "as it is")])
    monkeypatch.setattr(doctor, "requirements", list)
    done = CliRunner().invoke(app, ["doctor"], env={"COLUMNS": "160"})
    assert done.exit_code == status
    assert "for the tests alone" in done.output
    assert "chromium-driver" in done.output
