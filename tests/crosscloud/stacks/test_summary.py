"""What is said after `up`: the images, and where they come from as far as that is known."""

from pathlib import Path

import pytest
from rich.console import Console

from crosscloud.release import PROJECTS
from crosscloud.stacks import summary
from tests.provenance import TOLD, collected

TEXT = "".join(f"{prefix}_IMAGE=registry.test/{prefix.lower()}\n{prefix}_TAG=ci-v1.37.2.0.1\n" for prefix in PROJECTS)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    file = tmp_path / "release.env"
    file.write_text(TEXT)
    return file


def lines(file: Path) -> list[str]:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(summary.images(file))
    return [" ".join(line.split()) for line in capture.get().splitlines() if line.strip()]


def test_without_sources_there_is_no_column_for_them(release: Path) -> None:
    found = lines(release)
    assert found[0] == "image tag digest"
    assert "node-exporter ci-v1.37.2.0.1 not known" in found


def test_each_image_whose_source_is_known_says_it(release: Path) -> None:
    collected(release)
    found = lines(release)
    assert found[0] == "image tag digest from"
    assert f"coredns ci-v1.37.2.0.1 not known {TOLD}" in found
    assert "node-exporter ci-v1.37.2.0.1 not known" in found


def test_sources_of_an_edited_release_are_not_believed(release: Path) -> None:
    collected(release)
    release.write_text(TEXT.replace("1.37.2", "1.37.3"))
    assert lines(release)[0] == "image tag digest"
