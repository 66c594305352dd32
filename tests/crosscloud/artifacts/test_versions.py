import random
import time
from pathlib import Path

import pytest

from crosscloud.artifacts import catalogue, modules, versions
from crosscloud.artifacts.errors import BuildError
from crosscloud.artifacts.modules import Module

from .conftest import MakeProject

(COREDNS,) = catalogue.select(["coredns"])


class Proxy:
    """Stands for the module proxy: what it serves, and what it was asked."""

    def __init__(self, listed: list[str], branch: str | None = None, broken: tuple[str, ...] = ()) -> None:
        self.listed, self.branch, self.broken = listed, branch, broken
        self.tried: list[str] = []

    def install(self, monkeypatch: pytest.MonkeyPatch) -> "Proxy":
        monkeypatch.setattr(modules, "lookup", self.lookup)
        monkeypatch.setattr(modules, "versions", lambda _path: self.listed)
        monkeypatch.setattr(versions, "problem", self.problem)
        return self

    def lookup(self, path: str, version: str) -> Module:
        if version != "master" or self.branch is None:
            raise BuildError("not served", "403 Forbidden")
        return Module(path, self.branch, "h1:", "", "", "", "")

    def problem(self, _project: object, version: str) -> str | None:
        self.tried.append(version)
        return "a module is refused" if version in self.broken else None


def test_versions_are_ordered_as_semantic_versioning_says() -> None:
    ordered = ["v1.9.0", "v1.10.0-alpha.2", "v1.10.0-alpha.10", "v1.10.0-beta.1", "v1.10.0-rc.0", "v1.10.0", "v2.0.0"]
    mixed = ordered.copy()
    random.Random(1).shuffle(mixed)  # noqa: S311 - an order, not a secret
    assert sorted(mixed, key=versions.order) == ordered


def test_head_is_the_main_branch_where_it_is_served(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pseudo = "v1.15.1-0.20261120101010-0123456789ab"
    Proxy(["v1.15.0", "v1.16.0"], branch=pseudo).install(monkeypatch)
    assert versions.resolve(COREDNS, "head") == pseudo
    assert home.exists()


@pytest.mark.usefixtures("home")
def test_head_is_else_the_newest_version_that_can_be_built(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = ["v1.9.0", "v1.15.0", "v1.16.0", "v1.17.0", "v1.18.0"]
    proxy = Proxy(listed, broken=("v1.18.0", "v1.17.0")).install(monkeypatch)
    assert versions.resolve(COREDNS, "head") == "v1.16.0"
    assert proxy.tried == ["v1.18.0", "v1.17.0", "v1.16.0"]


@pytest.mark.usefixtures("home")
def test_head_is_never_older_than_stable(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Proxy(["v1.13.0", "v1.14.0"]).install(monkeypatch)
    assert versions.resolve(COREDNS, "head") == COREDNS.stable
    assert proxy.tried == []


@pytest.mark.usefixtures("home")
def test_head_is_asked_for_once_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Proxy(["v1.16.0"]).install(monkeypatch)
    assert versions.resolve(COREDNS, "head") == "v1.16.0"
    proxy.listed.append("v1.17.0")
    assert versions.resolve(COREDNS, "head") == "v1.16.0"
    assert versions.resolve(COREDNS, "head", refresh=True) == "v1.17.0"
    tomorrow = time.time() + versions.HEAD_IS_GOOD_FOR + 1
    monkeypatch.setattr(time, "time", lambda: tomorrow)
    proxy.listed.append("v1.18.0")
    assert versions.resolve(COREDNS, "head") == "v1.18.0"


@pytest.mark.usefixtures("home")
def test_support_images_have_no_head() -> None:
    (etcd,) = catalogue.select(["etcd"])
    assert versions.resolve(etcd, "head") == etcd.stable


@pytest.mark.usefixtures("home")
def test_sources_that_are_incomplete_are_not_a_head(make_project: MakeProject) -> None:
    assert versions.problem(make_project("whole"), "v1.2.3") is None
    embeds = 'package main\n\nimport "embed"\n\n//go:embed dist\nvar files embed.FS\n\nfunc main() { _ = files }\n'
    said = versions.problem(make_project("parts", main=embeds), "v1.2.3")
    assert said is not None
    assert "pattern dist: no matching files found" in said
