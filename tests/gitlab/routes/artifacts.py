"""Jobs and their artifacts."""

from pathlib import PurePosixPath
from urllib.parse import unquote

from flask import Blueprint, Response, jsonify, request

from tests.gitlab import access, answers, model
from tests.gitlab.answers import Refused, refused
from tests.gitlab.stub import Stub


def blueprint(stub: Stub) -> Blueprint:
    """Return these endpoints: docs.gitlab.com/api/job_artifacts. Job tokens may use all of them."""
    routes = Blueprint("artifacts", __name__)

    def readable(key: str, *, jobs: bool = True) -> model.Project:
        caller = access.caller(stub, jobs=jobs)
        found = access.project(stub, caller, unquote(key))
        access.allow(caller, found, model.Access.REPORTER, public=True)
        return found

    @routes.get("/projects/<key>/jobs/<int:number>")  # docs.gitlab.com/api/jobs (get a single job)
    def job(key: str, number: int) -> Response:
        project = readable(key, jobs=False)
        pipeline, found = _by_number(project, number)
        return jsonify(answers.job(stub.state, project, pipeline, found))

    @routes.get("/projects/<key>/jobs/<int:number>/artifacts/<path:file>")  # download a single artifact file by job ID
    def by_number(key: str, number: int, file: str) -> Response:
        return _file(_by_number(readable(key), number)[1], file)

    @routes.get("/projects/<key>/jobs/artifacts/<path:ref>/raw/<path:file>")  # single artifact file from a branch
    def by_branch(key: str, ref: str, file: str) -> Response:
        return _file(_latest(readable(key), ref), file)

    return routes


def _by_number(project: model.Project, number: int) -> tuple[model.Pipeline, model.Job]:
    for pipeline in project.pipelines:
        for job in pipeline.jobs:
            if job.id == number:
                return pipeline, job
    raise refused(404, "Not found")


def _latest(project: model.Project, ref: str) -> model.Job:
    """Return the job of this name in the ref's latest successful pipeline, whether that has such a job or not.

    A merge request's ref is ``refs/merge-requests/1/head`` (troubleshooting).
    """
    if "job" not in request.args:
        raise Refused(400, {"error": "job is missing"})
    passed = [each for each in project.pipelines if each.ref == unquote(ref) and each.status == "success"]
    newest = max(passed, key=lambda each: each.id, default=None)
    for job in newest.jobs if newest else ():
        if job.name == request.args["job"] and job.status == "success":
            return job
    raise refused(404, "Not found")


def _kept(job: model.Job) -> dict[str, str]:
    """Return the files of a job's archive. One that expired or was erased is answered as one that never was."""
    if job.expired or job.erased or not job.artifacts:
        raise refused(404, "Not Found")
    return job.artifacts


def _file(job: model.Job, path: str) -> Response:
    if ".." in PurePosixPath(path).parts:
        raise refused(400, "Bad request")
    files = _kept(job)
    if path not in files:
        raise refused(404, "Not Found")
    return Response(files[path].encode(), mimetype="application/octet-stream")
