"""One open issue for each thing that is wrong: found again and updated, closed when it is right."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crosscloud.gitlab.client import asking
from crosscloud.gitlab.marked import Posted, bears, make, marked, own_id, same

if TYPE_CHECKING:
    import gitlab

#: docs.gitlab.com/api/issues (title): characters.
_LONGEST_TITLE = 255
_NEEDS = "the scope api and the role Planner or Reporter, and issues must be on (Settings > General > Visibility)"


def open_issue(  # noqa: PLR0913 - an issue has that many parts
    gl: "gitlab.Gitlab", project: str, *, marker: str, title: str, body: str, labels: Sequence[str] = ()
) -> Posted:
    """Make the one open issue with this marker say this; make it if there is none. Raises `GitlabError`.

    Labels only sort it: GitLab leaves them out where the token's role is Guest, so that it is not found by them. One
    that was closed stays closed: what goes wrong again is a new issue.
    """
    issues = _Issues(gl, project, marker)
    said = {"title": title[:_LONGEST_TITLE], "description": marked(marker, body, issues.name)}
    found = issues.own()
    made = not found
    found = found or issues.create({**said, "labels": list(labels)})
    for twin in found[1:]:
        issues.close(twin, f"The same as #{found[0].iid}.")
    changed = issues.write(found[0], said)
    return Posted("created" if made else "updated" if changed else "unchanged", found[0].web_url)


def close_issue(gl: "gitlab.Gitlab", project: str, *, marker: str, comment: str) -> Posted:
    """Close the open issue with this marker, with a comment that says why; none is none. Raises `GitlabError`."""
    issues = _Issues(gl, project, marker)
    found = issues.own()
    for issue in found:
        issues.close(issue, comment)
    return Posted("closed", found[0].web_url) if found else Posted("none")


class _Issues:
    """The open issues of a project that bear a marker and are one's own."""

    def __init__(self, gl: "gitlab.Gitlab", project: str, mark: str) -> None:
        self.mark, self.me = mark, own_id(gl)
        self.name = f"the issues of {project}"
        with asking(f"the project {project}", needs=_NEEDS):
            # Not lazily: its id is what a project that was renamed or moved is written to, its old path is read only.
            self.project = gl.projects.get(project)

    def own(self) -> list[Any]:
        """Return them, the oldest first, over every page."""
        with asking(self.name, needs=_NEEDS):
            every = self.project.issues.list(iterator=True, state="opened", author_id=self.me)
            found = [each for each in every if each.author["id"] == self.me and bears(self.mark, each.description)]
        return sorted(found, key=lambda each: int(each.iid))

    def create(self, said: dict[str, Any]) -> list[Any]:
        """Make the issue; return all that there are then."""
        return make(self.name, lambda: self.project.issues.create(said), self.own, needs=_NEEDS)

    def write(self, issue: Any, said: dict[str, str]) -> bool:
        """Make an issue say this; return whether it said something else."""
        if issue.title == said["title"] and same(issue.description, said["description"]):
            return False
        with asking(self.name, needs=_NEEDS):
            issue.title, issue.description = said["title"], said["description"]
            issue.save()
        return True

    def close(self, issue: Any, comment: str) -> None:
        """Close an issue, and say why before: who is told of the closing reads it."""
        with asking(self.name, needs=_NEEDS):
            issue.notes.create({"body": comment})
            issue.state_event = "close"
            issue.save()
