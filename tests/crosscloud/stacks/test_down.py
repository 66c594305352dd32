"""What `crosscloud down` does to a stack, and what it does not forget."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from crosscloud.errors import CrosscloudError
from crosscloud.stacks import down as taking_down
from crosscloud.stacks.pulumi import PulumiError, Stack


class Backend:
    """A backend with one stack, or none; what is asked of it is written down, and destroying fails if told so."""

    def __init__(self, resources: list[str] | None, fails: bool = False) -> None:
        self.resources = resources
        self.fails = fails
        self.asked: list[str] = []

    def ask(self, *arguments: str) -> str:
        self.asked.append(" ".join(arguments))
        return ""

    def show(self, _: Stack, *arguments: str) -> None:
        self.asked.append(arguments[0])
        if self.fails:
            raise PulumiError("the cloud does not answer")


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Backend:
    made = Backend(["pulumi:pulumi:Stack", "crosscloud:cluster:Aws"])
    monkeypatch.setenv("CROSSCLOUD_PROJECT", str(tmp_path))
    monkeypatch.setenv("CROSSCLOUD_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(Stack, "exists", lambda _: made.resources is not None)
    monkeypatch.setattr(Stack, "deployment", lambda _: {"resources": [{"type": one} for one in made.resources or ()]})
    monkeypatch.setattr(Stack, "ask", made.ask)
    monkeypatch.setattr("crosscloud.stacks.marks.noted", lambda _: nullcontext())
    monkeypatch.setattr("crosscloud.stacks.marks.end_review", lambda _: None)
    monkeypatch.setattr("crosscloud.stacks.recovery.recover", lambda _: [])
    monkeypatch.setattr("crosscloud.stacks.recovery.show", made.show)
    monkeypatch.setattr(taking_down, "clean_host", lambda: made.asked.append("clean host"))
    monkeypatch.setattr(taking_down, "_remove_all_but_rehearsals", lambda: made.asked.append("by records"))
    return made


def write(folder: Path, values: dict[str, Any]) -> None:
    lines = [f"  crosscloud:{key}: {value}\n" for key, value in values.items()]
    (folder / "Pulumi.mine.yaml").write_text("".join(["config:\n", *lines]))


def test_a_stack_in_a_cloud_that_cannot_be_destroyed_is_not_forgotten_though_its_file_is_gone(backend: Backend) -> None:
    backend.fails = True
    with pytest.raises(PulumiError):
        taking_down.down("mine")
    assert backend.asked == ["destroy"]


def test_no_review_is_gone_on_with_over_what_a_killed_destruction_left(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crosscloud.stacks.marks.end_review", lambda _: backend.asked.append("end review"))
    taking_down.down("mine")
    assert backend.asked[:2] == ["end review", "destroy"]


def test_a_file_that_does_not_say_the_cloud_makes_nothing_local(backend: Backend, tmp_path: Path) -> None:
    write(tmp_path, {"podCidr": "10.0.0.0/16"})
    taking_down.down("mine")
    assert backend.asked == ["destroy", "stack rm --yes --preserve-config"]


@pytest.mark.parametrize("file", [True, False])
def test_a_local_stack_goes_by_its_records_where_the_engine_fails(backend: Backend, tmp_path: Path, file: bool) -> None:
    backend.fails, backend.resources = True, ["crosscloud:cluster:Local"]
    if file:
        write(tmp_path, {"cloud": "local"})
    taking_down.down("mine")
    assert backend.asked == ["destroy", "by records", "stack rm --yes --preserve-config --force", "clean host"]


def test_a_stack_that_is_not_up_is_no_error(
    backend: Backend, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backend.resources = None
    write(tmp_path, {"cloud": "local"})
    taking_down.down("mine")
    assert backend.asked == ["clean host"]
    assert capsys.readouterr().out == "    there is no stack mine\n"


def test_a_misspelt_stack_is_not_taken_for_one_that_is_gone(backend: Backend, tmp_path: Path) -> None:
    backend.resources = None
    write(tmp_path, {"cloud": "aws"})
    with pytest.raises(CrosscloudError, match=r"there is no Pulumi\.mien\.yaml; the stacks of this project are mine"):
        taking_down.down("mien")
    assert backend.asked == []
