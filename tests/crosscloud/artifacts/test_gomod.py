import pytest

from crosscloud.artifacts import gomod
from crosscloud.artifacts.errors import ArtifactError

KUBERNETES = """// This is a generated file.
module k8s.io/kubernetes

go 1.26.0

godebug default=go1.26

require (
	github.com/kylelemons/godebug v1.1.0 // indirect
	k8s.io/api v0.0.0
)

replace (
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/kubectl => ./staging/src/k8s.io/kubectl // the client
)
"""
OTHER = """module example.com/m/v3

go 1.25.3

godebug (
	default=go1.25
	madvdontneed=1
)
exclude github.com/linode/linodego v1.0.0
exclude (
	// broken
	example.com/x v1.0.0
)
// replace example.com/commented => example.com/out v1.0.0
replace cloud.google.com/go => cloud.google.com/go v0.123.0
replace example.com/api/v3 => ../api
"""


def test_staging_modules_are_replaced_by_the_published_ones() -> None:
    text = gomod.render("x", {"k8s.io/kubernetes": "v1.37.2"}, KUBERNETES, staging_version="v0.37.2")
    assert "replace k8s.io/api => k8s.io/api v0.37.2\n" in text
    assert "replace k8s.io/kubectl => k8s.io/kubectl v0.37.2\n" in text
    assert "./staging" not in text


def test_what_upstream_builds_with_is_copied() -> None:
    text = gomod.render("x", {"k8s.io/kubernetes": "v1.37.2"}, KUBERNETES, staging_version="v0.37.2")
    assert text.startswith("module x\n\ngo 1.26.0\n\ngodebug default=go1.26\nrequire k8s.io/kubernetes v1.37.2\n")
    other = gomod.render("x", {"example.com/m/v3": "v3.0.0"}, OTHER)
    assert "replace cloud.google.com/go => cloud.google.com/go v0.123.0\n" in other
    assert "godebug default=go1.25\ngodebug madvdontneed=1\n" in other
    assert "exclude github.com/linode/linodego v1.0.0\n" in other
    assert "exclude example.com/x v1.0.0\n" in other


def test_a_folder_beside_the_module_means_nothing_outside_of_its_repository() -> None:
    text = gomod.render("x", {"example.com/m/v3": "v3.0.0"}, OTHER)
    assert "../api" not in text
    assert "commented" not in text


def test_a_requirement_is_not_taken_for_a_directive() -> None:
    assert gomod.directives(KUBERNETES)["godebug"] == ["default=go1.26"]


def test_a_recipe_without_modules_needs_only_a_language_version() -> None:
    assert gomod.render("x", {}) == f"module x\n\ngo {gomod.DEFAULT_GO}\n\n\n"


@pytest.mark.parametrize(
    ("version", "staging"),
    [
        ("v1.37.2", "v0.37.2"),
        ("v1.38.0-alpha.1", "v0.38.0-alpha.1"),
        ("v1.38.0-alpha.0.0.20261120101010-0123456789ab", "master"),
    ],
)
def test_staging_versions_follow_the_kubernetes_version(version: str, staging: str) -> None:
    assert gomod.staging_version(version) == staging


def test_a_kubernetes_of_another_major_version_is_refused() -> None:
    with pytest.raises(ArtifactError, match=r"v2\.0\.0"):
        gomod.staging_version("v2.0.0")
