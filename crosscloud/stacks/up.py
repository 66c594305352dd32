"""``crosscloud up``: from sources to a tested cluster, in stages that say what they do and how long they took."""

import time
from pathlib import Path

from crosscloud import config, container
from crosscloud.config import StackConfig
from crosscloud.config.document import stack_document
from crosscloud.errors import CrosscloudError
from crosscloud.stacks import summary
from crosscloud.stacks.pulumi import Stack
from crosscloud.stacks.stages import (
    ChecksFailedError,
    build_images,
    build_machine_image,
    deploy,
    ensure_machines,
    run_checks,
    stage,
    take_outputs,
)
from crosscloud.stacks.workspace import OWN, Workspace


def up(name: str, *, checks: bool = True, review: Path | None = None, policies: bool = True) -> None:
    """Build what the stack needs, bring it up, check it, and say what there is now.

    With the file of a ``review`` it does what was reviewed, or refuses before anything is changed. Without ``policies``
    the policy pack is not asked; what was reviewed is always held to it. Raises an expected error as soon as a stage
    fails; the same command run again goes on from there.
    """
    from crosscloud.review import Review, applying

    stack = Stack(name)
    stack_config = read_config(stack, files_exist=False)
    reviewed = Review.load(review) if review else None
    if reviewed:
        applying.ensure(stack, reviewed)
    started = time.monotonic()
    container.ensure_out(name)
    if stack_config.cloud == "local":
        ensure_machines()  # before minutes are spent on what they would run
    stack.create()  # first: what a stack needs is not cleaned up behind it by the end of another
    if stack_config.cloud == "local":
        with stage("images of the release"):
            build_images(stack_config.local.registry_port)
        with stage("image of the machines"):
            build_machine_image()
    read_config(stack)  # now the files it names have to be there
    with stage(f"stack {name}"):
        if reviewed:
            applying.deploy(stack, stack_config, reviewed)
        else:
            deploy(stack, stack_config, policies=policies)
    outputs, path = take_outputs(stack, stack_config)
    path = container.hand_out(name, path)
    passed = True
    if checks:
        with stage("checks"):
            passed = run_checks(stack, stack_config, path, outputs, _registry(stack_config))
    summary.show(name, outputs, path, time.monotonic() - started)
    if not passed:
        raise ChecksFailedError(f"the cluster of stack {name} is up, but checks failed; the table above says which")


def check(name: str) -> None:
    """Run the checks against a stack that is up; raise `ChecksFailedError` unless all pass."""
    stack = Stack(name)
    stack_config = read_config(stack)
    container.ensure_out(name)
    outputs, path = take_outputs(stack, stack_config)
    if not run_checks(stack, stack_config, container.hand_out(name, path), outputs, _registry(stack_config)):
        raise ChecksFailedError(f"checks of stack {name} failed; the table above says which")


def read_config(stack: Stack, *, files_exist: bool = True) -> StackConfig:
    """Read and check a stack's file; raise its errors all at once."""
    values = stack_values(stack)
    return config.load(values, stack=stack.name, stack_file=stack.file, files=files_exist)


def stack_values(stack: Stack) -> dict[str, object]:
    """Return the ``config`` of a stack's file as it stands there."""
    ensure_known(stack)
    return dict(stack_document(stack.file)["config"])


def ensure_known(stack: Stack) -> None:
    """Raise an error that names the stacks there are if this one has no file."""
    if not stack.file.exists():
        others = ", ".join(stack_names(stack.workspace))
        raise CrosscloudError(f"there is no {stack.file.name}; the stacks of this project are {others or 'none'}")


def stack_names(workspace: Workspace = OWN) -> tuple[str, ...]:
    """Return the names of the stacks that have a file."""
    return tuple(sorted(file.name.split(".")[1] for file in workspace.project.glob("Pulumi.*.yaml")))


def _registry(stack_config: StackConfig) -> str | None:
    return f"127.0.0.1:{stack_config.local.registry_port}" if stack_config.cloud == "local" else None
