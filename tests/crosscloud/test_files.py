"""A file that is written is the old one or the new one, and never a half."""

import stat
from pathlib import Path

import pytest

from crosscloud.files import read_json, write_json, write_text


def test_a_file_is_replaced_whole_with_the_rights_that_were_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "a folder" / "file"
    for text, mode in (("one", 0o644), ("zwei: é", 0o600)):
        write_text(file, text, mode)
        assert file.read_text(encoding="utf-8") == text
        assert stat.S_IMODE(file.stat().st_mode) == mode
    assert list(file.parent.iterdir()) == [file]


def test_what_fails_on_the_way_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    write_text(file, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(file, "new \udcff")

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="disk full"):
        write_text(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_what_is_no_json_object_reads_as_an_empty_one(tmp_path: Path) -> None:
    file = tmp_path / "file"
    assert read_json(file) == {}
    for text in ("{", "[]", "\xff"):
        file.write_text(text, encoding="latin-1")
        assert read_json(file) == {}
    write_json(file, {"b": 1, "a": 2})
    assert read_json(file) == {"a": 2, "b": 1}
