"""Deployments to environments, which jobs made."""

from datetime import UTC, datetime
from urllib.parse import unquote

from flask import Blueprint, Response, request

from tests.gitlab import access, answers, model
from tests.gitlab.answers import Refused
from tests.gitlab.stub import Stub

_ORDERS = {"id", "iid", "created_at", "updated_at", "finished_at", "ref"}


def blueprint(stub: Stub) -> Blueprint:
    """Return these endpoints. Job tokens may use them."""
    routes = Blueprint("deployments", __name__)

    @routes.get("/projects/<key>/deployments")  # docs.gitlab.com/api/deployments (list project deployments)
    def deployments(key: str) -> Response:
        caller = access.caller(stub, jobs=True)
        project = access.project(stub, caller, unquote(key))
        access.allow(caller, project, model.Access.REPORTER)
        order, after = request.args.get("order_by", "id"), request.args.get("finished_after")
        if order not in _ORDERS:
            raise Refused(400, {"error": "order_by does not have a valid value"})
        if after and (order, request.args.get("status")) != ("finished_at", "success"):
            told = "`finished_at` filter must be specified with `order_by` `finished_at` and `status` `success`."
            raise Refused(400, {"message": f"400 Bad request - {told}"})
        since = datetime.fromisoformat(after) if after else datetime.min.replace(tzinfo=UTC)
        found = [
            (pipeline, job)
            for pipeline in project.pipelines
            for job in pipeline.jobs
            if job.environment and job.finished >= since and _wanted(job)
        ]
        found.sort(
            key=lambda each: (each[1].finished if order == "finished_at" else 0, each[1].id),
            reverse=request.args.get("sort", "asc") == "desc",
        )
        return answers.paged([answers.deployment(stub.state, project, *each) for each in found])

    return routes


def _wanted(job: model.Job) -> bool:
    asked = {name: request.args[name] for name in ("environment", "status") if name in request.args}
    return all(getattr(job, name) == value for name, value in asked.items())
