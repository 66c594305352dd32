"""Where a release's images come from is told only as long as it is true."""

from pathlib import Path

import pytest

from crosscloud import provenance
from crosscloud.runs.record import Source
from tests.provenance import SOURCE, TOLD, collected

TEXT = "COREDNS_IMAGE=registry.test/coredns\nCOREDNS_TAG=ci-v1.15.0.97c730ab.5713\n"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    file = tmp_path / "release.env"
    file.write_text(TEXT)
    collected(file)
    return file


def load(file: Path) -> tuple[dict[str, Source], list[str]]:
    warnings: list[str] = []
    return provenance.load(file, warnings.append), warnings


def test_sources_are_known_by_the_names_of_a_release(release: Path) -> None:
    assert load(release) == ({"coredns": SOURCE}, [])


def test_the_file_lies_beside_its_release_and_bears_its_name(tmp_path: Path) -> None:
    assert provenance.file_of(tmp_path / "head.env") == tmp_path / "head.provenance.json"


def test_a_release_without_one_has_no_sources_and_that_is_no_reason_to_warn(tmp_path: Path) -> None:
    (tmp_path / "release.env").write_text(TEXT)
    assert load(tmp_path / "release.env") == ({}, [])


def test_a_release_that_was_edited_afterwards_has_no_sources(release: Path) -> None:
    release.write_text(TEXT.replace("1.15.0", "1.15.1"))
    sources, (warning,) = load(release)
    assert sources == {}
    assert "release.env was changed after it was collected" in warning


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "Invalid JSON"),
        ("{}", "collected: Field required"),
        ("\xff", "Invalid JSON"),
    ],
)
def test_what_is_no_provenance_is_ignored_with_the_reason(release: Path, text: str, why: str) -> None:
    provenance.file_of(release).write_text(text, encoding="latin-1")
    sources, (warning,) = load(release)
    assert sources == {}
    assert "release.provenance.json is ignored" in warning
    assert why in warning


def test_by_default_warnings_go_to_standard_error(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release.write_text("")
    assert provenance.load(release) == {}
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("warning: ")


def test_it_can_be_forgotten_more_than_once(release: Path) -> None:
    provenance.forget(release)
    provenance.forget(release)
    assert load(release) == ({}, [])


def test_a_copy_is_from_where_the_release_is_and_from_nowhere_else(release: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy" / "head.env"
    copy.parent.mkdir()
    provenance.copy(release, copy)
    assert load(copy) == ({"coredns": SOURCE}, [])
    provenance.forget(release)
    provenance.copy(release, copy)
    assert load(copy) == ({}, [])


def test_a_source_is_one_line() -> None:
    assert provenance.told(SOURCE) == TOLD


def test_outputs_are_plain_values() -> None:
    outputs = provenance.as_outputs({"coredns": SOURCE})
    assert outputs["coredns"]["pipeline"] == 5713
    assert outputs["coredns"]["finished"] == "2026-01-02T03:04:05Z"
