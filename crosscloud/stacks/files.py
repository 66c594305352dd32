"""What a stack has beside its state: its kubeconfig file, and the salt that Pulumi writes into its configuration."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crosscloud import kubeconfig
from crosscloud.stacks.pulumi import Stack
from crosscloud.stacks.workspace import OWN, Workspace


def kubeconfig_file(name: str, workspace: Workspace = OWN) -> Path:
    """Return where the kubeconfig of the cluster of this name is kept (0600)."""
    return workspace.home / "clusters" / name / "kubeconfig"


def write_kubeconfig(name: str, text: str, workspace: Workspace = OWN) -> Path:
    """Write a cluster's kubeconfig for its owner alone; return the file."""
    path = kubeconfig_file(name, workspace)
    kubeconfig.write(path, kubeconfig.parse(text, source=f"the kubeconfig of {name}"))
    return path


def usable_kubeconfig(outputs: Mapping[str, Any], workspace: Workspace = OWN) -> str:
    """Return the text of the kubeconfig that can be used here, of those among a stack's outputs.

    That is the users' own, unless it needs a command that is not on this machine, or that would ask the real cloud
    about a rehearsed one: then the program's, whose token ends within the hour.
    """
    users = str(outputs["kubeconfig"])
    config = kubeconfig.parse(users, source="the stack's kubeconfig").named("current")
    command = (config.document["users"][0]["user"].get("exec") or {}).get("command")
    if command is None or (workspace is OWN and shutil.which(command)):
        return users
    return str(outputs.get("programKubeconfig") or users)


def remove_kubeconfig(name: str, workspace: Workspace = OWN) -> None:
    """Remove a cluster's kubeconfig and its folder."""
    path = kubeconfig_file(name, workspace)
    path.unlink(missing_ok=True)
    for folder in (path.parent, path.parent.parent):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def remove_salt(stack: Stack) -> None:
    """Take Pulumi's encryption salt out of the stack's file again (`without_salt`)."""
    if not stack.file.exists():
        return
    text = stack.file.read_text()
    if (without := without_salt(text)) != text:
        stack.file.write_text(without)


def without_salt(text: str) -> str:
    """Return a stack file's text without Pulumi's encryption salt, unless a value in it is encrypted with that.

    The salt belongs to the passphrase of this machine's own backend, so it has no place in a shared file once the stack
    is gone.
    """
    if re.search(r"^\s+secure:", text, re.MULTILINE):
        return text
    return re.sub(r"^encryptionsalt:.*\n", "", text, flags=re.MULTILINE)
