"""The command ``crosscloud artifacts collect``."""

import os
import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

from crosscloud.artifacts.collect.channels import Channel

ChannelOption = Annotated[Channel, typer.Option(help="The branches to take: stable, head (master) or alpha.")]
OutputOption = Annotated[
    Path, typer.Option("--output", "-o", help="The release file to write, with its provenance beside it.")
]
GitlabOption = Annotated[
    Optional[str],  # noqa: UP045 - typer reads it
    typer.Option(help="The GitLab to ask.", show_default="CROSSCLOUD_GITLAB_URL, or the job's own"),
]
RegistryOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        envvar="CROSSCLOUD_REGISTRY",
        help="Ask this registry (HOST:PORT) for digests instead of the one in an image's name.",
    ),
]


def collect(
    channel: ChannelOption = "stable",
    output: OutputOption = Path("release.env"),
    gitlab: GitlabOption = None,
    registry: RegistryOption = None,
) -> None:
    """Make a release of the newest that each project's branch has built, and write where it came from.

    Of each project the newest successful pipeline of the channel's branch is taken. K8S_BRANCH, COREDNS_BRANCH,
    PROMETHEUS_BRANCH, NODE_EXPORTER_BRANCH and ALERT_MANAGER_BRANCH name other branches, K8S_PROJECT and so on other
    GitLab projects, such as forks, and K8S_PIPELINE and so on one pipeline by its id, which may still be running. Exit
    status 1 if a project has no such file; then nothing is written.
    """
    from rich.console import Console

    from crosscloud import provenance
    from crosscloud.artifacts.collect import catalogue, run, shown
    from crosscloud.gitlab.client import connect
    from crosscloud.gitlab.settings import URL, Settings

    wanted = catalogue.wanted(channel, os.environ)
    for line in catalogue.misspelt(os.environ):
        print(f"warning: {line}", file=sys.stderr)
    settings = Settings.from_environment({**os.environ, URL: gitlab} if gitlab else os.environ)
    console = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else shown.WIDTH)
    progress = shown.Progress(console, settings.url)
    options = run.Options(channel, output, settings.url, registry)
    with progress.shown():
        found = run.collect(wanted, options, lambda: connect(settings, patience=options.patience), progress)
    console.print()
    console.print(shown.table(found, console.width))
    console.print()
    for line in shown.notes(found):
        print(f"note: {line}")
    print(f"{output}, with where it comes from in {provenance.file_of(output).name}")
