"""``crosscloud history``: what the status page knew when it was made last."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def history(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write; a history that is there stays.")],
    project: Annotated[str, typer.Option(envvar="CI_PROJECT_ID", help="The GitLab project, by path or number.")],
    branch: Annotated[str, typer.Option(envvar="CI_DEFAULT_BRANCH", help="The branch whose pipelines make it.")],
    job: Annotated[str, typer.Option(help="The job that makes the page.")] = "report",
) -> None:
    """Fetch the history of the status page that was made last, for `crosscloud report`.

    Exit status 0 also where there is none yet, and nothing is written then; 1 if that can't be told.
    """
    from crosscloud.artifacts.files import write_text
    from crosscloud.gitlab.client import Settings, connect
    from crosscloud.runs.history import Published, fetch

    settings = Settings.from_environment()
    if settings.job_token:
        print(
            "by the job's own token only pages of wholly green pipelines are found; docs/pipeline.md", file=sys.stderr
        )
    found = fetch(connect(settings), Published(project, branch, job), job_token=settings.job_token)
    if found is None:
        print(f"no page was made on {branch} yet: the history begins now")
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    write_text(output, found.decode())
    print(f"{output}: {len(found)} bytes")
