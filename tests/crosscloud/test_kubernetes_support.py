"""Which Kubernetes a release may name."""

import pytest

from crosscloud import config, kubernetes_support
from crosscloud.artifacts import catalogue
from crosscloud.config.stacks import Stack
from crosscloud.release import Image, Release, version_of


def release(tag: str) -> Release:
    names = dict.fromkeys(Release.__slots__, Image("registry.cncf.ci/x", "v1.2.3"))
    return Release(**{**names, "kubernetes": Image("registry.cncf.ci/kubernetes", tag)})


def stack(**values: object) -> Stack:
    return config.load({"cloud": "local", **values}, stack="demo", files=False)


@pytest.mark.parametrize("tag", ["ci-v1.37.2.bfcf8764.0", "v1.34.0", "v1.38.0-rc.1", "a-branch"])
def test_what_the_bootstrap_can_start_is_taken(tag: str) -> None:
    kubernetes_support.ensure(stack(), release(tag))


def test_what_it_can_not_start_is_refused_before_anything_is_made() -> None:
    with pytest.raises(
        kubernetes_support.TooOldError, match=r"KUBERNETES_TAG v1\.33\.4 .* 1\.34 or newer; .* existing"
    ):
        kubernetes_support.ensure(stack(), release("v1.33.4"))


def test_a_cluster_that_is_there_already_may_have_any() -> None:
    kubernetes_support.ensure(stack(cloud="existing"), release("v1.6.3"))


@pytest.mark.parametrize(("tag", "warned"), [("v1.37.2", False), ("v1.35.9", False), ("v1.34.9", True), ("x", False)])
def test_a_version_without_fixes_is_warned_of(tag: str, warned: bool) -> None:
    found = list(kubernetes_support.warnings(release(tag)))
    assert bool(found) is warned
    assert all("1.35 to 1.37" in warning for warning in found)


def test_the_newest_one_known_is_the_one_that_is_built() -> None:
    (kubernetes,) = catalogue.select(["kubernetes"])
    built = version_of(kubernetes.stable)
    assert built is not None
    assert built.startswith("{}.{}.".format(*kubernetes_support.NEWEST))
