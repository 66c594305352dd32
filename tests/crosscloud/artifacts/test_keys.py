import re
from dataclasses import replace
from pathlib import Path

from crosscloud.artifacts import keys, wrapper
from crosscloud.artifacts.builder import Artifact
from crosscloud.artifacts.catalogue.model import Project
from crosscloud.artifacts.modules import Module

from .conftest import MakeProject

MODULE = Module("example.com/m", "v1.2.3", "h1:sum", "2026-01-01T00:00:00Z", "", "", "")


def key(project: Project, go: str = "go1.26.8", module: Module = MODULE) -> str:
    values = {"version": "v1.2.3"}
    return keys.build_key(project, [wrapper.Source(build, module, values) for build in project.builds], go)


def test_the_same_ingredients_make_the_same_key(make_project: MakeProject) -> None:
    assert key(make_project()) == key(make_project())


def test_every_ingredient_makes_another_key(make_project: MakeProject) -> None:
    project = make_project()
    before = key(project)
    others = [
        key(project, go="go1.26.9"),
        key(project, module=replace(MODULE, version="v1.2.4")),
        key(project, module=replace(MODULE, sum="h1:other")),
        key(replace(project, image=replace(project.image, user=0))),
        key(replace(project, builds=(replace(project.builds[0], cgo=True),))),
    ]
    (wrapper.RECIPES / "hello" / "main.go").write_text("package main\n\nfunc main() {}\n")
    others.append(key(project))
    assert len({before, *others}) == len(others) + 1


def test_a_recipe_file_of_another_name_makes_another_key(make_project: MakeProject) -> None:
    project = make_project()
    before = key(project)
    main = wrapper.RECIPES / "hello" / "main.go"
    main.rename(main.with_name("other.go"))
    assert key(project) != before


def test_how_a_project_is_shown_is_no_ingredient(make_project: MakeProject) -> None:
    project = make_project()
    assert key(replace(project, title="Other", seconds=99, variable="OTHER")) == key(project)


def test_tags_have_the_form_of_releases_since_2017() -> None:
    artifact = Artifact("coredns", "1.15.0", "v1.15.0", "97c730ab" + "0" * 56, "sha256:x", "go1.26.8", 1.0)
    assert artifact.tag("5713") == "ci-v1.15.0.97c730ab.5713"
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", replace(artifact, version="2.0.0+incompatible").tag("0"))


def test_certificates_are_not_this_machine_s(home: Path) -> None:
    text = keys.certificates().read_text()
    assert text.count("BEGIN CERTIFICATE") > 50
    assert not keys.certificates().is_relative_to("/etc")
    assert not home.exists()
