"""What a merge request changes, by git and by GitLab."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import gitlab
import pytest

from crosscloud.gitlab.changes import UnknownChangesError, from_git, from_gitlab
from tests.gitlab import Stub

PROJECT = "cncf/cross-cloud"
Client = Callable[..., gitlab.Gitlab]


def git(folder: Path, *arguments: str) -> str:
    settings = ("user.name=t", "user.email=t@example.com", "commit.gpgsign=false", "init.defaultBranch=main")
    command = ["git", *(word for setting in settings for word in ("-c", setting)), *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "release.env").write_text("A=1\n" * 20)
    (folder / "README.md").write_text("read\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "base")
    return folder


def test_git_tells_renamed_files_by_both_names_and_strange_ones_as_they_are(repository: Path) -> None:
    base = git(repository, "rev-parse", "HEAD")
    git(repository, "mv", "release.env", "old.env")
    (repository / "größe\n neu.md").write_text("x")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "change")
    assert sorted(from_git(base, folder=repository)) == ["größe\n neu.md", "old.env", "release.env"]


def test_what_the_target_branch_got_meanwhile_is_no_change(repository: Path) -> None:
    git(repository, "checkout", "-qb", "topic")
    (repository / "README.md").write_text("topic\n")
    git(repository, "commit", "-qam", "topic")
    git(repository, "checkout", "-q", "main")
    (repository / "release.env").write_text("A=2\n")
    git(repository, "commit", "-qam", "main")
    assert from_git("main", head="topic", folder=repository) == ["README.md"]


def test_a_shallow_history_is_told(repository: Path, tmp_path: Path) -> None:
    base = git(repository, "rev-parse", "HEAD")
    (repository / "README.md").write_text("new\n")
    git(repository, "commit", "-qam", "change")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{repository}", "shallow")
    with pytest.raises(UnknownChangesError, match=f"git can't tell what is changed since {base}: fatal"):
        from_git(base, folder=tmp_path / "shallow")


def test_a_base_is_never_an_option(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownChangesError):
        from_git(f"--output={tmp_path}/written", folder=repository)
    assert not list(tmp_path.glob("written*"))


def test_gitlab_tells_every_page_and_both_names(stub: Stub, client: Client) -> None:
    merge_request = stub.project(PROJECT).merge_request()
    for number in range(230):
        merge_request.changes(f"docs/{number}.md")
    merge_request.changes("docs/new.env", old="release.env", kind="renamed")
    found = from_gitlab(client(), PROJECT, 1)
    assert len(found) == 232
    assert {"release.env", "docs/new.env"} <= set(found)


def test_a_list_that_gitlab_cut_off_is_not_taken_for_whole(stub: Stub, client: Client) -> None:
    merge_request = stub.project(PROJECT).merge_request().changes("docs/1.md")
    merge_request.merge_request.cut_off = True
    with pytest.raises(UnknownChangesError, match=r"GitLab shows 1 of 1\+ files"):
        from_gitlab(client(), PROJECT, 1)


def test_what_gitlab_has_not_counted_yet_is_not_taken_for_nothing(stub: Stub, client: Client) -> None:
    merge_request = stub.project(PROJECT).merge_request().changes("release.env")
    merge_request.merge_request.counted = False
    with pytest.raises(UnknownChangesError, match="GitLab has not counted them yet"):
        from_gitlab(client(), PROJECT, 1)


def test_no_change_at_all_is_none(stub: Stub, client: Client) -> None:
    stub.project(PROJECT).merge_request()
    assert from_gitlab(client(), PROJECT, 1) == []
