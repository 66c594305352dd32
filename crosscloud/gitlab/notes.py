"""One note for each stack on a merge request: found again and updated, never piled up."""

from typing import TYPE_CHECKING, Any

from crosscloud.gitlab.client import asking
from crosscloud.gitlab.marked import Posted, bears, make, marked, own_id, pipeline_of, same

if TYPE_CHECKING:
    import gitlab

_NEEDS = "the scope api and, where the project is not public, the role Reporter"


def put_note(  # noqa: PLR0913 - where it is, which one it is, and what it says
    gl: "gitlab.Gitlab",
    project: str,
    merge_request: int,
    *,
    marker: str,
    body: str,
    create: bool = True,
    pipeline: int = 0,
) -> Posted:
    """Make the merge request's one note with this marker say ``body``.

    A note that says so already is not written again; without ``create`` only one that is there is changed. ``pipeline``
    is the id of the one that has this to say: what a later one wrote is left, for its jobs may well be done before
    those of an earlier one. Should there be several notes, from jobs that ran at the same time, the oldest stays.
    ``project`` is a path or an id. Raises `GitlabError`.
    """
    notes = _Notes(gl, project, merge_request, marker)
    text = marked(marker, body, notes.name, pipeline=pipeline)
    found = notes.own()
    if not found and not create:
        return Posted("none")
    made = not found
    found = found or notes.create(text)
    newest = max(found, key=lambda note: pipeline_of(note.body))
    if 0 < pipeline < pipeline_of(newest.body):
        return Posted("outdated", notes.url(newest))
    notes.remove(found[1:])
    changed = notes.write(found[0], text)
    return Posted("created" if made else "updated" if changed else "unchanged", notes.url(found[0]))


class _Notes:
    """The notes of one merge request that bear a marker and are one's own."""

    def __init__(self, gl: "gitlab.Gitlab", project: str, iid: int, mark: str) -> None:
        self.mark, self.me = mark, own_id(gl)
        self.name = f"the note on merge request !{iid} of {project}"
        with asking(f"merge request !{iid} of {project}", needs=_NEEDS):
            self.merge_request = gl.projects.get(project, lazy=True).mergerequests.get(iid)

    def own(self) -> list[Any]:
        """Return them, the oldest first, over every page."""
        with asking(self.name, needs=_NEEDS):
            every = self.merge_request.notes.list(iterator=True, order_by="created_at", sort="asc")
            found = [note for note in every if not note.system and note.author["id"] == self.me]
        return sorted((note for note in found if bears(self.mark, note.body)), key=lambda note: int(note.id))

    def create(self, text: str) -> list[Any]:
        """Write the note; return all that there are then."""
        return make(self.name, lambda: self.merge_request.notes.create({"body": text}), self.own, needs=_NEEDS)

    def write(self, note: Any, text: str) -> bool:
        """Make a note say this; return whether it said something else."""
        if same(note.body, text):
            return False
        with asking(self.name, needs=_NEEDS):
            note.body = text
            note.save()
        return True

    def remove(self, notes: list[Any]) -> None:
        """Delete notes; one that another job has deleted meanwhile is as good as deleted."""
        import gitlab.exceptions

        for note in notes:
            with asking(self.name, needs=_NEEDS):
                try:
                    note.delete()
                except gitlab.exceptions.GitlabDeleteError as error:
                    if error.response_code != 404:  # noqa: PLR2004 - HTTP
                        raise

    def url(self, note: Any) -> str:
        """Return the note's address."""
        return f"{self.merge_request.web_url}#note_{note.id}"
