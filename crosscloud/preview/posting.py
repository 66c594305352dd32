"""Putting a preview's note onto its merge request: a job of its own, since it alone has a token that may write."""

from dataclasses import dataclass
from pathlib import Path

from crosscloud.errors import CrosscloudError
from crosscloud.gitlab.client import Settings, connect
from crosscloud.gitlab.marked import Posted, bears, marker
from crosscloud.gitlab.notes import put_note
from crosscloud.preview.files import NOTE

_GONE = "### `{stack}` · not touched any more\n\nWhat this merge request changes by now can't reach this stack."


class PostingError(CrosscloudError):
    """There is no note to be posted, or no merge request to post it on."""


@dataclass(frozen=True)
class Target:
    """A merge request: its project by id or path, and its number there; and by the id of which pipeline it is asked.

    ``pipeline`` is 0 for a person.
    """

    project: str
    merge_request: int
    pipeline: int = 0

    @classmethod
    def of(cls, project: str, merge_request: str, pipeline: str = "") -> "Target":
        """Return the merge request that options or GitLab's variables name; raise `PostingError` if they don't."""
        missing = []
        if not project.strip():
            missing.append("the project: --project, or CI_PROJECT_ID of a pipeline")
        if not (merge_request.isascii() and merge_request.isdecimal() and int(merge_request)):
            missing.append(
                "the number of the merge request: --merge-request, or CI_MERGE_REQUEST_IID of its own pipeline"
            )
        if missing:
            raise PostingError(f"a note needs to know where it belongs; what is missing is {', and '.join(missing)}")
        if pipeline and not (pipeline.isascii() and pipeline.isdecimal()):
            raise PostingError(f"the id of the pipeline is {pipeline!r}: a number such as CI_PIPELINE_ID is needed")
        return cls(project.strip(), int(merge_request), int(pipeline or 0))

    def put(self, mark: str, body: str, settings: Settings, *, create: bool) -> Posted:
        """Make the note with this marker say this; raise `GitlabError`."""
        where = connect(settings), self.project, self.merge_request
        return put_note(*where, marker=mark, body=body, create=create, pipeline=self.pipeline)


def post(stack: str, folder: Path, target: Target, settings: Settings) -> Posted:
    """Make the merge request's note of a stack say what its preview found; ``folder`` is that of all previews.

    A preview without changes makes no note, but an existing one says so. Raises `PostingError` and `GitlabError`.
    """
    file = folder / stack / NOTE
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        written = f"`crosscloud preview {stack} --output {folder}` writes it"
        raise PostingError(f"the note of {stack}, {file}, can't be read: {why}. {written}") from None
    mark = marker("preview", stack)
    if not bears(mark, text):
        raise PostingError(f"{file} is not the note of stack {stack}: its first line is not {mark}")
    return target.put(mark, text, settings, create=not quiet(text))


def post_gone(stack: str, target: Target, settings: Settings) -> Posted:
    """Let a note of an earlier push say that the stack is not touched any more; none is made for it."""
    return target.put(marker("preview", stack), _GONE.format(stack=stack), settings, create=False)


def quiet(text: str) -> bool:
    """Say whether a note's headline has nothing to tell: no changes, and nothing that keeps them from being applied."""
    headline = next((line for line in text.splitlines() if line.startswith("### ")), "")
    return "**no changes**" in headline and "mandatory" not in headline
