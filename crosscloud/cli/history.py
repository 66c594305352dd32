"""``crosscloud history``: what the status page knew when it was made last."""

from pathlib import Path
from typing import Annotated

import typer


def history(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write; left alone if there is none yet.")],
    project: Annotated[str, typer.Option(envvar="CI_PROJECT_ID", help="The GitLab project, by path or number.")],
    branch: Annotated[str, typer.Option(envvar="CI_DEFAULT_BRANCH", help="The branch whose pipelines make it.")],
    environment: Annotated[str, typer.Option(help="The environment that the page is deployed to.")] = "status",
) -> None:
    """Fetch the history of the status page that was made last, for `crosscloud report`.

    In a job its own token is enough. Exit status 0 also where there is none yet, and nothing is written then; 1 if
    that can't be told.
    """
    from crosscloud.files import write_text
    from crosscloud.gitlab.client import Settings, connect
    from crosscloud.runs.history import Published, fetch
    from crosscloud.runs.record import KEPT

    found = fetch(connect(Settings.from_environment()), Published(project, branch, environment))
    if found is None:
        print(f"no page of {branch} was made in the last {KEPT.days} days: the history begins now")
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    write_text(output, found.decode(errors="replace"))
    print(f"{output}: {len(found)} bytes")
