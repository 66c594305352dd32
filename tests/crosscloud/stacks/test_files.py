"""What a stack has beside its state."""

from pathlib import Path

import pytest

from crosscloud.stacks import files
from crosscloud.stacks.pulumi import Stack

SALT = "encryptionsalt: v1:abc=:v1:def:ghi\n"
CONFIG = "# a comment\nconfig:\n  crosscloud:cloud: local\n"


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
