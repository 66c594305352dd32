"""``crosscloud review``: what was reviewed, fetched from where it is kept."""

from pathlib import Path
from typing import Annotated

import typer

from crosscloud.cli.options import StackName

app = typer.Typer(name="review", help="What was reviewed on a merge request.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """What was reviewed on a merge request."""


@app.command()
def fetch(
    stack: StackName = "local",
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")] = Path("review.json"),
    job: Annotated[str, typer.Option(help="The job that previews the stack.", show_default="preview:STACK")] = "",
    allow_unreviewed: Annotated[
        bool,
        typer.Option("--allow-unreviewed", help="Where no merge request brought the commit, take it as it is now."),
    ] = False,
) -> None:
    """Write the review of the merge request that brought this pipeline's commit, for `crosscloud up --review`."""
    from crosscloud.gitlab.client import Settings, connect
    from crosscloud.review import fetch as fetching
    from crosscloud.review import record
    from crosscloud.stacks.pulumi import Stack

    commit = fetching.Commit.of_pipeline()
    try:
        review = fetching.fetch(connect(Settings.from_environment()), commit, stack, job=job)
    except fetching.UnreviewedError as error:
        if not allow_unreviewed:
            raise
        print(f"UNREVIEWED: {str(error).partition('. ')[0]}")
        review = record(Stack(stack))
    review.save(output)
    print(
        f"{output}: stack {stack} as it was at {review.recorded:%Y-%m-%d %H:%M} UTC, commit {(review.commit or '')[:8]}"
    )
