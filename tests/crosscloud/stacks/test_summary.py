"""What is said after `up`: the images, and where they come from as far as that is known."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from crosscloud import provenance
from crosscloud.release import PROJECTS
from crosscloud.runs.provenance import Provenance, render
from crosscloud.runs.record import Source
from crosscloud.stacks import summary

TEXT = "".join(f"{prefix}_IMAGE=registry.test/{prefix.lower()}\n{prefix}_TAG=ci-v1.37.2.0.1\n" for prefix in PROJECTS)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    file = tmp_path / "release.env"
    file.write_text(TEXT)
    return file


def collected(file: Path) -> None:
    source = Source(project="coredns/coredns", branch="master", commit="97c730ab00", pipeline=5713, url="https://x/y")
    told = Provenance(
        collected=datetime.now(UTC),
        channel="head",
        gitlab="https://x",
        release=provenance.digest_of(file.read_text()),
        projects={"COREDNS": source},
    )
    provenance.file_of(file).write_text(render(told))


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
    assert "coredns ci-v1.37.2.0.1 not known coredns/coredns@master 97c730ab, pipeline 5713" in found
    assert "node-exporter ci-v1.37.2.0.1 not known" in found


def test_sources_of_an_edited_release_are_not_believed(release: Path) -> None:
    collected(release)
    release.write_text(TEXT.replace("1.37.2", "1.37.3"))
    assert lines(release)[0] == "image tag digest"
