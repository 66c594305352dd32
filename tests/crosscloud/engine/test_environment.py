"""What the user has chosen of Pulumi stays; only what is missing is made."""

import json
from pathlib import Path

import pytest

from crosscloud.engine.environment import pulumi_environment


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "a home"
    monkeypatch.setenv("CROSSCLOUD_HOME", str(folder))
    return folder


def base(tmp_path: Path, **values: str) -> dict[str, str]:
    return {"PATH": "/usr/bin", "PULUMI_HOME": str(tmp_path / "pulumi"), **values}


def test_without_a_backend_one_is_made_below_the_home_even_with_a_space_in_its_path(home: Path, tmp_path: Path) -> None:
    environment = pulumi_environment(base(tmp_path))
    assert environment["PULUMI_BACKEND_URL"] == f"file://{home}/state".replace(" ", "%20")
    assert (home / "state").is_dir()


def test_the_passphrase_is_made_once_for_the_owner_alone(home: Path, tmp_path: Path) -> None:
    files = [Path(pulumi_environment(base(tmp_path))["PULUMI_CONFIG_PASSPHRASE_FILE"]) for _ in range(2)]
    assert files[0] == files[1] == home / "passphrase"
    assert files[0].stat().st_mode & 0o777 == 0o600
    assert len(files[0].read_text()) >= 32


def test_a_backend_of_the_users_stays(home: Path, tmp_path: Path) -> None:
    environment = pulumi_environment(base(tmp_path, PULUMI_BACKEND_URL="s3://states"))
    assert environment["PULUMI_BACKEND_URL"] == "s3://states"
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in environment
    assert not (home / "passphrase").exists()


def test_a_login_of_the_users_stays(home: Path, tmp_path: Path) -> None:
    (tmp_path / "pulumi").mkdir()
    (tmp_path / "pulumi" / "credentials.json").write_text(json.dumps({"current": "https://api.pulumi.com"}))
    assert "PULUMI_BACKEND_URL" not in pulumi_environment(base(tmp_path))
    assert not home.exists()


def test_a_passphrase_of_the_users_stays(home: Path, tmp_path: Path) -> None:
    environment = pulumi_environment(base(tmp_path, PULUMI_CONFIG_PASSPHRASE="theirs"))
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in environment
    assert not (home / "passphrase").exists()


def test_python_may_keep_its_compiled_files(home: Path, tmp_path: Path) -> None:
    assert "PYTHONDONTWRITEBYTECODE" not in pulumi_environment(base(tmp_path, PYTHONDONTWRITEBYTECODE="1"))
    assert home is not None
