"""How tests put things into a project of the stub: one call a thing, chained."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tests.gitlab import model


@dataclass(frozen=True)
class ProjectSetup:
    """A project to be filled."""

    state: model.State
    project: model.Project

    def branch(self, name: str, commit: str) -> "BranchSetup":
        """Make a branch that points at a commit, or move it."""
        self.project.branches[name] = commit
        return BranchSetup(self.state, self.project, name, commit)

    def renamed(self, path: str) -> "ProjectSetup":
        """Give it another path; the one before leads to it."""
        self.project.former.append(self.project.path)
        self.project.path = path
        return self

    def accepts_jobs_of(self, *projects: "ProjectSetup") -> "ProjectSetup":
        """Put projects onto the allowlist of those whose job tokens are accepted."""
        self.project.inbound.extend(each.project.id for each in projects)
        return self

    def merge_request(
        self, title: str = "Change", *, branch: str = "change", commit: str = "c0ffee" + "0" * 34, author: str = "dev"
    ) -> "MergeRequestSetup":
        """Open a merge request from a branch of the same project."""
        user = next((each for each in self.state.users if each.username == author), None)
        if user is None:
            user = model.User(id=self.state.next(), username=author)
            self.state.users.append(user)
        self.project.merge_requests.append(
            model.MergeRequest(
                id=self.state.next(),
                iid=len(self.project.merge_requests) + 1,
                title=title,
                source_branch=branch,
                sha=commit,
                author=user.id,
                commits=[commit],
            )
        )
        return MergeRequestSetup(self.state, self.project, self.project.merge_requests[-1])


@dataclass(frozen=True)
class BranchSetup:
    """A branch that pipelines ran on."""

    state: model.State
    project: model.Project
    name: str
    commit: str

    def pipeline(
        self, status: str = "success", *, commit: str | None = None, source: str = "push", tag: bool = False
    ) -> "PipelineSetup":
        """Add a pipeline, newer than those before; with ``tag`` one of a tag of the same name."""
        made = _pipeline(self.state, self.project, self.name, commit or self.commit, status, source)
        made.pipeline.tag = tag
        return made


@dataclass(frozen=True)
class PipelineSetup:
    """A pipeline that jobs ran in."""

    state: model.State
    project: model.Project
    pipeline: model.Pipeline

    def job(
        self,
        name: str,
        *,
        artifacts: dict[str, str] | None = None,
        status: str = "success",
        expired: bool = False,
        cleaned: bool = True,
        erased: bool = False,
        retried: bool = False,
        reports: list[str] | None = None,
        environment: str | None = None,
        finished: datetime | None = None,
        stage: str = "test",
    ) -> "PipelineSetup":
        """Add a job with the files of its artifacts archive; what became of them is said as in `model.Job`."""
        self.pipeline.jobs.append(
            model.Job(
                id=self.state.next(),
                name=name,
                status=status,
                stage=stage,
                artifacts=artifacts or {},
                expired=expired,
                cleaned=cleaned,
                erased=erased,
                retried=retried,
                reports=reports or [],
                environment=environment,
                finished=finished or model.now(),
            )
        )
        return self

    def child(self, status: str = "success", *, project: ProjectSetup | None = None) -> "PipelineSetup":
        """Let it start a child pipeline, or with ``project`` a pipeline of another project, newer than those before."""
        home = project.project if project else self.project
        source = "pipeline" if project else "parent_pipeline"
        made = _pipeline(self.state, home, self.pipeline.ref, self.pipeline.sha, status, source)
        made.pipeline.parent = (self.project.id, self.pipeline.id)
        return made


@dataclass(frozen=True)
class MergeRequestSetup:
    """A merge request to be filled."""

    state: model.State
    project: model.Project
    merge_request: model.MergeRequest

    def changes(
        self, path: str, *, old: str | None = None, kind: Literal["new", "renamed", "deleted", "modified"] = "modified"
    ) -> "MergeRequestSetup":
        """Add a changed file; ``old`` is its name before."""
        self.merge_request.diffs.append(model.Diff(old_path=old or path, new_path=path, kind=kind))
        return self

    def note(self, author: model.User, body: str, *, system: bool = False) -> model.Note:
        """Add a note of somebody."""
        note = model.Note(id=self.state.next(), author=author.id, body=body, system=system)
        self.merge_request.notes.append(note)
        return note

    def merged(self, commit: str) -> "MergeRequestSetup":
        """Merge it by this merge commit, which becomes the target branch's newest."""
        self.merge_request.state = "merged"
        self.merge_request.merge_commit = commit
        self.project.branches[self.merge_request.target_branch] = commit
        return self

    def pipeline(self, status: str = "success", *, commit: str | None = None) -> PipelineSetup:
        """Add a merge request pipeline of its head, newer than those before."""
        ref = f"refs/merge-requests/{self.merge_request.iid}/head"
        sha = commit or self.merge_request.sha
        return _pipeline(self.state, self.project, ref, sha, status, "merge_request_event")


def _pipeline(  # noqa: PLR0917 - one for both kinds of pipelines
    state: model.State, project: model.Project, ref: str, sha: str, status: str, source: str
) -> PipelineSetup:
    iid = len(project.pipelines) + 1
    made = model.Pipeline(id=state.next(), iid=iid, ref=ref, sha=sha, status=status, source=source)
    project.pipelines.append(made)
    return PipelineSetup(state, project, made)
