"""The stages on the way to a tested cluster, whoever goes it: each says what it does and how long it took."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crosscloud import paths, provenance, release
from crosscloud.config import StackConfig
from crosscloud.errors import CrosscloudError
from crosscloud.stacks import files, marks, recovery
from crosscloud.stacks.advice import advised
from crosscloud.stacks.kubectl import link_kubectl
from crosscloud.stacks.pulumi import Stack

#: The pack that every update is held to: nothing is made of which one of its mandatory rules says no.
_PACK = ("--policy-pack", str(paths.POLICY))


class ChecksFailedError(CrosscloudError):
    """The cluster is up, but not all checks passed."""


@contextmanager
def stage(title: str) -> Iterator[None]:
    """Show a stage's title before it and its time after it."""
    from rich.console import Console

    console = Console(highlight=False)
    console.print(f"[bold]==> {title}[/bold]")
    started = time.monotonic()
    yield
    console.print(f"    [dim]{title}: {time.monotonic() - started:.1f} s[/dim]")


def build_images(port: int) -> None:
    """Build the release's images and publish them in the registry on this loopback port."""
    from crosscloud.artifacts import commands

    commands.build(port=port)


def ensure_machines() -> None:
    """Raise an error that names all that this host lacks to run machines."""
    from crosscloud.machines import requirements

    requirements.ensure("run machines")


def build_machine_image() -> None:
    """Make the image that this host's machines boot from, unless it is there."""
    from crosscloud.machines import image

    ensure_machines()
    image.ensure(say)


def deploy(
    stack: Stack,
    config: StackConfig,
    *arguments: str,
    variables: Mapping[str, str] | None = None,
    review: str = "",
    policies: bool = True,
) -> None:
    """Bring a stack to what its configuration says; mend first what an interrupted run left.

    A failure is followed by what its messages ask for, as far as that is known. Refreshing sees machines that died and
    nodes that went, so that the same run puts them back; where access to the cluster ends, the program has to be run
    first, since it alone has one that is good. With the id of a ``review`` that is being applied nothing is refreshed,
    since nothing was when it was previewed. Without ``policies`` the policy pack is not asked.
    """
    with marks.noted(stack):
        for line in recovery.recover(stack, by_program=config.access_ends):
            say(line)
        if review:
            marks.begin_review(stack, review)
        else:
            marks.end_review(stack)
        refresh = ["--refresh", "--run-program"] if config.access_ends else ["--refresh"]
        with advised(config) as events:
            asking = [*(() if review else refresh), *(_PACK if policies else ())]
            command = ("up", "--yes", "--skip-preview", *asking, "--suppress-outputs", *events.arguments, *arguments)
            recovery.show(stack, *command, variables={**events.variables, **(variables or {})})


def take_outputs(stack: Stack, config: StackConfig) -> tuple[dict[str, Any], Path]:
    """Write the kubeconfig of a stack that is up, and put kubectl of its release in place.

    Returns the stack's outputs and the kubeconfig's file.
    """
    outputs = stack.outputs() if stack.exists() else {}
    if "kubeconfig" not in outputs:
        raise CrosscloudError(f"stack {stack.name} is not up; `make up STACK={stack.name}` brings it up")
    link_kubectl(release.load(Path(config.release_file)))
    text = files.usable_kubeconfig(outputs, stack.workspace)
    return outputs, files.write_kubeconfig(stack.name, text, stack.workspace)


def run_checks(
    stack: Stack, config: StackConfig, kubeconfig_file: Path, outputs: Mapping[str, Any], registry: str | None
) -> bool:
    """Run the e2e checks with their table, and tell whether all passed.

    ``registry`` is asked for digests instead of those that the images' names tell.
    """
    from crosscloud import kubeconfig
    from crosscloud.e2e import commands
    from crosscloud.e2e.model import Options

    # A cluster that we did not make, or that a cloud makes, has its own Kubernetes, and its own number of nodes.
    managed = config.cloud in ("existing", "gke")
    options = Options(
        commands.default_probe(),
        managed_kubernetes=managed,
        nodes=None if managed else len(outputs["nodes"]),
        registry=registry,
    )
    junit = stack.workspace.home / "reports" / f"{stack.name}.xml"
    junit.parent.mkdir(parents=True, exist_ok=True)
    with commands.interruptible():
        file = Path(config.release_file)
        images, sources = release.load(file), provenance.load(file)
        return commands.check(kubeconfig.load(kubeconfig_file), images, options, junit, sources)


def say(line: str) -> None:
    """Print a line that belongs to the stage at work."""
    print(f"    {line}", flush=True)
