"""Merge requests: themselves, their changed files, their pipelines, and the ones that brought a commit."""

from urllib.parse import unquote

from flask import Blueprint, Response, jsonify

from tests.gitlab import access, answers, model
from tests.gitlab.answers import Json, refused
from tests.gitlab.stub import Stub


def blueprint(stub: Stub) -> Blueprint:
    """Return these endpoints. Job tokens may read the merge request itself, and no more of it."""
    routes = Blueprint("merge_requests", __name__)

    def readable(key: str, *, jobs: bool) -> model.Project:
        caller = access.caller(stub, jobs=jobs)
        found = access.project(stub, caller, unquote(key))
        access.allow(caller, found, model.Access.REPORTER, public=True)
        return found

    def form(project: model.Project, of: model.MergeRequest) -> Json:
        return _form(stub.state, project, of)

    @routes.get("/projects/<key>/merge_requests/<int:iid>")  # docs.gitlab.com/api/merge_requests (get single MR)
    def one(key: str, iid: int) -> Response:
        project = readable(key, jobs=True)
        found = find(project, iid)
        base = project.branches.get(found.target_branch, "0" * 40)
        refs = {"base_sha": base, "start_sha": base, "head_sha": found.sha}
        count = f"{len(found.diffs)}{'+' * found.cut_off}" if found.counted else None
        counts: Json = {"changes_count": count, "diff_refs": refs}
        return jsonify(form(project, found) | counts)

    @routes.get("/projects/<key>/merge_requests/<int:iid>/diffs")  # docs.gitlab.com/api/merge_requests (list MR diffs)
    def diffs(key: str, iid: int) -> Response:
        found = find(readable(key, jobs=False), iid)
        return answers.paged([_diff(each) for each in found.diffs if found.counted])

    @routes.get("/projects/<key>/merge_requests/<int:iid>/pipelines")  # docs.gitlab.com/api/merge_requests (pipelines)
    def pipelines(key: str, iid: int) -> Response:
        project = readable(key, jobs=False)
        ours = f"refs/merge-requests/{find(project, iid).iid}/"
        found = [each for each in reversed(project.pipelines) if each.ref.startswith(ours)]
        return answers.paged([answers.pipeline(stub.state, project, each) for each in found])

    @routes.get(
        "/projects/<key>/repository/commits/<sha>/merge_requests"
    )  # docs.gitlab.com/api/commits; job tokens may
    def of_commit(key: str, sha: str) -> Response:
        project = readable(key, jobs=True)
        found = [each for each in project.merge_requests if sha in {each.merge_commit, *each.commits}]
        return answers.paged([form(project, each) for each in found])

    return routes


def find(project: model.Project, iid: int) -> model.MergeRequest:
    """Return a merge request of a project."""
    for each in project.merge_requests:
        if each.iid == iid:
            return each
    raise refused(404, "Not found")


def _form(state: model.State, project: model.Project, of: model.MergeRequest) -> Json:
    return {
        "id": of.id,
        "iid": of.iid,
        "project_id": project.id,
        "title": of.title,
        "state": of.state,
        "source_branch": of.source_branch,
        "target_branch": of.target_branch,
        "source_project_id": of.fork or project.id,
        "target_project_id": project.id,
        "author": answers.user(state, of.author),
        "sha": of.sha,
        "merge_commit_sha": of.merge_commit,
        "squash_commit_sha": None,
        "web_url": answers.web(f"{project.path}/-/merge_requests/{of.iid}"),
    }


def _diff(of: model.Diff) -> Json:
    """Return one file. A diff that is too large is left out, its file is not."""
    return {
        "old_path": of.old_path,
        "new_path": of.new_path,
        "a_mode": "100644",
        "b_mode": "100644",
        "diff": "",
        "collapsed": False,
        "too_large": False,
        "new_file": of.kind == "new",
        "renamed_file": of.kind == "renamed",
        "deleted_file": of.kind == "deleted",
    }
