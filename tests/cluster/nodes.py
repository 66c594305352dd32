"""Asking a cluster, and the machines behind its nodes."""

import json
import subprocess
from typing import Any

from crosscloud.machines import instances, store
from tests.cluster.project import TestStack


def kubectl(stack: TestStack, *arguments: str) -> str:
    """Run kubectl with the stack's own kubeconfig."""
    from crosscloud.stacks.files import kubeconfig_file, write_kubeconfig

    config = kubeconfig_file(stack.name)
    if not config.exists():
        write_kubeconfig(stack.name, stack.outputs()["kubeconfig"])
    return stack.run("kubectl", "--kubeconfig", str(config), *arguments)


def nodes(stack: TestStack) -> dict[str, dict[str, Any]]:
    """Return the cluster's nodes by name."""
    listed = json.loads(kubectl(stack, "get", "nodes", "-o", "json"))["items"]
    return {node["metadata"]["name"]: node for node in listed}


def machine(stack: TestStack, role: str) -> store.Machine:
    """Return the machine of a role (``worker-0``)."""
    hostname = stack.resources("crosscloud:index:Machine")[f"{stack.name}-{role}"]["hostname"]
    found = instances.get(hostname)
    assert found is not None, hostname
    return found


def inside(found: store.Machine, script: str, *, check: bool = True) -> str:
    """Run a shell script inside a machine, as root there."""
    done = subprocess.run(
        ["nsenter", "-t", str(found.leader[0]), "-a", "bash", "-c", script], capture_output=True, text=True, check=False
    )
    assert not check or done.returncode == 0, f"{script}: {done.stderr}"
    return done.stdout.strip()
