"""The stub answers as GitLab's documentation says it does, seen through python-gitlab: what is read, and by whom."""

import gitlab
import pytest
import requests
from gitlab.exceptions import GitlabAuthenticationError, GitlabError, GitlabGetError, GitlabHttpError

from tests.gitlab import Stub, model
from tests.gitlab.seen import COMMIT, DEV, PATH, as_job, as_user
from tests.gitlab.setup import ProjectSetup


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


def test_artifacts_come_by_job_and_by_branch(stub: Stub, project: ProjectSetup) -> None:
    branch = project.branch("release/1.0", COMMIT)
    branch.pipeline().job("release", artifacts={"release.env": "A=1\n", "deep/log.txt": "log"})
    branch.pipeline("failed").job("release", artifacts={"release.env": "A=2\n"})
    known = as_user(stub).projects.get(PATH)
    (job,) = known.pipelines.list(status="success", get_all=True)[0].jobs.list(get_all=True)
    assert known.jobs.get(job.id).artifact("deep/log.txt") == b"log"
    assert known.artifacts.raw("release%2F1.0", "release.env", "release") == b"A=1\n"


def test_expired_artifacts_are_not_found(stub: Stub, project: ProjectSetup) -> None:
    project.branch("master", COMMIT).pipeline().job("release", artifacts={"release.env": "A=1\n"}, expired=True)
    known = as_user(stub).projects.get(PATH)
    job = known.jobs.get(project.project.pipelines[0].jobs[0].id)
    assert "artifacts_file" not in job.attributes
    with pytest.raises(GitlabGetError, match="404 Not Found"):
        job.artifact("release.env")


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


@pytest.mark.usefixtures("project")
def test_a_jobs_token_of_another_project_needs_the_allowlist(stub: Stub, project: ProjectSetup) -> None:
    home = stub.project("cncf/cross-cloud")
    stub.job_token("job", project="cncf/cross-cloud", access={PATH: model.Access.DEVELOPER})
    branches = as_job(stub).projects.get(PATH, lazy=True).branches
    with pytest.raises(GitlabError, match="job token not allowed from cross-cloud to coredns"):
        branches.list(get_all=True)
    project.accepts_jobs_of(home)
    assert branches.list(get_all=True)


def test_a_jobs_token_ends_with_its_job(stub: Stub, project: ProjectSetup) -> None:
    stub.job_token("job", project=PATH, access={PATH: model.Access.DEVELOPER}, running=False)
    with pytest.raises(GitlabAuthenticationError, match="401"):
        as_job(stub).projects.get(project.project.id, lazy=True).branches.list(get_all=True)
