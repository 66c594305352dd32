"""Notes of merge requests and issues: docs.gitlab.com/api/notes. Job tokens may read those of merge requests alone."""

from collections.abc import Callable
from urllib.parse import unquote

from flask import Blueprint, Response, jsonify, request

from tests.gitlab import access, answers, model
from tests.gitlab.access import Caller
from tests.gitlab.answers import Json, Refused, created, refused
from tests.gitlab.routes import issues, merge_requests
from tests.gitlab.stub import Stub

#: docs.gitlab.com/api/notes (body)
LONGEST = 1_000_000
_HOLDERS = "/projects/<key>/<any(merge_requests, issues):kind>/<int:iid>/notes"

Holder = model.MergeRequest | model.Issue
_KINDS: dict[str, tuple[str, Callable[[model.Project, int], Holder]]] = {
    "merge_requests": ("MergeRequest", merge_requests.find),
    "issues": ("Issue", issues.find),
}


def blueprint(stub: Stub) -> Blueprint:
    """Return these endpoints."""
    routes = Blueprint("notes", __name__)

    def holder(key: str, kind: str, iid: int) -> tuple[Caller, model.Project, Holder]:
        """Return who asks, the project, and what the notes hang on; `before { authenticate! }` of lib/api/notes.rb."""
        caller = access.caller(stub, jobs=kind == "merge_requests" and request.method == "GET")
        access.user(caller)
        project = access.project(stub, caller, unquote(key))
        access.allow(caller, project, model.Access.REPORTER, public=True)
        return caller, project, _KINDS[kind][1](project, iid)

    @routes.get(_HOLDERS)
    def several(key: str, kind: str, iid: int) -> Response:
        _, project, on = holder(key, kind, iid)
        order = "updated" if request.args.get("order_by") == "updated_at" else "created"
        newest_first = request.args.get("sort", "desc") == "desc"
        notes = sorted(on.notes, key=lambda note: (getattr(note, order), note.id), reverse=newest_first)
        return answers.paged([form(stub.state, project, kind, on, note) for note in notes])

    @routes.post(_HOLDERS)
    def create(key: str, kind: str, iid: int) -> Response:
        caller, project, on = holder(key, kind, iid)
        note = model.Note(id=stub.state.next(), author=access.user(caller).id, body=_obeyed(on, _body()))
        on.notes.append(note)
        return created(form(stub.state, project, kind, on, note))

    @routes.put(f"{_HOLDERS}/<int:number>")
    def update(key: str, kind: str, iid: int, number: int) -> Response:
        caller, project, on = holder(key, kind, iid)
        note = _editable(caller, project, on, number)
        note.body, note.updated = _obeyed(on, _body()), model.now()
        return jsonify(form(stub.state, project, kind, on, note))

    @routes.delete(f"{_HOLDERS}/<int:number>")
    def delete(key: str, kind: str, iid: int, number: int) -> Response:
        caller, project, on = holder(key, kind, iid)
        on.notes.remove(_editable(caller, project, on, number))
        return Response(status=204)

    return routes


def _body() -> str:
    """Return the note's text as GitLab keeps it: it strips its end when it looks for quick actions."""
    told = {**request.args.to_dict(), **request.form.to_dict(), **(request.get_json(silent=True) or {})}
    if "body" not in told:
        raise Refused(400, {"error": "body is missing"})
    text = str(told["body"]).replace("\r", "").rstrip()
    if not text:
        raise refused(400, """Bad request - Note {:note=>["can't be blank"]}""")
    if len(text) > LONGEST:
        raise refused(400, f'Bad request - Note {{:note=>["is too long (maximum is {LONGEST} characters)"]}}')
    return text


def _obeyed(on: Holder, text: str) -> str:
    """Do what `/close` at a line's beginning asks for, as one of many quick actions; return the rest of the text."""
    lines = text.split("\n")
    if "/close" in lines:
        on.state = "closed"
    return "\n".join(line for line in lines if line != "/close")


def _editable(caller: Caller, project: model.Project, on: Holder, number: int) -> model.Note:
    """Return a note that the caller may change: their own, or a maintainer's any. No one changes a system note."""
    note = next((each for each in on.notes if each.id == number), None)
    if note is None:
        raise refused(404, "Not found")
    own = access.user(caller).id == note.author
    if note.system or not (own or caller.level(project) >= model.Access.MAINTAINER):
        raise refused(403, "Forbidden")
    return note


def form(state: model.State, project: model.Project, kind: str, on: Holder, note: model.Note) -> Json:
    """Return a note's JSON."""
    return {
        "id": note.id,
        "type": None,
        "body": note.body,
        "author": answers.user(state, note.author),
        "created_at": answers.when(note.created),
        "updated_at": answers.when(note.updated),
        "system": note.system,
        "noteable_id": on.id,
        "noteable_type": _KINDS[kind][0],
        "noteable_iid": on.iid,
        "project_id": project.id,
        "resolvable": False,
        "internal": False,
    }
