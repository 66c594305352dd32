"""Which pipeline and which job a project's release.env is taken from."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.gitlab.stub import sha

from .conftest import Place
from .coredns import found, refusal, source

OLD = "ci-v1.14.0.old.1"


@pytest.fixture
def place(empty: Place) -> Place:
    """A GitLab in which CoreDNS has a successful pipeline with a release.env on the branch master."""
    empty.release()
    return empty


def test_the_newest_successful_pipeline_counts(place: Place) -> None:
    newest = place.release().pipeline.id
    place.branch().pipeline("failed").job("release", artifacts={"release.env": "broken"})
    place.branch().pipeline("running")
    assert source(place) == newest


def test_newest_is_by_creation_and_not_by_the_time_it_ended(place: Place) -> None:
    older = place.branch().project.pipelines[-1]
    newest = place.release().pipeline
    older.jobs[0].finished = newest.jobs[0].finished + timedelta(days=1)
    assert source(place) == newest.id


def test_a_branch_may_have_a_slash_in_its_name(place: Place) -> None:
    number = place.release(name="feature/anycast").pipeline.id
    told = found(place, COREDNS_BRANCH="feature/anycast")
    assert (told.branch, told.pipeline) == ("feature/anycast", number)


def test_the_source_says_project_branch_commit_pipeline_and_when(place: Place) -> None:
    commit = sha("coredns/coredns@master")
    told = found(place)
    assert (told.project, told.branch, told.commit) == ("coredns/coredns", "master", commit)
    assert told.url == f"{place.stub.url}/coredns/coredns/-/pipelines/{told.pipeline}"
    assert told.finished is not None
    assert datetime.now(UTC) - told.finished < timedelta(minutes=1)


def test_one_pipeline_that_is_asked_for_is_taken_though_it_still_runs_and_there_are_newer_ones(place: Place) -> None:
    """A project's pipeline that starts ours is not over at that time."""
    files = {"release.env": place.text("COREDNS")}
    asked = place.branch().pipeline("running").job("release", artifacts=files).job("crosscloud", status="running")
    place.release()
    assert source(place, COREDNS_PIPELINE=str(asked.pipeline.id)) == asked.pipeline.id


def test_one_pipeline_that_is_asked_for_has_to_be_the_branchs_and_fit(place: Place) -> None:
    failed = place.branch().pipeline("failed").pipeline.id
    assert refusal(place, COREDNS_PIPELINE=str(failed)).endswith("which COREDNS_PIPELINE asks for, is failed")
    other = place.release(name="stable").pipeline.id
    assert "is of the branch stable (COREDNS_BRANCH names the branch)" in refusal(place, COREDNS_PIPELINE=str(other))
    tag = place.branch().pipeline(tag=True).pipeline.id
    assert "is of the tag master" in refusal(place, COREDNS_PIPELINE=str(tag))
    assert "the project has no pipeline 999 (COREDNS_PIPELINE asks" in refusal(place, COREDNS_PIPELINE="999")
    running = place.branch().pipeline("running").job("release", status="running").pipeline.id
    said = refusal(place, COREDNS_PIPELINE=str(running))
    assert f"no job that has succeeded in pipeline {running} carries a release.env" in said


def test_a_project_that_was_renamed_is_found_by_its_former_path(place: Place) -> None:
    newest = place.release().pipeline.id
    place.stub.project("coredns/coredns").renamed("coredns/dns")
    assert source(place) == newest


def test_pipelines_without_the_file_are_passed_over(place: Place) -> None:
    with_file = place.branch().project.pipelines[-1].id
    place.branch().pipeline().job("docs", artifacts={"site.html": "<html>"})
    place.branch().pipeline()
    assert source(place) == with_file


def test_pipelines_of_other_branches_tags_and_merge_requests_do_not_count(place: Place) -> None:
    with_file = place.branch().project.pipelines[-1].id
    files = {"release.env": place.text("COREDNS", tag=OLD)}
    place.branch(name="master-2").pipeline().job("release", artifacts=files)
    place.branch().pipeline(tag=True).job("release", artifacts=files)
    place.stub.project("coredns/coredns").merge_request(branch="master").pipeline().job("release", artifacts=files)
    assert source(place) == with_file


def test_a_child_pipelines_file_counts_as_the_branchs_and_a_child_of_a_child(place: Place) -> None:
    parent = place.branch().pipeline().job("start")
    parent.child().job("build").child().job("release", artifacts={"release.env": place.text("COREDNS")})
    assert source(place) == parent.pipeline.id


def test_a_child_that_failed_and_what_was_started_elsewhere_do_not_count(place: Place) -> None:
    with_file = place.branch().project.pipelines[-1].id
    files = {"release.env": place.text("COREDNS", tag=OLD)}
    parent = place.branch().pipeline().job("start")
    parent.child("failed").job("release", artifacts=files)
    parent.child(project=place.stub.project("coredns/other")).job("release", artifacts=files)
    assert source(place) == with_file


def test_the_job_that_was_retried_does_not_count(place: Place) -> None:
    pipeline = place.branch().pipeline()
    pipeline.job("release", artifacts={"release.env": place.text("COREDNS", tag=OLD)}, retried=True)
    pipeline.job("release", artifacts={"release.env": place.text("COREDNS")})
    assert source(place) == pipeline.pipeline.id


def test_a_file_of_a_job_that_failed_and_was_allowed_to_does_not_count(place: Place) -> None:
    with_file = place.branch().project.pipelines[-1].id
    files = {"release.env": place.text("COREDNS", tag=OLD)}
    place.branch().pipeline().job("release", artifacts=files, status="failed")
    assert source(place) == with_file


def test_two_jobs_may_carry_the_same_file_but_not_two(place: Place) -> None:
    pipeline = place.branch().pipeline()
    pipeline.job("build", artifacts={"release.env": place.text("COREDNS")})
    pipeline.job("release", artifacts={"release.env": place.text("COREDNS")})
    assert source(place) == pipeline.pipeline.id
    pipeline.job("release-arm64", artifacts={"release.env": place.text("COREDNS", tag=OLD)})
    assert "jobs build and release and release-arm64 of pipeline" in refusal(place)


def test_many_jobs_are_paged_through(place: Place) -> None:
    pipeline = place.branch().pipeline().job("release", artifacts={"release.env": place.text("COREDNS")})
    for number in range(120):
        pipeline.job(f"test-{number}")
    assert source(place) == pipeline.pipeline.id
