"""A stack's file that is no stack's file is refused in words, before anybody looks for its keys."""

from pathlib import Path

import pytest

from crosscloud.config import ConfigErrors
from crosscloud.config.document import stack_document
from crosscloud.stacks.pulumi import Stack
from crosscloud.stacks.up import read_config


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("config:\n  crosscloud:cloud: local\n bad: 1\n", ".yaml:3: is no YAML: expected <block end>, but found"),
        ("config:\n\tcrosscloud:cloud: local\n", ".yaml:2: is no YAML: found character '\\t'"),
        ("config:\n  a: secret-1\n  a: secret-2\n", ".yaml:3: holds the key a twice (each key once)"),
        ("cloud is local\n", ".yaml: holds no keys (`config:` and below it, indented, keys"),
        ("config: local\n", ".yaml: `config` holds no keys (`config:` and below it, indented, keys"),
        ("config:\n- crosscloud:cloud\n", ".yaml: `config` holds no keys"),
        ("\x00\x01", ".yaml: is no YAML: "),
    ],
)
def test_what_is_wrong_is_said_with_the_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "Pulumi.mine.yaml"
    file.write_text(text)
    with pytest.raises(ConfigErrors) as refused:
        stack_document(file)
    headline, problem = str(refused.value).splitlines()
    assert headline == "1 error in the configuration of stack mine:"
    assert said in problem
    assert "secret" not in problem


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.mine.yaml").mkdir()
    with pytest.raises(ConfigErrors, match=r"Pulumi\.mine\.yaml: can't be read: Is a directory"):
        stack_document(tmp_path / "Pulumi.mine.yaml")


@pytest.mark.parametrize("text", ["", "config:\n", "encryptionsalt: v1:abc\n"])
def test_a_file_without_configuration_has_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "Pulumi.mine.yaml"
    assert stack_document(file) == {"config": {}}
    file.write_text(text)
    assert stack_document(file)["config"] == {}


def test_every_command_that_reads_a_stack_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSCLOUD_PROJECT", str(tmp_path))
    (tmp_path / "Pulumi.mine.yaml").write_text("config: [\n")
    with pytest.raises(ConfigErrors, match="is no YAML"):
        read_config(Stack("mine"))
