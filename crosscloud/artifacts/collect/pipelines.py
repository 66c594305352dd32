"""Finding a project's ``release.env``: in the newest successful pipeline of the branch that has one.

*Newest* is the highest id, the order in which pipelines were created, as GitLab itself means it
(docs.gitlab.com/api/job_artifacts): an older pipeline that was retried and ended last is still older. Pipelines that
have no such file, as one that only builds the docs, are passed over; one whose file is gone is not, since an older file
would be an old release.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from crosscloud.artifacts.collect.catalogue import Wanted
from crosscloud.artifacts.collect.errors import NEEDS, UncollectedError
from crosscloud.artifacts.collect.jobs import NAME, look
from crosscloud.errors import CrosscloudError
from crosscloud.gitlab.client import Settings, asking, or_none
from crosscloud.runs.record import Source

if TYPE_CHECKING:
    from gitlab import Gitlab

#: Successful pipelines of a branch that are looked at, newest first.
DEPTH = 20
_HOW = "a job has to write it and name it in artifacts:paths (docs/artifacts.md)"
#: What one pipeline that is asked for may be: it may have started the run that asks, and so be running.
_FIT = ("success", "running")
#: Branches that are named where one is missing.
_BRANCHES_SHOWN = 8


@dataclass(frozen=True)
class Found:
    """A project's ``release.env`` and where it is from; ``head`` is the branch's newest commit."""

    text: str
    source: Source
    head: str

    @property
    def behind(self) -> bool:
        """Whether the branch has moved on since: its newest commit has no successful pipeline (yet)."""
        return self.head != self.source.commit


def find(gl: "Gitlab", wanted: Wanted) -> Found:
    """Find what is wanted.

    Raises `UncollectedError`, which tells a missing project, branch, pipeline and file from each other, and from a file
    that has expired and one that may not be read; and the client's own errors where GitLab can't be asked.
    """
    project = _project(gl, wanted)
    head = _head(project, wanted)
    pipeline, text = _Search(project, wanted).newest()
    source = Source(
        project=wanted.project,
        branch=wanted.branch,
        commit=pipeline.sha,
        pipeline=pipeline.id,
        url=pipeline.web_url,
        finished=pipeline.finished_at,
    )
    return Found(text, source, head)


def _project(gl: "Gitlab", wanted: Wanted) -> Any:
    found = or_none("the project", lambda: gl.projects.get(wanted.project), needs=NEEDS)
    if found is None:
        given: Settings = getattr(gl, "given", Settings(gl.url))
        own = " (a job's own token sees no private project's pipelines)" if given.job_token else ""
        raise UncollectedError(
            f"there is no such project, or {given.who} may not see it{own}",
            f"{wanted.variables}_PROJECT names another; a private one takes {NEEDS}",
        )
    return found


def _head(project: Any, wanted: Wanted) -> str:
    branch = or_none("the branch", lambda: project.branches.get(wanted.branch), needs=NEEDS)
    if branch is not None:
        return str(branch.commit["id"])
    with asking("the branches", needs=NEEDS):
        names = [str(each.name) for each in islice(project.branches.list(iterator=True), _BRANCHES_SHOWN + 1)]
    more = ", …" if len(names) > _BRANCHES_SHOWN else ""
    there = f"it has {', '.join(names[:_BRANCHES_SHOWN])}{more}" if names else "it has none"
    raise UncollectedError("the project has no such branch", f"{there}; {wanted.variables}_BRANCH names another")


@dataclass
class _Search:
    """The way through a branch's successful pipelines. ``hidden`` is as in `Look`, of all so far."""

    project: Any
    wanted: Wanted
    hidden: dict[str, CrosscloudError] = field(default_factory=dict)
    looked: int = 0
    hint: str = ""

    def newest(self) -> tuple[Any, str]:
        """Return the newest pipeline that has the file, and the file's text."""
        for pipeline in self._pipelines():
            for level in self._levels(pipeline):
                seen = look(self.project, level)
                if seen.files:
                    job, text = next(iter(seen.files.items()))
                    if job in self.hidden:
                        raise self.hidden[job]  # of a newer pipeline: this file is an old release
                    return pipeline, text
                self.hidden = {**seen.hidden, **self.hidden}
                self.hint = self.hint or seen.hint
        raise self._none()

    def _pipelines(self) -> Iterator[Any]:
        """Yield the branch's successful pipelines, newest first; not those of a tag that bears the branch's name.

        Where one pipeline is asked for, it is that one.
        """
        if self.wanted.pipeline is not None:
            yield self._asked_for(self.wanted.pipeline)
            return
        with asking("the pipelines", needs=NEEDS):
            listed = self.project.pipelines.list(
                ref=self.wanted.branch, status="success", order_by="id", sort="desc", per_page=DEPTH, iterator=True
            )
            for short in islice(listed, DEPTH):
                pipeline = self.project.pipelines.get(short.id)
                if not pipeline.tag:
                    self.looked += 1
                    yield pipeline

    def _asked_for(self, number: int) -> Any:
        pipeline = or_none(f"pipeline {number}", lambda: self.project.pipelines.get(number), needs=NEEDS)
        variable = f"{self.wanted.variables}_PIPELINE"
        if pipeline is None:
            raise UncollectedError(f"the project has no pipeline {number}", f"{variable} asks for it")
        if pipeline.ref != self.wanted.branch or pipeline.tag:
            kind = "tag" if pipeline.tag else "branch"
            raise UncollectedError(
                f"pipeline {number}, which {variable} asks for, is of the {kind} {pipeline.ref}",
                f"{self.wanted.variables}_BRANCH names the branch",
            )
        if pipeline.status not in _FIT:
            raise UncollectedError(f"pipeline {number}, which {variable} asks for, is {pipeline.status}")
        return pipeline

    def _levels(self, pipeline: Any) -> Iterator[list[Any]]:
        """Yield a pipeline, then its child pipelines, then theirs: the order in which GitLab itself looks."""
        level = [pipeline]
        while level:
            yield level
            level = [child for parent in level for child in self._children(parent)]

    def _children(self, pipeline: Any) -> list[Any]:
        numbers = []
        with asking(f"what pipeline {pipeline.id} started"):
            for bridge in pipeline.bridges.list(get_all=True):
                below = getattr(bridge, "downstream_pipeline", None) or {}
                # What it started in another project is that project's.
                if below.get("source") == "parent_pipeline" and below.get("status") == "success":
                    numbers.append(below["id"])
            return [self.project.pipelines.get(number) for number in numbers]

    def _none(self) -> CrosscloudError:
        if self.hidden:
            return next(iter(self.hidden.values()))
        if self.wanted.pipeline is not None:
            done = f"no job that has succeeded in pipeline {self.wanted.pipeline} carries a {NAME}"
            return UncollectedError(done, self.hint or _HOW)
        if self.looked:
            number = "the newest successful pipeline" if self.looked == 1 else f"{self.looked} successful pipelines"
            return UncollectedError(f"there is no {NAME} in {number} of the branch", self.hint or _HOW)
        with asking("the pipelines", needs=NEEDS):
            listed = self.project.pipelines.list(ref=self.wanted.branch, order_by="id", sort="desc", per_page=1, page=1)
        if not listed:
            return UncollectedError("the branch has no pipeline", "a push to it, or Build > Pipelines, starts one")
        newest = listed[0]
        return UncollectedError(
            "no pipeline of the branch has succeeded", f"the newest is {newest.status}: {newest.web_url}"
        )
