"""Pipelines that another project's job, or anybody with a trigger token, starts."""

from typing import Any
from urllib.parse import unquote

from flask import Blueprint, Response, request

from tests.gitlab import answers, model
from tests.gitlab.answers import Refused, created, refused
from tests.gitlab.stub import Stub


def blueprint(stub: Stub) -> Blueprint:
    """Return this endpoint."""
    routes = Blueprint("triggers", __name__)

    @routes.post("/projects/<key>/trigger/pipeline")  # docs.gitlab.com/api/pipeline_triggers
    def trigger(key: str) -> Response:
        told = {**request.args.to_dict(), **request.form.to_dict(), **(request.get_json(silent=True) or {})}
        for needed in ("ref", "token"):
            if needed not in told:
                raise Refused(400, {"error": f"{needed} is missing"})
        project = stub.state.project(unquote(key))
        token = next((each for each in stub.state.tokens if each.value == told["token"]), None)
        if project is None or token is None or not _fits(project, token):
            raise refused(404, "Not Found")
        if project.members.get(token.user, 0) < model.Access.DEVELOPER:
            raise refused(403, "Forbidden")
        if told["ref"] not in project.branches:
            raise Refused(400, {"message": {"base": ["Reference not found"]}})
        made = _pipeline(stub, project, token, told)
        return created(answers.pipeline(stub.state, project, made, whole=True))

    return routes


def _fits(project: model.Project, token: model.Token) -> bool:
    """Say whether a token starts pipelines here: the project's own trigger, or a job of a project that it accepts."""
    if token.kind == "job":
        return token.live and token.project in {project.id, *project.inbound}
    return token.kind == "trigger" and token.project == project.id


def _pipeline(stub: Stub, project: model.Project, token: model.Token, told: dict[str, Any]) -> model.Pipeline:
    prefix = "variables["
    given = {name[len(prefix) : -1]: str(value) for name, value in told.items() if name.startswith(prefix)}
    project.pipelines.append(
        model.Pipeline(
            id=stub.state.next(),
            iid=len(project.pipelines) + 1,
            ref=told["ref"],
            sha=project.branches[told["ref"]],
            status="created",
            source="pipeline" if token.kind == "job" else "trigger",
            user=token.user,
            variables=given | {str(name): str(value) for name, value in told.get("variables", {}).items()},
        )
    )
    return project.pipelines[-1]
