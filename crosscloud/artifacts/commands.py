"""The command ``crosscloud artifacts``: build, list, and the local registry."""

from typing import Annotated, Optional

import typer

from crosscloud.artifacts.collect.command import collect
from crosscloud.artifacts.versions import Channel

app = typer.Typer(name="artifacts", help="CNCF projects from their sources to images.", no_args_is_help=True)
registry_app = typer.Typer(name="registry", help="The local registry that machines pull from.", no_args_is_help=True)
app.add_typer(registry_app)
app.command()(collect)

_DEFAULT_PORT = 5001
Port = Annotated[int, typer.Option(help="Port of the local registry on 127.0.0.1.")]


@app.command()
def build(
    projects: Annotated[
        Optional[list[str]],  # noqa: UP045 - typer reads it
        typer.Argument(metavar="PROJECT", help="Projects to build; all when none is named."),
    ] = None,
    channel: Annotated[Channel, typer.Option(help="Pinned versions, or the newest that can be built.")] = "stable",
    port: Port = _DEFAULT_PORT,
    push: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Send the images to this registry (host/path) as well, and name it in release.env."),
    ] = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Look for new heads, though today's are known.")] = False,
) -> None:
    """Build the images, publish them in the local registry and write release.env and support.env."""
    from rich.console import Console

    from crosscloud.artifacts import catalogue, output, run
    from crosscloud.artifacts.progress import Progress

    chosen = catalogue.select(projects or [])
    console = Console(stderr=False)
    progress = Progress(console, chosen)
    options = run.Options(channel=channel, port=port, push=push, refresh=refresh)
    try:
        with progress.shown():
            run.build_all(chosen, options, progress)
    except KeyboardInterrupt:
        console.print("interrupted; what was finished is kept")
        raise typer.Exit(130) from None
    except run.BuildsFailedError:
        progress.words()
        raise
    for path in (output.release_file(), output.support_file()):
        if path.exists():
            console.print(str(path), soft_wrap=True, highlight=False)


@app.command("list")
def show() -> None:
    """List the catalogue: each project, its versions, and what is built of it."""
    from rich.console import Console
    from rich.table import Table

    from crosscloud.artifacts import catalogue, stock

    table = Table(box=None, pad_edge=False)
    for heading in ("PROJECT", "STABLE", "HEAD", "BUILT", "IMAGE"):
        table.add_column(heading, overflow="fold")
    for project in catalogue.PROJECTS:
        built = ", ".join(f"{one.version}-{one.key[:8]}" for one in stock.built(project))
        head = stock.known_head(project) if project.released else ""
        table.add_row(
            project.name, project.public_version(project.stable), head, built or "-", project.image.repository
        )
    Console().print(table)


@app.command()
def prune() -> None:
    """Remove the builds that release.env and support.env don't name, on disk and in the local registry."""
    from rich.filesize import decimal

    from crosscloud.artifacts import stock

    removed, freed = stock.prune()
    typer.echo(f"{removed} builds removed, {decimal(freed)} freed")


@registry_app.command("start")
def registry_start(port: Port = _DEFAULT_PORT) -> None:
    """Start the registry in the background, with everything that was published before."""
    from crosscloud.artifacts import registry

    now = registry.start(port)
    typer.echo(f"registry on {now.address}, process {now.pid}")


@registry_app.command("stop")
def registry_stop() -> None:
    """Stop the registry; its images stay on disk."""
    from crosscloud.artifacts import registry

    typer.echo("stopped" if registry.stop() else "was not running")


@registry_app.command("status")
def registry_status() -> None:
    """Tell whether the registry runs; exit status 3 when it doesn't."""
    from crosscloud.artifacts import registry

    now = registry.status()
    if now.pid is None or not registry.answers(now.port):
        typer.echo("not running")
        raise typer.Exit(3)
    typer.echo(f"running on {now.address}, process {now.pid}")
