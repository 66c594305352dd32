"""``crosscloud review``: what was reviewed, fetched from where it is kept."""

import os
from pathlib import Path
from typing import Annotated

import typer

from crosscloud.cli.options import StackName

app = typer.Typer(name="review", help="What was reviewed on a merge request.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """What was reviewed on a merge request."""


@app.command()
def applied(stack: StackName = "local") -> None:
    """Print the commit of this pipeline's branch that was last applied to the stack.

    Where nothing was tried yet, it is the one before this push; where all failed, it is 0000….
    """
    from crosscloud.gitlab.client import Settings, connect
    from crosscloud.review.applied import last_applied
    from crosscloud.review.fetch import Commit

    commit = Commit.of_pipeline()
    print(
        last_applied(connect(Settings.from_environment()), commit.project, stack, commit.sha)
        or os.environ.get("CI_COMMIT_BEFORE_SHA", "")
    )


@app.command()
def fetch(
    stack: StackName = "local",
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")] = Path("review.json"),
    job: Annotated[str, typer.Option(help="The job that previews the stack.", show_default="preview:STACK")] = "",
    since: Annotated[
        str, typer.Option(help="The commit that was last applied to the stack.", show_default="the commit before")
    ] = "",
    allow_unreviewed: Annotated[
        bool,
        typer.Option("--allow-unreviewed", help="Where no merge request brought the commit, take it as it is now."),
    ] = False,
) -> None:
    """Write the review of the merge request that brought this pipeline's commit, for `crosscloud up --review`.

    With a commit that was last applied, it may be an earlier one since that, if those after it don't touch the stack.
    """
    from dataclasses import replace

    from crosscloud.gitlab.client import Settings, connect
    from crosscloud.review import applied as done
    from crosscloud.review import fetch as fetching
    from crosscloud.review import record
    from crosscloud.stacks.pulumi import Stack

    commit = fetching.Commit.of_pipeline()
    lacking = done.since(since, commit.sha) if since else []
    commits = [replace(commit, sha=sha) for sha in lacking] or [commit]
    try:
        review = fetching.fetch(connect(Settings.from_environment()), commits, stack, job=job)
    except fetching.UnreviewedError as error:
        if not allow_unreviewed:
            raise
        print(f"UNREVIEWED: {str(error).partition('. ')[0]}")
        review = record(Stack(stack))
    review.save(output)
    print(
        f"{output}: stack {stack} as it was at {review.recorded:%Y-%m-%d %H:%M} UTC, commit {(review.commit or '')[:8]}"
    )
