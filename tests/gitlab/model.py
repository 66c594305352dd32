"""What the stub keeps: projects, pipelines, merge requests, issues, users and tokens. It can be written to a file."""

from datetime import UTC, datetime
from enum import IntEnum
from typing import Literal

from pydantic import BaseModel, Field


class Access(IntEnum):
    """A role in a project, as a number: docs.gitlab.com/api/access_requests (valid access levels)."""

    NONE = 0
    GUEST = 10
    PLANNER = 15
    REPORTER = 20
    DEVELOPER = 30
    MAINTAINER = 40
    OWNER = 50


def now() -> datetime:
    """Return the time that new things carry."""
    return datetime.now(UTC)


class User(BaseModel):
    """An account, or the bot user that a project access token acts as."""

    id: int
    username: str
    bot: bool = False


class Token(BaseModel):
    """Any token. ``project`` is the one whose job or trigger holds it; ``live`` false is a job that has ended."""

    value: str
    kind: Literal["private", "job", "trigger"]
    user: int
    scopes: tuple[str, ...] = ("api",)
    expired: bool = False
    revoked: bool = False
    project: int | None = None
    live: bool = True


class Job(BaseModel):
    """A job. ``artifacts`` are the archive's files by their paths; ``expired`` ones are gone from the server.

    ``cleaned`` false is an expired archive that GitLab's clean-up has not come by yet. ``erased`` is a job that someone
    erased, ``retried`` one that was run again since, ``reports`` the types of its reports, ``environment`` the one that
    it deploys to.
    """

    id: int
    name: str
    status: str = "success"
    stage: str = "test"
    artifacts: dict[str, str] = Field(default_factory=dict)
    expired: bool = False
    cleaned: bool = True
    erased: bool = False
    retried: bool = False
    reports: list[str] = Field(default_factory=list)
    environment: str | None = None
    finished: datetime = Field(default_factory=now)


class Pipeline(BaseModel):
    """A pipeline of a branch or of a merge request, then with the ref ``refs/merge-requests/1/head``.

    ``tag`` is one of a tag of that name; ``parent`` the pipeline, and its project, that started it.
    """

    id: int
    iid: int
    ref: str
    sha: str
    status: str = "success"
    source: str = "push"
    tag: bool = False
    parent: tuple[int, int] | None = None
    user: int | None = None
    variables: dict[str, str] = Field(default_factory=dict)
    created: datetime = Field(default_factory=now)
    jobs: list[Job] = Field(default_factory=list)


class Note(BaseModel):
    """A comment, or with ``system`` GitLab's own line about what happened."""

    id: int
    author: int
    body: str
    system: bool = False
    created: datetime = Field(default_factory=now)
    updated: datetime = Field(default_factory=now)


class Diff(BaseModel):
    """A changed file of a merge request."""

    old_path: str
    new_path: str
    kind: Literal["new", "renamed", "deleted", "modified"] = "modified"


class MergeRequest(BaseModel):
    """A merge request. ``fork`` is the id of the project that it comes from, if it is another one.

    ``cut_off`` says that it changes more files than GitLab shows: docs.gitlab.com/administration/diff_limits;
    ``counted`` false that GitLab has not gone through its files yet.
    """

    id: int
    iid: int
    title: str
    source_branch: str
    sha: str
    author: int
    target_branch: str = "main"
    state: str = "opened"
    merge_commit: str | None = None
    fork: int | None = None
    cut_off: bool = False
    counted: bool = True
    commits: list[str] = Field(default_factory=list)
    diffs: list[Diff] = Field(default_factory=list)
    notes: list[Note] = Field(default_factory=list)


class Issue(BaseModel):
    """An issue."""

    id: int
    iid: int
    title: str
    description: str
    author: int
    labels: list[str] = Field(default_factory=list)
    state: Literal["opened", "closed"] = "opened"
    confidential: bool = False
    notes: list[Note] = Field(default_factory=list)
    created: datetime = Field(default_factory=now)


class Project(BaseModel):
    """A project. ``members`` are users' access levels; ``inbound`` the projects whose job tokens it accepts.

    ``former`` are the paths that it had before it was renamed or moved.
    """

    id: int
    path: str
    former: list[str] = Field(default_factory=list)
    visibility: Literal["public", "internal", "private"] = "public"
    default_branch: str = "main"
    issues_enabled: bool = True
    branches: dict[str, str] = Field(default_factory=dict)
    members: dict[int, int] = Field(default_factory=dict)
    inbound: list[int] = Field(default_factory=list)
    pipelines: list[Pipeline] = Field(default_factory=list)
    merge_requests: list[MergeRequest] = Field(default_factory=list)
    issues: list[Issue] = Field(default_factory=list)


class State(BaseModel):
    """All of it; ``last`` is the last id that was given out."""

    last: int = 0
    users: list[User] = Field(default_factory=list)
    tokens: list[Token] = Field(default_factory=list)
    projects: list[Project] = Field(default_factory=list)

    def next(self) -> int:
        """Return a new id. One row of numbers is enough: GitLab's ids are only ever compared within a kind."""
        self.last += 1
        return self.last

    def user(self, identity: int) -> User:
        """Return a user by its id."""
        return next(user for user in self.users if user.id == identity)

    def project(self, key: str | int) -> Project | None:
        """Return a project by its id or full path, be it a former one, as GitLab takes either."""
        return next((each for each in self.projects if str(key) in {str(each.id), each.path, *each.former}), None)
