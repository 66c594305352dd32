"""``crosscloud report``: the status page of all runs."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from crosscloud import paths

RunsOption = Annotated[
    Path | None,
    typer.Option(
        envvar="CROSSCLOUD_RUNS",
        show_default=".crosscloud/runs",
        help="The folder of runs; those below it are found at any depth.",
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        show_default=".crosscloud/status",
        help="Where the site is written; a history that lies there is taken along.",
    ),
]
HistoryOption = Annotated[
    Path | None, typer.Option(help="history.json of an earlier page, whose runs' folders need not be there any more.")
]
NowOption = Annotated[datetime | None, typer.Option(hidden=True, formats=["%Y-%m-%dT%H:%M:%S%z"])]


def report(
    runs: RunsOption = None,
    output: OutputOption = None,
    history: HistoryOption = None,
    now: NowOption = None,
) -> None:
    """Make the status page of all runs: each project at each channel on each cloud, with 90 days of history.

    Exit status 0 whatever the runs say, and whatever of them can't be read (it is told); 1 if the site can't be
    written.
    """
    from rich.console import Console

    from crosscloud.report.site import make
    from crosscloud.report.summary import lines, table
    from crosscloud.report.words import clean

    output = output or paths.home() / "status"
    site = make(runs or paths.home() / "runs", output, history, (now or datetime.now(UTC)).astimezone(UTC))
    for problem in site.problems:
        print(f"warning: {clean(problem)}", file=sys.stderr)
    console = Console(highlight=False)
    if site.rows:
        console.print(table(site.rows))
    for line in lines(site.rows):
        console.print(line, markup=False, soft_wrap=True)
    console.print(f"page: {output / 'index.html'}", markup=False, soft_wrap=True)
