"""Which commit is at work: a merge request's own, a pipeline's, or that of a checkout."""

import subprocess
from pathlib import Path

import pytest

from crosscloud import commits

A, B = "a" * 40, "b" * 40


@pytest.fixture(autouse=True)
def no_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "CI_COMMIT_SHA"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("variables", "commit"),
    [
        ({}, ""),
        ({"CI_COMMIT_SHA": A}, A),
        ({"CI_COMMIT_SHA": A, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": B}, B),
        ({"CI_COMMIT_SHA": A, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": ""}, A),
        ({"CI_COMMIT_SHA": "no commit\n"}, ""),
    ],
)
def test_a_merge_requests_own_commit_goes_before_the_one_that_gitlab_made_of_it(
    variables: dict[str, str], commit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert commits.of_pipeline() == commit


def test_a_checkout_has_its_head_and_another_folder_has_none(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    identity = ("-c", "user.name=tests", "-c", "user.email=tests@example.com")
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    assert commits.of_checkout(repository) == "", "nothing is committed yet"
    subprocess.run(["git", "-C", str(repository), *identity, "commit", "-q", "--allow-empty", "-m", "a"], check=True)
    assert len(commits.of_checkout(repository)) == 40
    assert commits.of_checkout(tmp_path) == ""
