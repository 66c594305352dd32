"""The files of a preview, for the jobs that come after it: the note, the widget's report, the whole difference."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from crosscloud.preview import diff, note, widget
from crosscloud.preview.model import Preview

if TYPE_CHECKING:
    from crosscloud.review import Review

NOTE, WIDGET, DIFF, REVIEW = "note.md", "widget.json", "diff.txt", "review.json"


def write(folder: Path, preview: Preview, review: "Review | None") -> None:
    """Write everything into a folder for its owner alone; what an earlier preview left there goes."""
    texts = {NOTE: note.render(preview), WIDGET: widget.text(preview), DIFF: diff.text(preview)}
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    for name in (*texts, REVIEW):
        (folder / name).unlink(missing_ok=True)
    for name, text in texts.items():
        with os.fdopen(os.open(folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(text)
    if review is not None:
        review.save(folder / REVIEW)
