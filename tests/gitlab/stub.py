"""The stub as tests set it up: projects with branches, pipelines and jobs, merge requests, issues, users and tokens."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from tests.gitlab import model
from tests.gitlab.faults import Fault
from tests.gitlab.setup import ProjectSetup


@dataclass(frozen=True)
class Seen:
    """A request as it came in: method, path below ``/api/v4`` as it was encoded, and the query's parameters."""

    method: str
    path: str
    query: dict[str, str]
    token: str
    body: dict[str, object]


@dataclass
class Stub:
    """The stub: its state, what goes wrong, and what was asked of it. ``url`` is the server's, as in CI_SERVER_URL.

    ``file`` keeps the state across processes: it is read when another process has changed it, and written after every
    change that a request makes.
    """

    state: model.State = field(default_factory=model.State)
    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    requests: list[Seen] = field(default_factory=list)
    file: Path | None = None
    _read: int = 0

    def project(self, path: str, *, visibility: str = "public", default_branch: str = "main") -> ProjectSetup:
        """Return a project, made if it is not there yet."""
        found = self.state.project(path)
        if found is None:
            found = model.Project.model_validate(
                {
                    "id": self.state.next(),
                    "path": path,
                    "visibility": visibility,
                    "default_branch": default_branch,
                    "branches": {default_branch: sha(f"{path}@{default_branch}")},
                }
            )
            self.state.projects.append(found)
        return ProjectSetup(self.state, found)

    def user(self, username: str, *, bot: bool = False) -> model.User:
        """Return a user, made if it is not there yet."""
        for user in self.state.users:
            if user.username == username:
                return user
        self.state.users.append(model.User(id=self.state.next(), username=username, bot=bot))
        return self.state.users[-1]

    def token(
        self,
        value: str,
        *,
        user: str = "bot",
        scopes: tuple[str, ...] = ("api",),
        access: dict[str, int] | None = None,
        expired: bool = False,
        revoked: bool = False,
    ) -> str:
        """Give a user a personal or project access token, and roles in projects by their paths; return the token."""
        owner = self.user(user, bot=user.endswith("bot"))
        self._members(owner, access)
        self.state.tokens.append(
            model.Token(value=value, kind="private", user=owner.id, scopes=scopes, expired=expired, revoked=revoked)
        )
        return value

    def job_token(
        self, value: str, *, project: str, user: str = "dev", access: dict[str, int] | None = None, running: bool = True
    ) -> str:
        """Make the CI_JOB_TOKEN of a job of a project, which acts as the user who started its pipeline."""
        owner = self.user(user)
        self._members(owner, access)
        home = self.project(project).project.id
        self.state.tokens.append(
            model.Token(value=value, kind="job", user=owner.id, scopes=(), project=home, live=running)
        )
        return value

    def trigger_token(self, value: str, *, project: str, user: str = "dev") -> str:
        """Make a pipeline trigger token of a project."""
        owner, home = self.user(user), self.project(project).project.id
        self._members(owner, {project: model.Access.DEVELOPER})
        self.state.tokens.append(model.Token(value=value, kind="trigger", user=owner.id, scopes=(), project=home))
        return value

    def fault(self, fault: Fault) -> Fault:
        """Let something go wrong from now on."""
        self.faults.append(fault)
        return fault

    def asked(self, text: str) -> list[Seen]:
        """Return the requests so far whose "METHOD /path" contains this text."""
        return [seen for seen in self.requests if text in f"{seen.method} {seen.path}"]

    def load(self) -> None:
        """Read the state's file if another process has changed it."""
        if self.file and self.file.exists() and self.file.stat().st_mtime_ns != self._read:
            self.state = model.State.model_validate_json(self.file.read_bytes())
            self._read = self.file.stat().st_mtime_ns

    def save(self) -> None:
        """Write the state to its file, if it has one."""
        if self.file:
            new = self.file.with_name(f"{self.file.name}.new")
            new.write_text(self.state.model_dump_json(indent=1))
            new.replace(self.file)
            self._read = self.file.stat().st_mtime_ns

    def _members(self, user: model.User, access: dict[str, int] | None) -> None:
        for path, level in (access or {}).items():
            self.project(path).project.members[user.id] = int(level)


def sha(text: str) -> str:
    """Return something of a commit's form, the same for the same text."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
