"""Pipelines and their jobs."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from flask import Blueprint, Response, jsonify, request

from tests.gitlab import access, answers, model
from tests.gitlab.answers import Refused, refused
from tests.gitlab.stub import Stub

#: docs.gitlab.com/api/pipelines (list project pipelines): its filters by equality, and its scopes.
_FILTERS = ("ref", "sha", "status", "source")
_FINISHED = {"success", "failed", "canceled", "skipped"}
_ORDERS: dict[str, Callable[[model.Pipeline], Any]] = {
    "id": lambda each: each.id,
    "status": lambda each: each.status,
    "ref": lambda each: each.ref,
    "updated_at": lambda each: (each.created, each.id),
}


def blueprint(stub: Stub) -> Blueprint:
    """Return these endpoints."""
    routes = Blueprint("pipelines", __name__)

    def readable(key: str) -> model.Project:
        """Return a project whose pipelines the caller may see; a job token is of no use here."""
        caller = access.caller(stub, jobs=False)
        found = access.project(stub, caller, unquote(key))
        access.allow(caller, found, model.Access.REPORTER, public=True)
        return found

    @routes.get("/projects/<key>/pipelines")  # docs.gitlab.com/api/pipelines (list project pipelines)
    def pipelines(key: str) -> Response:
        project = readable(key)
        found = [each for each in project.pipelines if _wanted(each)]
        order = request.args.get("order_by", "id")
        if order not in _ORDERS:
            raise Refused(400, {"error": "order_by does not have a valid value"})
        found.sort(key=_ORDERS[order], reverse=request.args.get("sort", "desc") == "desc")
        return answers.paged([answers.pipeline(stub.state, project, each) for each in found])

    @routes.get("/projects/<key>/pipelines/<int:number>")  # docs.gitlab.com/api/pipelines (get a single pipeline)
    def pipeline(key: str, number: int) -> Response:
        project = readable(key)
        return jsonify(answers.pipeline(stub.state, project, _one(project, number), whole=True))

    @routes.get("/projects/<key>/pipelines/<int:number>/jobs")  # docs.gitlab.com/api/jobs (list pipeline jobs)
    def jobs(key: str, number: int) -> Response:
        project = readable(key)
        found = _one(project, number)
        scopes = request.args.getlist("scope[]") or request.args.getlist("scope")
        retried = request.args.get("include_retried") == "true"
        wanted = [
            job for job in reversed(found.jobs) if (not scopes or job.status in scopes) and retried >= job.retried
        ]
        return answers.paged([answers.job(stub.state, project, found, job) for job in wanted])

    @routes.get("/projects/<key>/pipelines/<int:number>/bridges")  # docs.gitlab.com/api/jobs (list pipeline bridges)
    def bridges(key: str, number: int) -> Response:
        project = readable(key)
        parent = (project.id, _one(project, number).id)
        below = [(home, each) for home in stub.state.projects for each in home.pipelines if each.parent == parent]
        return answers.paged([answers.bridge(stub.state, home, each) for home, each in below])

    return routes


def _wanted(pipeline: model.Pipeline) -> bool:
    scope = request.args.get("scope")
    if scope == "finished" and pipeline.status not in _FINISHED:
        return False
    asked = {name: request.args[name] for name in _FILTERS if name in request.args}
    if pipeline.source == "parent_pipeline" and asked.get("source") != "parent_pipeline":
        return False
    return all(getattr(pipeline, name) == value for name, value in asked.items())


def _one(project: model.Project, number: int) -> model.Pipeline:
    for each in project.pipelines:
        if each.id == number:
            return each
    raise refused(404, "Not found")
