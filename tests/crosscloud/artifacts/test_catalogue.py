import pytest

from crosscloud import release
from crosscloud.artifacts import catalogue, versions, wrapper
from crosscloud.artifacts.catalogue.model import Project
from crosscloud.artifacts.errors import ArtifactError

EVERY = pytest.mark.parametrize("project", catalogue.PROJECTS, ids=lambda project: project.name)


@EVERY
def test_an_image_holds_only_what_is_built(project: Project) -> None:
    built = {name for build in project.builds for name in build.commands}
    assert set(project.image.binaries) == built
    assert set(project.image.bind_service) <= set(project.image.binaries.values())
    for command in (project.image.entrypoint, project.image.command):
        if command and command[0].startswith("/"):
            assert command[0] in project.image.binaries.values()


@EVERY
def test_a_recipe_has_its_sources(project: Project) -> None:
    for build in project.builds:
        assert build.module or build.recipe
        if build.recipe:
            assert (wrapper.RECIPES / build.recipe / "main.go").is_file()


@EVERY
def test_a_stable_version_is_an_exact_one(project: Project) -> None:
    assert project.stable.startswith("v")
    assert versions.order(project.stable)[1], "a pre-release is not stable"


@EVERY
def test_every_binary_of_others_tells_its_version(project: Project) -> None:
    for build in project.builds:
        if build.module:
            assert set(build.says_version) == set(build.commands)


def test_names_repositories_and_variables_are_unique() -> None:
    for attribute in ("name", "variable"):
        values = [getattr(project, attribute) for project in catalogue.PROJECTS]
        assert len(set(values)) == len(values)
    assert len({project.image.repository for project in catalogue.PROJECTS}) == len(catalogue.PROJECTS)


def test_the_released_projects_are_those_that_a_release_names() -> None:
    assert {project.variable for project in catalogue.RELEASE} == set(release.PROJECTS)
    assert all(project.released for project in catalogue.RELEASE)
    assert not any(project.released for project in catalogue.SUPPORT)


def test_prometheus_modules_are_shown_as_the_product() -> None:
    (project,) = catalogue.select(["prometheus"])
    assert project.public_version("v0.315.0") == "3.15.0"
    assert project.public_version("v0.309.1") == "3.9.1"
    assert project.public_version("v0.316.0-rc.0") == "3.16.0-rc.0"


def test_unknown_projects_are_named_together_with_the_known() -> None:
    with pytest.raises(ArtifactError, match=r"one, two; known: kubernetes, coredns"):
        catalogue.select(["one", "coredns", "two"])
