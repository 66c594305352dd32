"""The keys of a plugin's clients: for their owner alone, and gone with the plugin."""

import base64
import os
import time
from pathlib import Path

import pytest
import yaml

from crosscloud.plugins.crosscloud import api


def _kubeconfig() -> str:
    def data(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    return yaml.safe_dump(
        {
            "current-context": "a",
            "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
            "clusters": [{"name": "a", "cluster": {"server": "https://127.0.0.1:1", "insecure-skip-tls-verify": True}}],
            "users": [{"name": "a", "user": {"token": "a-token", "client-key-data": data("a private key")}}],
        }
    )


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CROSSCLOUD_HOME", str(tmp_path))
    api.forget()
    return tmp_path


def test_keys_are_their_owners_alone_and_gone_with_the_plugin(home: Path) -> None:
    client = api.client(_kubeconfig())
    key = Path(client.configuration.key_file)
    assert key.read_text() == "a private key"
    assert key.parent == home / "keys" / str(os.getpid())
    assert (key.stat().st_mode & 0o777, key.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    api.forget()
    assert list((home / "keys").iterdir()) == []


def test_a_plugin_removes_the_keys_of_one_that_was_killed_and_of_no_other(home: Path) -> None:
    for name, age in (("4194399", 7200), ("4194398", 60), (str(os.getppid()), 7200)):
        (home / "keys" / name).mkdir(parents=True)
        os.utime(home / "keys" / name, (time.time() - age,) * 2)
    api.client(_kubeconfig())
    left = {each.name for each in (home / "keys").iterdir()}
    assert left == {str(os.getpid()), "4194398", str(os.getppid())}
    api.forget()
