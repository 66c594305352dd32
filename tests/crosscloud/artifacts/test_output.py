"""The release file of a build: what it does to the word about where an earlier one came from."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crosscloud import provenance
from crosscloud.artifacts import catalogue, output
from crosscloud.artifacts.run import Published
from tests.provenance import collected

pytestmark = pytest.mark.usefixtures("home")


def build(tag: str) -> Path:
    """Write down that CoreDNS was built."""
    artifact: Any = SimpleNamespace(digest="sha256:" + "a" * 64)
    output.write(catalogue.select(["coredns"]), [Published(artifact, "registry.test/coredns", tag)])
    return output.release_file()


def test_what_is_built_here_is_from_no_branch() -> None:
    collected(build("v1"))
    assert set(provenance.load(output.release_file())) == {"coredns"}
    warnings: list[str] = []
    assert provenance.load(build("v2"), warnings.append) == {}
    assert warnings == []  # it is gone, not only out of date


def test_a_build_that_changes_nothing_leaves_the_word_as_it_is() -> None:
    collected(build("v1"))
    assert set(provenance.load(build("v1"))) == {"coredns"}
