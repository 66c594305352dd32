"""Users, projects and branches."""

from urllib.parse import unquote

from flask import Blueprint, Response, jsonify

from tests.gitlab import access, answers, model
from tests.gitlab.answers import Json, refused
from tests.gitlab.stub import Stub


def blueprint(stub: Stub) -> Blueprint:
    """Return these endpoints."""
    routes = Blueprint("projects", __name__)

    @routes.get("/user")  # docs.gitlab.com/api/users (retrieve the current user)
    def current() -> Response:
        found = access.user(access.caller(stub, jobs=False))
        short = answers.user(stub.state, found.id) or {}
        return jsonify(short | {"bot": found.bot, "email": f"{found.username}@example.com"})

    @routes.get("/projects/<key>")  # docs.gitlab.com/api/projects (retrieve a project)
    def project(key: str) -> Response:
        found = access.project(stub, access.caller(stub, jobs=False), unquote(key))
        return jsonify(_project(found))

    @routes.get("/projects/<key>/repository/branches")  # docs.gitlab.com/api/branches; job tokens may
    def branches(key: str) -> Response:
        found = _readable(key)
        return answers.paged([_branch(found, name) for name in found.branches])

    @routes.get("/projects/<key>/repository/branches/<name>")  # docs.gitlab.com/api/branches
    def branch(key: str, name: str) -> Response:
        found = _readable(key)
        if unquote(name) not in found.branches:
            raise refused(404, "Branch Not Found")
        return jsonify(_branch(found, unquote(name)))

    def _readable(key: str) -> model.Project:
        caller = access.caller(stub, jobs=True)
        found = access.project(stub, caller, unquote(key))
        # docs.gitlab.com/user/permissions (repository: pull from a private project needs Reporter)
        access.allow(caller, found, model.Access.REPORTER, public=True)
        return found

    return routes


def _project(project: model.Project) -> Json:
    return {
        "id": project.id,
        "name": project.path.rpartition("/")[2],
        "path_with_namespace": project.path,
        "default_branch": project.default_branch,
        "visibility": project.visibility,
        "web_url": answers.web(project.path),
        "issues_enabled": project.issues_enabled,
    }


def _branch(project: model.Project, name: str) -> Json:
    sha = project.branches[name]
    return {
        "name": name,
        "default": name == project.default_branch,
        "merged": False,
        "protected": name == project.default_branch,
        "commit": {"id": sha, "short_id": sha[:8]},
        "web_url": answers.web(f"{project.path}/-/tree/{name}"),
    }
