"""``crosscloud touched``: which stacks a merge request's changes can reach."""

import os
import sys
from typing import Annotated

import typer


def touched(
    base: Annotated[
        str,
        typer.Option(
            # A pipeline of the merged result holds what else the target branch got: it counts from that branch.
            envvar=["CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "CI_MERGE_REQUEST_DIFF_BASE_SHA"],
            help="What the changes are counted from: a commit, a branch.",
        ),
    ] = "",
    files: Annotated[
        list[str] | None, typer.Option("--files", help="A changed file, from the repository's root; may be repeated.")
    ] = None,
    more: Annotated[list[str] | None, typer.Argument(metavar="FILE", help="Further files.")] = None,
    why: Annotated[bool, typer.Option("--why", help="Say which files reach each stack.")] = False,
) -> None:
    """Print the stacks whose preview a change needs, one a line.

    Without files, git is asked what has changed since the base, and where its history is too short, GitLab.
    """
    from crosscloud.preview import touched as rules
    from crosscloud.preview.changed import changed_files

    stacks = rules.known()
    named = [*(files or []), *(more or [])]
    found = named or changed_files(base, os.environ)
    if found is None:
        print("what has changed can't be told, so every stack is previewed", file=sys.stderr)
        reached = {stack.name: ["(unknown)"] for stack in stacks}
    else:
        reached = rules.touched(found, stacks)
    for name, reasons in reached.items():
        print(f"{name}: {', '.join(reasons)}" if why else name)
