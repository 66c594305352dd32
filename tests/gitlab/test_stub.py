"""The stub answers as GitLab's documentation says it does, seen through python-gitlab."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import gitlab
import pytest
import requests
from gitlab.exceptions import GitlabAuthenticationError, GitlabCreateError, GitlabError, GitlabGetError, GitlabHttpError

from tests.gitlab import Fault, Stub, gitlab_stub, model
from tests.gitlab.setup import ProjectSetup

PATH = "coredns/coredns"
DEV = "dev"
COMMIT = "97c730ab" + "0" * 32


@pytest.fixture
def stub() -> Iterator[Stub]:
    with gitlab_stub() as stub:
        yield stub


@pytest.fixture
def project(stub: Stub) -> ProjectSetup:
    """Make a private project whose developer has the token `dev`."""
    project = stub.project(PATH, visibility="private")
    stub.token("dev", user="dev", access={PATH: model.Access.DEVELOPER})
    return project


def as_user(stub: Stub, token: str = DEV) -> gitlab.Gitlab:
    return gitlab.Gitlab(stub.url, private_token=token)


def as_job(stub: Stub) -> gitlab.Gitlab:
    return gitlab.Gitlab(stub.url, job_token="job")


def test_it_says_in_every_answer_that_it_is_a_stub(stub: Stub) -> None:
    for path in ("/api/v4/user", "/api/v4/projects/1", "/anything"):
        answer = requests.get(stub.url + path, timeout=5)
        assert answer.headers["X-Stub-Of"] == "a stub of GitLab's API, made for tests; not GitLab"


def test_what_it_does_not_have_is_no_route(stub: Stub) -> None:
    answer = requests.get(f"{stub.url}/api/v4/epics", timeout=5)
    assert (answer.status_code, answer.json()) == (404, {"error": "404 Not Found"})


def test_a_project_is_found_by_its_encoded_path_and_by_its_id(stub: Stub, project: ProjectSetup) -> None:
    gl = as_user(stub)
    assert gl.projects.get(PATH).id == gl.projects.get(project.project.id).id
    assert gl.projects.get(PATH).path_with_namespace == PATH


def test_pages_have_links_and_headers(stub: Stub, project: ProjectSetup) -> None:
    for number in range(44):
        project.branch(f"topic/{number}", COMMIT)
    url = f"{stub.url}/api/v4/projects/coredns%2Fcoredns/repository/branches"
    second = requests.get(f"{url}?page=2&private_token={DEV}", timeout=5)
    assert len(second.json()) == 20
    told = {name: second.headers[f"X-{name}"] for name in ("Page", "Next-Page", "Prev-Page", "Total", "Total-Pages")}
    assert told == {"Page": "2", "Next-Page": "3", "Prev-Page": "1", "Total": "45", "Total-Pages": "3"}
    assert f"{url}?" in second.links["next"]["url"]
    assert len(requests.get(second.links["last"]["url"], timeout=5).json()) == 5


def test_pipelines_are_listed_by_ref_status_and_order(stub: Stub, project: ProjectSetup) -> None:
    branch = project.branch("master", COMMIT)
    old, failed, new = (branch.pipeline(status).pipeline.id for status in ("success", "failed", "success"))
    project.branch("stable", COMMIT).pipeline()
    listed = as_user(stub).projects.get(PATH).pipelines
    assert [each.id for each in listed.list(ref="master", status="success", get_all=True)] == [new, old]
    assert [each.id for each in listed.list(ref="master", sort="asc", get_all=True)] == [old, failed, new]
    with pytest.raises(GitlabHttpError, match="order_by does not have a valid value"):
        as_user(stub).http_list(f"/projects/{project.project.id}/pipelines", {"order_by": "mood"}, iterator=False)


def test_artifacts_come_whole_by_file_and_by_branch(stub: Stub, project: ProjectSetup) -> None:
    branch = project.branch("release/1.0", COMMIT)
    branch.pipeline().job("release", artifacts={"release.env": "A=1\n", "deep/log.txt": "log"})
    branch.pipeline("failed").job("release", artifacts={"release.env": "A=2\n"})
    known = as_user(stub).projects.get(PATH)
    (job,) = known.pipelines.list(status="success", get_all=True)[0].jobs.list(get_all=True)
    content = known.jobs.get(job.id).artifacts()
    assert isinstance(content, bytes)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["release.env", "deep/log.txt"]
    assert known.jobs.get(job.id).artifact("deep/log.txt") == b"log"
    assert known.artifacts.raw("release%2F1.0", "release.env", "release") == b"A=1\n"


def test_expired_artifacts_are_not_found(stub: Stub, project: ProjectSetup) -> None:
    project.branch("master", COMMIT).pipeline().job("release", artifacts={"release.env": "A=1\n"}, expired=True)
    known = as_user(stub).projects.get(PATH)
    job = known.jobs.get(project.project.pipelines[0].jobs[0].id)
    assert "artifacts_file" not in job.attributes
    with pytest.raises(GitlabGetError, match="404 Not Found"):
        job.artifact("release.env")
    with pytest.raises(GitlabGetError, match="404 Not Found"):
        job.artifacts()


def test_a_latest_pipeline_without_the_job_hides_an_older_one(stub: Stub, project: ProjectSetup) -> None:
    branch = project.branch("master", COMMIT)
    branch.pipeline().job("release", artifacts={"release.env": "A=1\n"})
    branch.pipeline().job("other")
    with pytest.raises(GitlabGetError, match="404"):
        as_user(stub).projects.get(PATH).artifacts.raw("master", "release.env", "release")


@pytest.mark.usefixtures("project")
def test_a_private_project_is_not_there_for_others(stub: Stub) -> None:
    stub.token("stranger", user="stranger")
    for gl in (as_user(stub, "stranger"), gitlab.Gitlab(stub.url)):
        with pytest.raises(GitlabGetError, match="404 Project Not Found"):
            gl.projects.get(PATH)


@pytest.mark.usefixtures("project")
def test_a_guest_of_a_private_project_sees_no_pipelines(stub: Stub) -> None:
    stub.token("guest", user="guest", access={PATH: model.Access.GUEST})
    known = as_user(stub, "guest").projects.get(PATH)
    with pytest.raises(GitlabError, match="403 Forbidden"):
        known.pipelines.list(get_all=True)


def test_tokens_are_refused_in_gitlabs_words(stub: Stub) -> None:
    stub.token("old", expired=True)
    stub.token("taken", revoked=True)
    stub.token("narrow", scopes=("read_registry",))
    for token, told in (("none", "401 Unauthorized"), ("old", "invalid_token"), ("taken", "invalid_token")):
        with pytest.raises(GitlabAuthenticationError, match=told):
            as_user(stub, token).auth()
    with pytest.raises(GitlabGetError, match="insufficient_scope"):
        as_user(stub, "narrow").auth()


def test_a_token_may_come_as_bearer(stub: Stub, project: ProjectSetup) -> None:
    assert gitlab.Gitlab(stub.url, oauth_token="dev").projects.get(PATH).id == project.project.id


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


@pytest.mark.usefixtures("project")
def test_a_jobs_token_of_another_project_needs_the_allowlist(stub: Stub, project: ProjectSetup) -> None:
    home = stub.project("cncf/cross-cloud")
    stub.job_token("job", project="cncf/cross-cloud", access={PATH: model.Access.DEVELOPER})
    branches = as_job(stub).projects.get(PATH, lazy=True).branches
    with pytest.raises(GitlabError, match="job token not allowed from cncf/cross-cloud to coredns/coredns"):
        branches.list(get_all=True)
    project.accepts_jobs_of(home)
    assert branches.list(get_all=True)


def test_a_jobs_token_ends_with_its_job(stub: Stub, project: ProjectSetup) -> None:
    stub.job_token("job", project=PATH, access={PATH: model.Access.DEVELOPER}, running=False)
    with pytest.raises(GitlabAuthenticationError, match="401"):
        as_job(stub).projects.get(project.project.id, lazy=True).branches.list(get_all=True)


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
