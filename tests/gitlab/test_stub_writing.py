"""What is written to the stub, and what goes wrong with it, seen through python-gitlab."""

import subprocess
import sys
from pathlib import Path

import gitlab
import pytest
import requests
from gitlab.exceptions import GitlabAuthenticationError, GitlabCreateError, GitlabError

from tests.gitlab import Fault, Stub, gitlab_stub, model
from tests.gitlab.seen import COMMIT, PATH, as_job, as_user
from tests.gitlab.setup import ProjectSetup


def test_a_reading_token_does_not_write(stub: Stub, project: ProjectSetup) -> None:
    project.merge_request()
    stub.token("reader", user="dev", scopes=("read_api",))
    request = as_user(stub, "reader").projects.get(PATH).mergerequests.get(1)
    with pytest.raises(GitlabCreateError, match="insufficient_scope"):
        request.notes.create({"body": "text"})


def test_a_jobs_token_reads_what_it_may_and_writes_no_notes(stub: Stub, project: ProjectSetup) -> None:
    project.merge_request(commit=COMMIT).merged("d" * 40)
    project.branch("master", COMMIT).pipeline().job("release", artifacts={"release.env": "A=1\n"})
    stub.job_token("job", project=PATH, access={PATH: model.Access.DEVELOPER})
    known = as_job(stub).projects.get(PATH, lazy=True)
    assert known.artifacts.raw("master", "release.env", "release") == b"A=1\n"
    assert [dict(each)["iid"] for each in known.commits.get(COMMIT, lazy=True).merge_requests(get_all=True)] == [1]
    assert known.mergerequests.get(1).notes.list(get_all=True) == []
    with pytest.raises(GitlabAuthenticationError, match="401 Unauthorized"):
        known.mergerequests.get(1).notes.create({"body": "text"})
    with pytest.raises(GitlabError, match="404 Project Not Found"):
        known.pipelines.list(get_all=True)


def test_notes_have_an_author_a_limit_and_are_ones_own(stub: Stub, project: ProjectSetup) -> None:
    others = project.merge_request().note(stub.user("other"), "theirs")
    request = as_user(stub).projects.get(PATH).mergerequests.get(1)
    own = request.notes.create({"body": "text \n"})
    assert (own.body, own.author["username"]) == ("text", "dev")
    own.body = "new"
    own.save()
    assert [note.body for note in request.notes.list(sort="asc", get_all=True)] == ["theirs", "new"]
    with pytest.raises(
        GitlabCreateError, match=r"400 Bad request - Note .*is too long \(maximum is 1000000 characters"
    ):
        request.notes.create({"body": "x" * 1_000_001})
    with pytest.raises(GitlabError, match="403 Forbidden"):
        request.notes.delete(others.id)


def test_issues_are_found_by_state_label_and_text(stub: Stub, project: ProjectSetup) -> None:
    issues = as_user(stub).projects.get(project.project.id).issues
    one = issues.create({"title": "aws drifts", "description": "why", "labels": "drift,aws"})
    issues.create({"title": "gce drifts", "labels": ["drift", "gce"]})
    assert [each.iid for each in issues.list(labels=["drift", "aws"], get_all=True)] == [1]
    assert [each.iid for each in issues.list(search="GCE", get_all=True)] == [2]
    one.state_event = "close"
    one.save()
    assert [each.iid for each in issues.list(state="opened", get_all=True)] == [2]


def test_a_trigger_starts_a_pipeline_with_its_variables(stub: Stub, project: ProjectSetup) -> None:
    stub.trigger_token("trigger", project=PATH)
    known = gitlab.Gitlab(stub.url).projects.get(project.project.id, lazy=True)
    made = known.trigger_pipeline("main", "trigger", {"CHANNEL": "head"})
    assert (made.ref, made.source) == ("main", "trigger")
    assert project.project.pipelines[0].variables == {"CHANNEL": "head"}
    with pytest.raises(GitlabCreateError, match="404"):
        known.trigger_pipeline("main", "wrong")
    with pytest.raises(GitlabCreateError, match="Reference not found"):
        known.trigger_pipeline("none", "trigger")


def test_a_merge_requests_pipelines_are_its_own(stub: Stub, project: ProjectSetup) -> None:
    request = project.merge_request()
    project.branch("change", COMMIT).pipeline()
    ids = [request.pipeline("failed").pipeline.id, request.pipeline().pipeline.id]
    listed = as_user(stub).projects.get(PATH).mergerequests.get(1).pipelines.list(get_all=True)
    assert [each.id for each in listed] == ids[::-1]


def test_a_throttled_answer_says_how_long(stub: Stub) -> None:
    stub.fault(Fault(status=429, retry_after=30))
    answer = requests.get(f"{stub.url}/api/v4/user", timeout=5)
    assert (answer.status_code, answer.text) == (429, "Retry later\n")
    assert (answer.headers["Retry-After"], answer.headers["RateLimit-Remaining"]) == ("30", "0")
    assert requests.get(f"{stub.url}/api/v4/user", timeout=5).status_code == 401


def test_the_state_outlives_the_process_and_may_be_edited_meanwhile(tmp_path: Path) -> None:
    file = tmp_path / "gitlab.json"
    with gitlab_stub() as before:
        before.project(PATH).merge_request()
        before.token("dev", user="dev", access={PATH: model.Access.DEVELOPER})
        file.write_text(before.state.model_dump_json())
    command = [sys.executable, "-m", "tests.gitlab", "--state", str(file)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told = process.stdout.readline()
        url = told.split()[0]
        gitlab.Gitlab(url, private_token="dev").projects.get(PATH).mergerequests.get(1).notes.create({"body": "text"})
        written = model.State.model_validate_json(file.read_bytes())
        written.projects[0].branches["new"] = COMMIT
        file.write_text(written.model_dump_json())
        assert gitlab.Gitlab(url).projects.get(PATH).branches.get("new").commit["id"] == COMMIT
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close() if process.stdout else None
    assert "a stub of GitLab's API, made for tests; not GitLab" in told
    assert [note.body for note in written.projects[0].merge_requests[0].notes] == ["text"]
