"""`pulumi up` of the two helm releases, beside helm installing the same charts with the same values."""

import json
from functools import partial
from pathlib import Path
from typing import Any

from crosscloud import paths
from crosscloud.stacks.files import kubeconfig_file
from tests.bench.figures import Figure, ratio, timed
from tests.cluster.project import TestStack

_RELEASE = "kubernetes:helm.sh/v3:Release"


def figures(stack: TestStack, runs: int) -> list[Figure]:
    """Remove and deploy the releases by Pulumi and by helm in turn; the images are on the machines already."""
    ours, theirs = [], []
    for _ in range(runs):
        releases = _releases(stack)
        for each in releases:
            stack.pulumi("destroy", "--yes", "--skip-preview", "--target", each["urn"], "--target-dependents")
        theirs.append(timed(partial(_install_all, stack, releases)))
        for each in releases:
            _helm(stack, "uninstall", each["inputs"]["name"], "--namespace", each["inputs"]["namespace"], "--wait")
        ours.append(timed(stack.up))
    return [
        Figure("`pulumi up` of the two releases", ours),
        Figure("helm install --wait of the same charts and values, one after the other", theirs),
        ratio("two releases: pulumi / helm", ours, theirs),
    ]


def _releases(stack: TestStack) -> list[dict[str, Any]]:
    return [each for each in stack.state()["resources"] if each["type"] == _RELEASE]


def _install_all(stack: TestStack, releases: list[dict[str, Any]]) -> None:
    for each in releases:
        _install(stack, each["inputs"])


def _install(stack: TestStack, inputs: dict[str, Any]) -> None:
    values = stack.folder / "values.json"
    values.write_text(json.dumps(inputs["values"]))
    chart = str(paths.ROOT / inputs["chart"])
    where = ("--namespace", inputs["namespace"], "--create-namespace", "--wait", "--timeout", "180s")
    _helm(stack, "install", inputs["name"], chart, *where, "--values", str(values))


def _helm(stack: TestStack, *arguments: str) -> None:
    config: Path = kubeconfig_file(stack.name)
    stack.run("helm", *arguments, "--kubeconfig", str(config))
