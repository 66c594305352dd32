"""Who asks, and whether they may: tokens, scopes and roles, refused with GitLab's own answers.

Sources: docs.gitlab.com/api/rest/authentication, /user/permissions and /ci/jobs/ci_job_token; the refusals' texts are
those of GitLab's lib/api/helpers.rb and lib/api/api_guard.rb.
"""

from dataclasses import dataclass
from urllib.parse import quote

from flask import request

from tests.gitlab import model
from tests.gitlab.answers import Refused, refused
from tests.gitlab.stub import Stub

_SCOPE = "The request requires higher privileges than provided by the access token."
_EXPIRED = "Token is expired. You can either do re-authorization or token refresh."
_REVOKED = "Token was revoked. You have to re-authorize from the user."


@dataclass(frozen=True)
class Caller:
    """Who asks: nobody, a user by a token of their own, or a job on behalf of its user."""

    user: model.User | None = None
    token: model.Token | None = None

    @property
    def job(self) -> bool:
        """Whether a job asks."""
        return self.token is not None and self.token.kind == "job"

    def level(self, project: model.Project) -> int:
        """Return the caller's role in a project."""
        return project.members.get(self.user.id, 0) if self.user else 0


def caller(stub: Stub, *, jobs: bool) -> Caller:
    """Return who asks. On a route that takes no job tokens (``jobs`` false) such a token counts as none at all."""
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    bears_job = jobs and any(token.value == bearer and token.kind == "job" for token in stub.state.tokens)
    private = request.headers.get("PRIVATE-TOKEN") or request.args.get("private_token") or bearer
    if private and not bears_job:
        return _by(_known(stub, private, "private"), stub)
    job = request.headers.get("JOB-TOKEN") or request.args.get("job_token") or bearer
    if not job or not jobs:
        return Caller()
    token = _known(stub, job, "job")
    if not token.live:
        raise refused(401, "Unauthorized")
    return Caller(stub.state.user(token.user), token)


def _known(stub: Stub, value: str, kind: str) -> model.Token:
    for token in stub.state.tokens:
        if token.value == value and token.kind == kind:
            return token
    raise refused(401, "Unauthorized")


def _by(token: model.Token, stub: Stub) -> Caller:
    for wrong, text in ((token.expired, _EXPIRED), (token.revoked, _REVOKED)):
        if wrong:
            raise Refused(401, {"error": "invalid_token", "error_description": text})
    reads = request.method in {"GET", "HEAD"}
    enough = {"api", "read_api"} if reads else {"api"}
    if reads and request.path == "/api/v4/user":
        enough |= {"read_user"}
    if not enough & set(token.scopes):
        told = {"error": "insufficient_scope", "error_description": _SCOPE, "scope": " ".join(sorted(enough))}
        raise Refused(403, told)
    return Caller(stub.state.user(token.user), token)


def user(of: Caller) -> model.User:
    """Return the user who asks; nobody is refused."""
    if of.user is None:
        raise refused(401, "Unauthorized")
    return of.user


def project(stub: Stub, of: Caller, key: str) -> model.Project:
    """Return a project that the caller may see; what they may not see is not there for them."""
    found = stub.state.project(key)
    if found is None:
        raise refused(404, "Project Not Found")
    if of.job and of.token and of.token.project not in {found.id, *found.inbound} and found.visibility != "public":
        home = stub.state.project(of.token.project or 0)
        assert home is not None
        names = (home.path.rpartition("/")[2], found.path.rpartition("/")[2])
        told = "Authentication by CI/CD job token not allowed from {} to {}.".format(*names)
        raise refused(403, f"Forbidden - {told}")
    seen = found.visibility == "public" or (found.visibility == "internal" and of.user) or of.level(found)
    if not seen:
        raise refused(404, "Project Not Found")
    if key in found.former:
        raise _moved(key, found)
    return found


def _moved(key: str, project: model.Project) -> Refused:
    """Return what lib/api/helpers.rb (find_project!) says to the former path of a project: it is for reading alone."""
    if request.method != "GET":
        return Refused(405, {"message": "Non GET methods are not allowed for moved projects"})
    path = request.environ["stub.raw_path"].replace(quote(key, safe=""), str(project.id), 1)
    return Refused(302, {}, location=f"{path}?{request.query_string.decode()}")


def allow(of: Caller, project: model.Project, level: int, *, public: bool = False) -> None:
    """Refuse a caller whose role is below ``level``; with ``public`` all who see a project that is not private may."""
    if public and project.visibility != "private":
        return
    if of.level(project) < level:
        raise refused(403, "Forbidden")
