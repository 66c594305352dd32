"""A clone of the working tree, as GitLab's runner would have it: what is committed, and here what is about to be."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from crosscloud import paths
from crosscloud.stacks.files import without_salt

PROJECT, BRANCH = "crosscloud/crosscloud", "main"
_WHO = ("-c", "user.name=crosscloud", "-c", "user.email=crosscloud@example.com")


def make(folder: Path, gitlab: str) -> str:
    """Put the working tree's files (none that git ignores) into a repository of one commit; return the commit.

    Its remote is the project on the GitLab of this address, by which the runner tells CI_SERVER_URL and the project.
    """
    folder.mkdir(parents=True)
    listed = _git(paths.ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    for name in filter(None, listed.split("\0")):
        if (source := paths.ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    for file in folder.glob("Pulumi.*.yaml"):  # `up` leaves the salt of this machine's passphrase in the stack's file
        file.write_text(without_salt(file.read_text()))
    _git(folder, "init", "--quiet", "--initial-branch", BRANCH)
    _git(folder, "add", "--all")
    _git(folder, *_WHO, "commit", "--quiet", "--message", "what is pushed")
    _git(folder, "remote", "add", "origin", f"{gitlab}/{PROJECT}.git")
    _git(folder, "update-ref", f"refs/remotes/origin/{BRANCH}", "HEAD")
    _git(folder, "symbolic-ref", "refs/remotes/origin/HEAD", f"refs/remotes/origin/{BRANCH}")
    return _git(folder, "rev-parse", "HEAD").strip()


def change(folder: Path, files: Mapping[str, str], *, branch: str) -> tuple[str, str]:
    """Commit a change of some files, or of none, to a branch, made here if need be; return that of BRANCH, and it."""
    before = _git(folder, "rev-parse", BRANCH).strip()
    for name, text in files.items():
        (folder / name).write_text(text)
    _git(folder, "checkout", "--quiet", "-B", branch)
    _git(folder, *_WHO, "commit", "--quiet", "--all", "--allow-empty", "--message", "a change")
    return before, _git(folder, "rev-parse", "HEAD").strip()


def restore(folder: Path) -> None:
    """Put all files back to what is committed."""
    _git(folder, "checkout", "--quiet", "--force", ".")


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout
