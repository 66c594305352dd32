"""The ``crosscloud e2e`` command."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from crosscloud import kubeconfig, paths, provenance, release
from crosscloud.e2e.model import E2eError, Failed, NotYet, Options

if TYPE_CHECKING:
    from crosscloud.runs.record import Source

KubeconfigOption = Annotated[
    Path, typer.Option("--kubeconfig", envvar="KUBECONFIG", help="The cluster to check; its current context is used.")
]
ReleaseOption = Annotated[Path, typer.Option("--release", help="The release file whose images should run.")]
ProbeOption = Annotated[
    str | None,
    typer.Option(
        help="Image of the probe pods.", show_default="PROBE_IMAGE of support.env, which `artifacts build` writes"
    ),
]
JunitOption = Annotated[Path | None, typer.Option(help="Write a JUnit XML report to this file.")]
TimeoutOption = Annotated[float, typer.Option(min=1, help="Seconds that each check may wait for what it looks for.")]
NodesOption = Annotated[int | None, typer.Option(min=1, help="How many nodes there have to be; default: any number.")]
ManagedOption = Annotated[
    bool,
    typer.Option("--managed-kubernetes", help="Kubernetes is the cloud's own: show its version, don't compare it."),
]
RegistryOption = Annotated[
    str | None, typer.Option(help="Ask this registry (HOST:PORT) for digests instead of the one in an image's name.")
]


def e2e(  # noqa: PLR0913, PLR0917 - each is an option of the command
    kubeconfig_file: KubeconfigOption,
    release_file: ReleaseOption = Path("release.env"),
    probe_image: ProbeOption = None,
    junit: JunitOption = None,
    timeout: TimeoutOption = Options.timeout,
    nodes: NodesOption = None,
    managed_kubernetes: ManagedOption = False,
    registry: RegistryOption = None,
) -> None:
    """Check a running cluster: is what runs what the release names, and does it work?

    Exit status 0 if every check passed, 1 if one failed, 130 if interrupted. What the checks make is in a namespace of
    its own, crosscloud-e2e-…, which is removed in any case.
    """
    config, images = kubeconfig.load(kubeconfig_file), release.load(release_file)
    options = Options(probe_image or default_probe(), timeout, managed_kubernetes, nodes, registry)
    with interruptible():
        passed = check(config, images, options, junit, provenance.load(release_file))
    raise typer.Exit(0 if passed else 1)


def check(
    config: kubeconfig.Kubeconfig,
    images: release.Release,
    options: Options,
    junit: Path | None = None,
    sources: "Mapping[str, Source]" = MappingProxyType({}),
) -> bool:
    """Run all checks with their table on standard output, write the report, and return whether all passed.

    ``sources`` tells where the images come from, as far as that is known.
    """
    from rich.console import Console

    from crosscloud.e2e import junit as report
    from crosscloud.e2e.checks import CHECKS
    from crosscloud.e2e.cluster import Cluster
    from crosscloud.e2e.provenance import provenance as properties
    from crosscloud.e2e.runner import run
    from crosscloud.e2e.table import Progress, sources_told, summary

    console = Console()
    with closing(Cluster(config)) as cluster:
        try:
            told = properties(cluster, config, images, sources)
        except (Failed, NotYet) as error:
            raise E2eError(f"the cluster of context {config.current_context!r} can't be checked: {error}") from None
        with Progress(CHECKS, console) as progress:
            done = run(CHECKS, cluster, images, options, progress.tell)
    for line in sources_told(sources):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(
        summary(done), style="green" if done.passed else "bold red", highlight=False, markup=False, soft_wrap=True
    )
    if junit:
        report.write(junit, done, told)
        console.print(f"report: {junit}", highlight=False, markup=False, soft_wrap=True)
    return done.passed


def default_probe() -> str:
    """Return the reference of the probe's image that `crosscloud artifacts build` wrote down."""
    from dotenv import dotenv_values

    support = paths.home() / "support.env"
    reference = dotenv_values(support).get("PROBE_IMAGE") if support.exists() else None
    if not reference:
        raise E2eError(
            f"no image is known for the probe pods: {support} has no PROBE_IMAGE. "
            "Run `crosscloud artifacts build`, or name an image that the cluster can pull with --probe-image"
        )
    return reference


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn the first SIGINT or SIGTERM into an orderly end with status 130; more of them don't disturb it."""

    def interrupted(number: int, _: object) -> NoReturn:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        typer.echo(f"\n{signal.Signals(number).name}: removing what the checks made …", err=True)
        raise typer.Exit(128 + signal.SIGINT)

    before = {number: signal.signal(number, interrupted) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
