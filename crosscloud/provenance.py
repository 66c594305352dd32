"""Where a release's images come from: the file that `crosscloud artifacts collect` leaves beside a release file.

``release.provenance.json`` beside ``release.env`` names for each project the GitLab project, branch, commit and
pipeline. It holds the digest of the release file that it belongs to, so that one that was edited, built or copied over
afterwards is never said to come from where it does not.
"""

import hashlib
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from crosscloud.problems import first_wrong, shown
from crosscloud.release import PROJECTS

if TYPE_CHECKING:
    from crosscloud.runs.record import Source

#: As much of a commit as GitLab itself shows.
SHORT_COMMIT = 8


def file_of(release_file: Path) -> Path:
    """Return the provenance file that belongs to a release file."""
    return release_file.with_name(f"{release_file.stem}.provenance.json")


def digest_of(text: str) -> str:
    """Return the digest of a release file's text, as the provenance holds it."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def load(release_file: Path, warn: Callable[[str], None] | None = None) -> "dict[str, Source]":
    """Return the sources of a release's images, by their names in a ``Release`` (``coredns``).

    Empty where none are known: there is no file, or one that can't be believed, which ``warn`` is told of (default: a
    line on standard error). Nothing is raised: an image is the same whether or not one knows where it was built.
    """
    tell = warn or _to_standard_error
    file = file_of(release_file)
    if not file.exists():
        return {}  # the common case, in which a program need not import anything more
    from pydantic import ValidationError

    from crosscloud.runs.provenance import Provenance

    try:
        told = Provenance.model_validate_json(file.read_bytes())
        text = release_file.read_text(encoding="utf-8")
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        tell(f"{shown(file)} is ignored: {_why(error)}")
        return {}
    if told.release != digest_of(text):
        tell(
            f"{shown(file)} is ignored: {shown(release_file)} was changed after it was collected; "
            "`crosscloud artifacts collect` writes both anew"
        )
        return {}
    return {PROJECTS[prefix]: source for prefix, source in told.projects.items() if prefix in PROJECTS}


def forget(release_file: Path) -> None:
    """Remove the provenance of a release file whose images come from elsewhere now; none is no error."""
    file_of(release_file).unlink(missing_ok=True)


def copy(release_file: Path, to: Path) -> None:
    """Copy a release file, and what is known of where it comes from; what was known of an earlier copy goes."""
    shutil.copyfile(release_file, to)
    if file_of(release_file).exists():
        shutil.copyfile(file_of(release_file), file_of(to))
    else:
        forget(to)


def told(source: "Source") -> str:
    """Return a source in one line: ``coredns/coredns@master 97c730ab, pipeline 5713``."""
    return f"{source.project}@{source.branch} {source.commit[:SHORT_COMMIT]}, pipeline {source.pipeline}"


def as_outputs(sources: "Mapping[str, Source]") -> dict[str, dict[str, object]]:
    """Return sources as a stack's outputs carry them: plain values, times in ISO 8601."""
    return {name: source.model_dump(mode="json", exclude_none=True) for name, source in sources.items()}


def _why(error: Exception) -> str:
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        return first_wrong(error)
    return getattr(error, "strerror", None) or str(error)


def _to_standard_error(line: str) -> None:
    print(f"warning: {line}", file=sys.stderr)
