"""The project of a cell: the stack's settings with the cell's release, wherever the file lies."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from crosscloud.cells.cell import Cell, CellError
from crosscloud.cells.project import prepare, prepared
from crosscloud.stacks.pulumi import Stack
from tests.crosscloud.cells.conftest import release

LOCAL, AWS = Cell("local", "head"), Cell("aws", "head")


def _file(cell: Cell) -> Any:
    return yaml.safe_load(cell.own.file.read_text())


def test_it_has_the_stacks_settings_and_its_own_release(tmp_path: Path) -> None:
    (tmp_path / "head.env").write_text(release("v1.38.0"))
    ready = prepare(LOCAL, tmp_path / "head.env")
    assert ready.config.name == "local-head"
    assert Path(ready.config.release_file).read_text() == release("v1.38.0")
    assert _file(LOCAL)["config"]["crosscloud:cloud"] == "local"


def test_a_later_job_takes_the_release_that_the_cell_has(tmp_path: Path) -> None:
    (tmp_path / "head.env").write_text(release("v1.38.0"))
    prepare(LOCAL, tmp_path / "head.env")
    assert Path(prepare(LOCAL).config.release_file).read_text() == release("v1.38.0")


def test_without_a_release_it_takes_the_stacks_own() -> None:
    assert Path(prepare(LOCAL).config.release_file).read_text() == release()


def test_a_release_that_is_not_there_is_an_error_that_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(CellError, match=r"no release .*head\.env.*artifacts collect --channel head"):
        prepare(LOCAL, tmp_path / "head.env")


def test_the_provenance_comes_along_and_an_earlier_one_does_not_stay(tmp_path: Path) -> None:
    for number, told in enumerate(["{}", None]):
        file = tmp_path / f"{number}.env"
        file.write_text(release(f"v1.38.{number}"))
        if told:
            (tmp_path / f"{number}.provenance.json").write_text(told)
        kept = Path(prepare(LOCAL, file).config.release_file).with_name("release.provenance.json")
        assert kept.exists() == bool(told)


def test_paths_in_the_stacks_file_still_lead_to_where_they_did(tmp_path: Path) -> None:
    prepare(AWS)
    assert _file(AWS)["config"]["crosscloud:chartSource"] == {"path": str(tmp_path / "project" / "charts")}


def test_the_stacks_secrets_can_be_read_with_its_salt() -> None:
    prepare(AWS)
    assert _file(AWS)["encryptionsalt"] == "v1:salt"


def test_the_salt_of_a_state_that_another_machine_made_is_taken_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stack, "exists", lambda _: True)
    state = {"secrets_providers": {"type": "passphrase", "state": {"salt": "v1:of-the-state"}}}
    monkeypatch.setattr(Stack, "deployment", lambda _: state)
    prepare(LOCAL)
    assert _file(LOCAL)["encryptionsalt"] == "v1:of-the-state"


def test_a_destruction_needs_no_release(tmp_path: Path) -> None:
    (tmp_path / "project" / "release.env").unlink()
    assert prepared(LOCAL).file.exists()


def test_what_is_wrong_with_the_stacks_file_is_said_of_that_file(tmp_path: Path) -> None:
    (tmp_path / "project" / "Pulumi.local.yaml").write_text(
        "config:\n  crosscloud:cloud: local\n  crosscloud:wrokers: 1\n"
    )
    with pytest.raises(Exception, match=r"(?s)Pulumi\.local\.yaml.*wrokers"):
        prepare(LOCAL)
