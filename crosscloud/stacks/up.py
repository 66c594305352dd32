"""``crosscloud up``: from sources to a tested cluster, in stages that say what they do and how long they took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crosscloud import config, paths, release
from crosscloud.config import LocalStack, StackConfig
from crosscloud.errors import CrosscloudError
from crosscloud.release import Release
from crosscloud.stacks import files, recovery, summary
from crosscloud.stacks.kubectl import link_kubectl
from crosscloud.stacks.pulumi import Stack


class ChecksFailedError(CrosscloudError):
    """The cluster is up, but not all checks passed."""


def up(name: str, *, checks: bool = True) -> None:
    """Build what the stack needs, bring it up, check it, and say what there is now.

    Raises an expected error as soon as a stage fails; the same command run again goes on from there.
    """
    stack = Stack(name)
    stack_config = read_config(stack, files_exist=False)
    started = time.monotonic()
    stack.create()  # first: what a stack needs is not cleaned up behind it by the end of another
    if stack_config.cloud == "local":
        with _stage("images of the release"):
            _build_images(stack_config)
        with _stage("image of the machines"):
            _build_machine_image()
    read_config(stack)  # now the files it names have to be there
    with _stage(f"stack {name}"):
        _deploy(stack)
    outputs = stack.outputs()
    path = files.write_kubeconfig(name, outputs["kubeconfig"])
    images = release.load(Path(stack_config.release_file))
    link_kubectl(images)
    passed = True
    if checks:
        with _stage("checks"):
            passed = _check(path, images, stack_config, name, len(outputs["nodes"]))
    summary.show(name, outputs, images, path, time.monotonic() - started)
    if not passed:
        raise ChecksFailedError(f"the cluster of stack {name} is up, but checks failed; the table above says which")


def check(name: str) -> None:
    """Run the checks against a stack that is up; raise `ChecksFailedError` unless all pass."""
    stack = Stack(name)
    stack_config = read_config(stack)
    outputs = stack.outputs() if stack.exists() else {}
    if "kubeconfig" not in outputs:
        raise CrosscloudError(f"stack {name} is not up; `make up` brings it up")
    path = files.write_kubeconfig(name, outputs["kubeconfig"])
    images = release.load(Path(stack_config.release_file))
    if not _check(path, images, stack_config, name, len(outputs["nodes"])):
        raise ChecksFailedError(f"checks of stack {name} failed; the table above says which")


def read_config(stack: Stack, *, files_exist: bool = True) -> StackConfig:
    """Read and check a stack's file; raise its errors all at once."""
    from ruamel.yaml import YAML

    if not stack.file.exists():
        others = ", ".join(sorted(p.name.split(".")[1] for p in paths.project().glob("Pulumi.*.yaml")))
        raise CrosscloudError(f"there is no {stack.file.name}; the stacks of this project are {others}")
    values = (YAML(typ="safe").load(stack.file) or {}).get("config") or {}
    return config.load(values, stack=stack.name, stack_file=stack.file, files=files_exist)


@contextmanager
def _stage(title: str) -> Iterator[None]:
    from rich.console import Console

    console = Console(highlight=False)
    console.print(f"[bold]==> {title}[/bold]")
    started = time.monotonic()
    yield
    console.print(f"    [dim]{title}: {time.monotonic() - started:.1f} s[/dim]")


def _build_images(stack_config: LocalStack) -> None:
    from crosscloud.artifacts import commands

    commands.build(port=stack_config.local.registry_port)


def _build_machine_image() -> None:
    from crosscloud.machines import image, requirements

    requirements.ensure("run machines")
    image.ensure(lambda line: print(f"    {line}", flush=True))


def _deploy(stack: Stack) -> None:
    for line in recovery.recover(stack):
        print(f"    {line}", flush=True)
    # Refreshing sees machines that died and nodes that went, so that the same run puts them back.
    stack.show("up", "--yes", "--skip-preview", "--refresh", "--suppress-outputs")


def _check(path: Path, images: Release, stack_config: StackConfig, name: str, nodes: int) -> bool:
    from crosscloud import kubeconfig
    from crosscloud.e2e import commands
    from crosscloud.e2e.model import Options

    # A cluster that we did not make, or that a cloud makes, has its own Kubernetes, and its own number of nodes.
    managed = stack_config.cloud in ("existing", "gke")
    options = Options(
        commands.default_probe(),
        managed_kubernetes=managed,
        nodes=None if managed else nodes,
        registry=_registry(stack_config),
    )
    junit = paths.home() / "reports" / f"{name}.xml"
    junit.parent.mkdir(parents=True, exist_ok=True)
    with commands.interruptible():
        return commands.check(kubeconfig.load(path), images, options, junit)


def _registry(stack_config: StackConfig) -> str | None:
    return f"127.0.0.1:{stack_config.local.registry_port}" if stack_config.cloud == "local" else None
