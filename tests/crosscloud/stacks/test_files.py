"""What a stack has beside its state."""

import base64
from pathlib import Path

import pytest

from crosscloud import gke_access
from crosscloud.stacks import files
from crosscloud.stacks.pulumi import Stack
from crosscloud.stacks.workspace import Workspace

SALT = "encryptionsalt: v1:abc=:v1:def:ghi\n"
CONFIG = "# a comment\nconfig:\n  crosscloud:cloud: local\n"
CA = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nca\n-----END CERTIFICATE-----\n").decode()
BY_PLUGIN = gke_access.users_kubeconfig("demo", "203.0.113.9", CA)
BY_TOKEN = gke_access.program_kubeconfig("demo", "203.0.113.9", CA, "ya29.token")


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    monkeypatch.setenv("CROSSCLOUD_PROJECT", str(tmp_path))
    return Stack("demo")


def test_the_salt_of_a_stack_that_is_gone_is_removed_and_nothing_else(stack: Stack) -> None:
    stack.file.write_text(SALT + CONFIG)
    files.remove_salt(stack)
    assert stack.file.read_text() == CONFIG


def test_the_salt_stays_while_a_value_is_encrypted_with_it(stack: Stack) -> None:
    secret = CONFIG + "  crosscloud:word:\n    secure: v1:abc\n"
    stack.file.write_text(SALT + secret)
    files.remove_salt(stack)
    assert stack.file.read_text() == SALT + secret


def test_a_file_without_a_salt_is_not_touched(stack: Stack) -> None:
    stack.file.write_text(CONFIG)
    stack.file.chmod(0o444)
    files.remove_salt(stack)
    assert stack.file.read_text() == CONFIG


def test_a_kubeconfig_and_its_folders_go_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSCLOUD_HOME", str(tmp_path))
    path = files.kubeconfig_file("demo")
    path.parent.mkdir(parents=True)
    path.touch()
    files.remove_kubeconfig("demo")
    assert not (tmp_path / "clusters").exists()


class Elsewhere(Workspace):
    """The workspace of a rehearsal."""


def test_a_kubeconfig_that_holds_its_credentials_is_taken_as_it_is() -> None:
    assert files.usable_kubeconfig({"kubeconfig": BY_TOKEN, "programKubeconfig": BY_TOKEN}) == BY_TOKEN


def test_one_by_a_plugin_is_taken_where_the_plugin_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = {"kubeconfig": BY_PLUGIN, "programKubeconfig": BY_TOKEN}
    monkeypatch.setenv("PATH", str(tmp_path))
    assert files.usable_kubeconfig(outputs) == BY_TOKEN
    (tmp_path / gke_access.PLUGIN).touch(mode=0o755)
    assert files.usable_kubeconfig(outputs) == BY_PLUGIN


def test_a_rehearsal_never_asks_the_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / gke_access.PLUGIN).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    outputs = {"kubeconfig": BY_PLUGIN, "programKubeconfig": BY_TOKEN}
    assert files.usable_kubeconfig(outputs, Elsewhere()) == BY_TOKEN
