"""A home of its own for each test, and a project small enough to be compiled for real in a second."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crosscloud.artifacts import registry, wrapper
from crosscloud.artifacts.catalogue.model import Build, Image, Project
from crosscloud.paths import ROOT

MakeProject = Callable[..., Project]

HELLO = """package main

import "fmt"

var version = "unset"

func main() { fmt.Println("hello", version) }
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home, in a folder with a space in its name; a registry that a test started is stopped."""
    folder = tmp_path / "a home"
    monkeypatch.setenv("CROSSCLOUD_HOME", str(folder))
    own = Path(ROOT) / ".crosscloud"
    monkeypatch.setenv("PATH", os.pathsep.join([os.environ["PATH"], str(own / "bin"), str(own / "go" / "bin")]))
    yield folder
    registry.stop()


@pytest.fixture
def port() -> int:
    """A port that is free."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def make_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeProject:
    """Return a function that makes a project out of a main.go."""
    recipes = tmp_path / "recipes"
    monkeypatch.setattr(wrapper, "RECIPES", recipes)

    def make(name: str = "hello", main: str = HELLO, says: str = "{version}") -> Project:
        (recipes / name).mkdir(parents=True, exist_ok=True)
        (recipes / name / "main.go").write_text(main)
        build = Build(recipe=name, commands={name: "."}, stamp={"main.version": says}, says_version={name: ()})
        image = Image(repository=f"tests/{name}", binaries={name: f"/{name}"}, entrypoint=(f"/{name}",), user=65534)
        return Project(name, name.title(), "v1.2.3", (build,), image, variable=name.upper(), source="")

    return make
