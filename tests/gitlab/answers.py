"""The forms of GitLab's answers: errors, pages, times, and the entities' JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify, make_response, request

from tests.gitlab import model

Json = dict[str, Any]
#: docs.gitlab.com/api/rest (offset-based pagination)
PER_PAGE, MOST_PER_PAGE = 20, 100


class Refused(Exception):  # noqa: N818 - an answer, not an error of the stub
    """An answer other than success, raised anywhere below a route."""

    def __init__(self, status: int, body: Json, *, location: str = "") -> None:
        super().__init__(status, body)
        self.status, self.body = status, body
        self.headers = {"Location": location} if location else {}


def refused(status: int, text: str) -> Refused:
    """Return GitLab's usual error: the status is part of the text, too. docs.gitlab.com/api/rest/troubleshooting."""
    return Refused(status, {"message": f"{status} {text}"})


def paged(items: Sequence[Json]) -> Response:
    """Return the page that was asked for, with the headers of offset pagination: docs.gitlab.com/api/rest."""
    page = max(1, request.args.get("page", 1, int))
    size = min(MOST_PER_PAGE, max(1, request.args.get("per_page", PER_PAGE, int)))
    pages = max(1, -(-len(items) // size))
    response = jsonify(list(items[(page - 1) * size : page * size]))
    near = {"first": 1, "last": pages}
    near |= {"prev": page - 1} if page > 1 else {}
    near |= {"next": page + 1} if page < pages else {}
    response.headers["Link"] = ", ".join(f'<{_at(number, size)}>; rel="{rel}"' for rel, number in near.items())
    response.headers |= {
        "X-Next-Page": str(near.get("next", "")),
        "X-Page": str(page),
        "X-Per-Page": str(size),
        "X-Prev-Page": str(near.get("prev", "")),
        "X-Total": str(len(items)),
        "X-Total-Pages": str(pages),
    }
    return response


def _at(page: int, size: int) -> str:
    query = request.args.to_dict() | {"page": str(page), "per_page": str(size)}
    return f"{request.host_url.rstrip('/')}{request.environ['stub.raw_path']}?{urlencode(query)}"


def created(body: Json) -> Response:
    """Return what was made."""
    return make_response(jsonify(body), 201)


def when(moment: datetime) -> str:
    """Return a time as GitLab writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def user(state: model.State, identity: int | None) -> Json | None:
    """Return the short form of a user, which other entities carry."""
    if identity is None:
        return None
    found = state.user(identity)
    return {
        "id": found.id,
        "username": found.username,
        "name": found.username,
        "state": "active",
        "avatar_url": None,
        "web_url": web(found.username),
    }


def web(path: str) -> str:
    """Return the address in the web interface of what has this path."""
    return f"{request.host_url.rstrip('/')}/{path}"


def pipeline(state: model.State, project: model.Project, of: model.Pipeline, *, whole: bool = False) -> Json:
    """Return a pipeline; lists leave out who started it and when it ended. docs.gitlab.com/api/pipelines."""
    short = {
        "id": of.id,
        "iid": of.iid,
        "project_id": project.id,
        "sha": of.sha,
        "ref": of.ref,
        "status": of.status,
        "source": of.source,
        "created_at": when(of.created),
        "updated_at": when(of.created),
        "web_url": web(f"{project.path}/-/pipelines/{of.id}"),
        "name": None,
    }
    if not whole:
        return short
    done = of.status in {"success", "failed", "canceled", "skipped"}
    ended = when(max((job.finished for job in of.jobs), default=of.created)) if done else None
    return short | {
        "before_sha": "0" * 40,
        "tag": of.tag,
        "yaml_errors": None,
        "user": user(state, of.user),
        "started_at": when(of.created),
        "finished_at": ended,
        "duration": 1 if done else None,
        "coverage": None,
    }


def job(state: model.State, project: model.Project, of: model.Pipeline, job: model.Job) -> Json:
    """Return a job. An expired archive is gone: no ``artifacts_file``. docs.gitlab.com/api/jobs."""
    archive = bool(job.artifacts) and not job.erased and not (job.expired and job.cleaned)
    file = {"filename": "artifacts.zip", "size": sum(map(len, job.artifacts.values()))}
    return {
        "id": job.id,
        "name": job.name,
        "stage": job.stage,
        "status": job.status,
        "ref": of.ref,
        "tag": False,
        "allow_failure": False,
        "created_at": when(of.created),
        "started_at": when(of.created),
        "finished_at": when(job.finished),
        "user": user(state, of.user),
        "commit": {"id": of.sha, "short_id": of.sha[:8]},
        "pipeline": pipeline(state, project, of),
        "web_url": web(f"{project.path}/-/jobs/{job.id}"),
        "erased_at": when(job.finished) if job.erased else None,
        "artifacts": ([file | {"file_type": "archive", "file_format": "zip"}] if archive else [])
        + [{"file_type": kind, "size": 10, "filename": f"{kind}.gz", "file_format": "gzip"} for kind in job.reports],
        "artifacts_expire_at": when(job.finished) if job.expired else None,
    } | ({"artifacts_file": file} if archive else {})


def deployment(state: model.State, project: model.Project, of: model.Pipeline, by: model.Job) -> Json:
    """Return the deployment that a job made. docs.gitlab.com/api/deployments."""
    return {
        "id": by.id,
        "iid": by.id,
        "ref": of.ref,
        "sha": of.sha,
        "status": by.status,
        "created_at": when(of.created),
        "updated_at": when(by.finished),
        "user": user(state, of.user),
        "environment": {"name": by.environment, "external_url": None},
        "deployable": job(state, project, of, by),
    }


def bridge(state: model.State, project: model.Project, below: model.Pipeline) -> Json:
    """Return the job that started a pipeline below. docs.gitlab.com/api/jobs (list pipeline bridges)."""
    return {
        "id": below.id,
        "name": f"start {below.id}",
        "stage": "deploy",
        "status": below.status,
        "ref": below.ref,
        "downstream_pipeline": pipeline(state, project, below),
    }
