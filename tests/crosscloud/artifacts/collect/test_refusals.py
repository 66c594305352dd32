"""What is said where there is no release.env to be had, and what is waited for."""

import pytest
from gitlab.v4.objects import ProjectJob

from tests.gitlab import Fault
from tests.gitlab.model import Access

from .conftest import Place
from .coredns import found, refusal, source


@pytest.fixture
def place(empty: Place) -> Place:
    """A GitLab in which CoreDNS has a successful pipeline with a release.env on the branch master."""
    empty.release()
    return empty


def test_a_project_that_is_missing_says_which_variable_names_another(place: Place) -> None:
    place.stub.state.projects = [each for each in place.stub.state.projects if each.path != "coredns/coredns"]
    said = refusal(place)
    assert "there is no such project, or a request without a token may not see it" in said
    assert "COREDNS_PROJECT names another" in said


def test_a_private_project_is_as_good_as_missing_until_the_token_may_read_it(place: Place) -> None:
    place.stub.project("coredns/coredns").project.visibility = "private"
    place.token = place.stub.token("glpat-x", scopes=("read_api",))
    assert "there is no such project, or the token may not see it" in refusal(place)
    place.stub.token("glpat-x", access={"coredns/coredns": Access.REPORTER})
    found(place)


def test_too_low_a_role_says_what_it_takes(place: Place) -> None:
    place.stub.project("coredns/coredns").project.visibility = "private"
    place.token = place.stub.token("glpat-x", scopes=("read_api",), access={"coredns/coredns": Access.GUEST})
    said = refusal(place)
    assert "the branch: the token may not do that" in said
    assert "the role Reporter" in said
    assert "glpat-x" not in said


def test_a_missing_branch_names_those_that_there_are(place: Place) -> None:
    place.branch(name="stable")
    said = refusal(place, COREDNS_BRANCH="ci-master")
    assert said == (
        "coredns/coredns@ci-master: the project has no such branch "
        "(it has master, stable; COREDNS_BRANCH names another)"
    )


def test_a_branch_that_is_gone_is_missing_though_its_pipelines_are_kept(place: Place) -> None:
    place.release(name="old")
    del place.stub.project("coredns/coredns").project.branches["old"]
    assert "the project has no such branch" in refusal(place, COREDNS_BRANCH="old")


def test_a_branch_without_a_pipeline_is_told_from_one_without_a_successful_one(place: Place) -> None:
    branch = place.branch(name="new")
    assert "the branch has no pipeline" in refusal(place, COREDNS_BRANCH="new")
    number = branch.pipeline("failed").pipeline.id
    said = refusal(place, COREDNS_BRANCH="new")
    assert "no pipeline of the branch has succeeded (the newest is failed: " in said
    assert said.endswith(f"/coredns/coredns/-/pipelines/{number})")


def test_pipelines_that_never_had_the_file_say_how_a_job_gives_it(place: Place) -> None:
    place.branch(name="new").pipeline().job("build", artifacts={"coredns": "binary"})
    said = refusal(place, COREDNS_BRANCH="new")
    assert "there is no release.env in the newest successful pipeline of the branch" in said
    assert "artifacts:paths" in said


def test_a_file_that_is_reported_as_variables_only_is_recognised(place: Place) -> None:
    place.branch(name="new").pipeline().job("release", reports=["dotenv"])
    assert "job release has it in artifacts:reports:dotenv only" in refusal(place, COREDNS_BRANCH="new")


@pytest.mark.parametrize("cleaned", [True, False], ids=["removed", "still listed"])
def test_a_file_that_expired_is_told_and_no_older_one_taken_for_it(place: Place, cleaned: bool) -> None:
    number = place.release(expired=True, cleaned=cleaned).pipeline.id
    said = refusal(place)
    assert f"there is no release.env any more: the artifacts of job release in pipeline {number} expired on 20" in said
    assert "run a new pipeline" in said


def test_a_file_that_was_erased_is_told(place: Place) -> None:
    place.release(erased=True)
    assert "were erased" in refusal(place)


def test_artifacts_of_other_jobs_may_be_gone(place: Place) -> None:
    with_file = place.branch().project.pipelines[-1].id
    place.branch().pipeline().job("coverage", artifacts={"coverage.xml": "<>"}, expired=True)
    assert source(place) == with_file
    newest = place.release().job("coverage", artifacts={"coverage.xml": "<>"}, expired=True)
    assert source(place) == newest.pipeline.id


def test_artifacts_that_may_not_be_read_matter_only_if_no_other_job_has_the_file(place: Place) -> None:
    pipeline = place.release().job("deploy", artifacts={"state": "secret"})
    job = pipeline.pipeline.jobs[-1].id
    place.stub.fault(Fault(f"jobs/{job}/artifacts", status=403, times=99))
    assert source(place) == pipeline.pipeline.id
    del pipeline.pipeline.jobs[0]
    place.branch().project.pipelines[:] = [pipeline.pipeline]
    assert f"the artifacts of job deploy in pipeline {pipeline.pipeline.id}" in refusal(place)


def test_a_rate_limit_and_errors_of_the_server_are_waited_for(place: Place) -> None:
    for path in ("coredns%2Fcoredns ", "/jobs", "release.env"):
        place.stub.fault(Fault(path.strip(), status=429, retry_after=0))
        place.stub.fault(Fault(path.strip(), status=503))
    found(place)


def test_a_rate_limit_that_does_not_end_is_an_error_of_that_project(place: Place) -> None:
    place.stub.fault(Fault("coredns%2Fcoredns", status=429, times=99, retry_after=0))
    assert "rate limit" in refusal(place)


def test_a_file_that_broke_off_is_fetched_again_and_never_taken_for_the_whole(place: Place) -> None:
    fault = place.stub.fault(Fault("release.env", kind="half", times=2))
    found(place)
    assert fault.times == 0
    place.stub.fault(Fault("release.env", kind="half", times=99))
    assert "broke off" in refusal(place)


@pytest.mark.parametrize(("text", "said"), [("\0" * 70000, "is 70000 bytes long"), ("\udcff", "is not text in UTF-8")])
def test_what_is_no_file_of_a_few_lines_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    monkeypatch.setattr(ProjectJob, "artifact", lambda *_: text.encode(errors="surrogateescape"))
    assert said in refusal(place)


def test_a_byte_order_mark_is_no_part_of_the_first_line(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    text = place.text("COREDNS")
    monkeypatch.setattr(ProjectJob, "artifact", lambda *_: text.encode("utf-8-sig"))
    found(place)
    monkeypatch.setattr(ProjectJob, "artifact", lambda *_: text.encode("utf-16"))
    assert "is not text in UTF-8" in refusal(place)
