"""A shell for working on a stack: the project's tools on PATH, Pulumi's settings, the cluster's kubeconfig."""

import os
import shlex
import sys
from typing import NoReturn

from crosscloud import paths
from crosscloud.engine.environment import pulumi_environment
from crosscloud.stacks.files import kubeconfig_file


def environment(stack: str) -> dict[str, str]:
    """Return the variables of the shell of a stack."""
    variables = pulumi_environment()
    variables["CROSSCLOUD_STACK"] = stack
    config = kubeconfig_file(stack)
    if config.exists():
        variables["KUBECONFIG"] = str(config)
    return variables


def exports(stack: str) -> str:
    """Return ``export`` lines for what differs from this process's own variables; none of them is a secret."""
    changed = {name: value for name, value in environment(stack).items() if os.environ.get(name) != value}
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in sorted(changed.items())]
    return "".join([*lines, "unset PYTHONDONTWRITEBYTECODE\n"])


def start(stack: str) -> NoReturn:
    """Replace this process by the user's shell, in the project's folder."""
    program = os.environ.get("SHELL") or "/bin/sh"
    if sys.stdin.isatty():
        print(f"A shell for stack {stack}: try `pulumi preview -s {stack}`, `kubectl get nodes`; leave it with `exit`.")
    os.chdir(paths.project())
    os.execvpe(program, [program], environment(stack))  # noqa: S606  # the user's own shell
