"""Issues: docs.gitlab.com/api/issues. Job tokens are of no use here."""

from typing import Any
from urllib.parse import unquote

from flask import Blueprint, Response, jsonify, request

from tests.gitlab import access, answers, model
from tests.gitlab.access import Caller
from tests.gitlab.answers import Json, Refused, created, refused
from tests.gitlab.stub import Stub


def blueprint(stub: Stub) -> Blueprint:
    """Return these endpoints."""
    routes = Blueprint("issues", __name__)

    def visible(key: str) -> tuple[Caller, model.Project]:
        caller = access.caller(stub, jobs=False)
        if request.method != "GET":
            access.user(caller)
        project = access.project(stub, caller, unquote(key))
        if not project.issues_enabled and request.method != "GET":
            raise refused(403, "Forbidden")
        return caller, project

    @routes.get("/projects/<key>/issues")  # list project issues
    def several(key: str) -> Response:
        _, project = visible(key)
        found = [each for each in reversed(project.issues) if project.issues_enabled and _wanted(each)]
        return answers.paged([_form(stub.state, project, each) for each in found])

    @routes.get("/projects/<key>/issues/<int:iid>")  # single project issue
    def one(key: str, iid: int) -> Response:
        _, project = visible(key)
        return jsonify(_form(stub.state, project, find(project, iid)))

    @routes.post("/projects/<key>/issues")  # new issue
    def create(key: str) -> Response:
        caller, project = visible(key)
        told = _told()
        if not told.get("title"):
            raise Refused(400, {"error": "title is missing"})
        made = model.Issue(
            id=stub.state.next(),
            iid=len(project.issues) + 1,
            title=told["title"],
            description=told.get("description", "").rstrip(),
            author=access.user(caller).id,
            labels=_labels(caller, project, told),
        )
        project.issues.append(made)
        return created(_form(stub.state, project, made))

    @routes.put("/projects/<key>/issues/<int:iid>")  # edit an issue
    def edit(key: str, iid: int) -> Response:
        caller, project = visible(key)
        issue = find(project, iid)
        if caller.level(project) < model.Access.PLANNER and access.user(caller).id != issue.author:
            raise refused(403, "Forbidden")
        _change(issue, caller, project)
        return jsonify(_form(stub.state, project, issue))

    return routes


def find(project: model.Project, iid: int) -> model.Issue:
    """Return an issue of a project."""
    for each in project.issues:
        if each.iid == iid:
            return each
    raise refused(404, "Not found")


def _told() -> dict[str, Any]:
    return {**request.args.to_dict(), **request.form.to_dict(), **(request.get_json(silent=True) or {})}


def _change(issue: model.Issue, caller: Caller, project: model.Project) -> None:
    told = _told()
    issue.title = told.get("title", issue.title)
    issue.description = told.get("description", issue.description).rstrip()
    if "labels" in told:
        issue.labels = _labels(caller, project, told)
    events: dict[str, Any] = {"close": "closed", "reopen": "opened"}
    issue.state = events.get(told.get("state_event", ""), issue.state)


def _labels(caller: Caller, project: model.Project, told: dict[str, Any]) -> list[str]:
    """Return the labels that are set: none by a guest, whom GitLab does not refuse but whose labels it leaves out."""
    if caller.level(project) < model.Access.PLANNER:
        return []
    labels = told.get("labels", [])
    return [each.strip() for each in (labels.split(",") if isinstance(labels, str) else labels) if each.strip()]


def _wanted(issue: model.Issue) -> bool:
    state = request.args.get("state", "all")
    labels = request.args.get("labels", "")
    needed = {each for each in labels.split(",") if each}
    search = request.args.get("search", "").lower()
    text = f"{issue.title}\n{issue.description}".lower()
    if request.args.get("author_id", issue.author, int) != issue.author:
        return False
    return state in {"all", issue.state} and needed <= set(issue.labels) and search in text


def _form(state: model.State, project: model.Project, of: model.Issue) -> Json:
    return {
        "id": of.id,
        "iid": of.iid,
        "project_id": project.id,
        "title": of.title,
        "description": of.description,
        "state": of.state,
        "labels": of.labels,
        "author": answers.user(state, of.author),
        "created_at": answers.when(of.created),
        "confidential": of.confidential,
        "web_url": answers.web(f"{project.path}/-/issues/{of.iid}"),
    }
