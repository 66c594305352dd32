"""The widget, the whole difference, the terminal, and the files of a preview."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from crosscloud.cli.app import app
from crosscloud.preview import command, diff, files, terminal, widget
from crosscloud.preview.model import SECRET, UNKNOWN, Change, Difference, Op
from crosscloud.review import Part, Review

from . import recorded


def shown(name: str) -> str:
    out = io.StringIO()
    terminal.show(recorded.preview(name), Console(file=out, width=200, highlight=False))
    return out.getvalue()


def test_the_widget_counts_a_replacement_as_a_deletion_and_a_creation() -> None:
    assert recorded.preview("packet-control-plane-larger").counts.replace == 4
    assert widget.report(recorded.preview("packet-control-plane-larger")) == {"create": 4, "update": 1, "delete": 4}
    assert widget.report(recorded.preview("aws-unchanged")) == {"create": 0, "update": 0, "delete": 0}


def test_only_what_changes_is_in_the_difference() -> None:
    text = diff.text(recorded.preview("gke-workers-larger"))
    assert "+   nodeConfig.machineType: n2-standard-2\n" in text
    assert "-   nodeConfig.machineType: e2-standard-2\n" in text
    assert "diskType" not in text


def test_the_difference_of_long_texts_is_told_by_their_lines() -> None:
    old, new = "a: 1\nb: 2\nc: 3\n", "a: 1\nb: 9\nc: 3\n"
    lines = diff.resource(Change(Op.UPDATE, "t", "n", "u", differences=(Difference("values", old, new),)))
    assert lines[1:] == ["  values:", "      @@ -1,3 +1,3 @@", "       a: 1", "-     b: 2", "+     b: 9", "       c: 3"]


def test_a_secret_that_changes_is_said_to_and_not_shown() -> None:
    change = Change(Op.UPDATE, "t", "n", "u", differences=(Difference("userData", SECRET, SECRET),))
    assert diff.resource(change)[1:] == ["  userData: a secret that is another one"]


def test_what_replaces_a_resource_is_marked() -> None:
    change = Change(Op.REPLACE, "t", "n", "u", differences=(Difference("id", "a", UNKNOWN, replaces=True),))
    assert diff.resource(change)[1:] == ["-   id: a", f"+   id: {UNKNOWN}  (replaces it)"]


def test_long_values_are_cut_in_a_note_and_whole_in_the_file() -> None:
    change = Change(Op.CREATE, "t", "n", "u", new={"k": "v" * 1000})
    assert diff.resource(change, 300)[1] == f"+   k: {'v' * 300}… (1000 characters)"
    assert diff.resource(change)[1] == f"+   k: {'v' * 1000}"


def test_a_terminal_has_the_words_of_the_note() -> None:
    text = shown("aws-kubernetes")
    assert text.startswith("==> note-aws: +0 ~3 ±10 −0, policies passed  (9.3 s, 86 unchanged)")  # noqa: RUF001
    assert "  - All that runs in the cluster note-aws is lost\n" in text
    assert "- Kubernetes v1.37.2 → v1.37.3: the only control plane and 2 workers are replaced" in text
    assert "- replaced Instance: note-aws-control-plane-0 (userDataBase64)" in text
    assert "- Kubernetes: ci-v1.37.2.bfcf8764.0 → v1.37.3" in text


def test_a_terminal_shows_findings_and_refusals() -> None:
    assert "policy api-not-for-everybody (mandatory) at note-open-control-plane-0" in shown("packet-findings")
    refused = shown("packet-refused")
    assert refused.startswith("==> note-packet: the preview failed")
    assert "- error: note-packet: crosscloud:controlPlanes.size was m3.small.x86" in refused


def test_the_files_are_the_owners_alone_and_an_earlier_previews_are_gone(tmp_path: Path) -> None:
    folder = tmp_path / "previews" / "aws"
    files.write(folder, recorded.preview("aws-workers-larger"), None)
    (folder / "review.json").touch()
    files.write(folder, recorded.preview("aws-open"), None)
    assert {file.name for file in folder.iterdir()} == {"note.md", "widget.json", "diff.txt"}
    assert (folder / "note.md").read_text().startswith("<!-- crosscloud:preview:note-aws -->")
    assert json.loads((folder / "widget.json").read_text()) == {"create": 1, "update": 0, "delete": 0}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}


@pytest.mark.parametrize(
    ("name", "status"), [("aws-open", 0), ("packet-advised", 0), ("packet-findings", 1), ("aws-refused", 1)]
)
def test_the_commands_exit_status_tells_whether_it_could_be_applied(
    name: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = Part.of({}, b"")
    parts = dict.fromkeys(Review.PARTS, nothing)
    review = Review.model_validate({"project": "crosscloud", "stack": "aws", "salt": "00" * 16, **parts})
    monkeypatch.setattr(command, "preview", lambda *_, **__: (recorded.preview(name), review))
    done = CliRunner().invoke(app, ["preview", "aws", "--output", str(tmp_path)])
    assert done.exit_code == status, done.output
    assert {file.name for file in (tmp_path / "aws").iterdir()} == {"note.md", "widget.json", "diff.txt", "review.json"}
