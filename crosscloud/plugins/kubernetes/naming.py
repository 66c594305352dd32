"""Names: of kinds in type tokens, of objects the program doesn't name, and of who owns a field."""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from crosscloud.plugins.base import PluginError

RELEASE = "kubernetes:helm.sh/v3:Release"
_TOKEN_PARTS = 3


def kind_of(token: str, inputs: Mapping[str, Any]) -> tuple[str, str]:
    """Return the apiVersion and kind that a type token (or the inputs, which know better) stands for."""
    version, kind = inputs.get("apiVersion"), inputs.get("kind")
    if isinstance(version, str) and isinstance(kind, str):
        return version, kind
    parts = token.split(":")
    if len(parts) != _TOKEN_PARTS or parts[0] != "kubernetes":
        raise PluginError(
            f"{token} is not the type of a Kubernetes object: expected kubernetes:<group>/<version>:<Kind>"
        )
    group_version = parts[1].removeprefix("core/")
    return group_version, parts[2].removesuffix("Patch") if is_patch(token) else parts[2]


def is_patch(token: str) -> bool:
    """Whether a type only owns some fields of an object that something else made (``DeploymentPatch``)."""
    return token.endswith("Patch") and token.rpartition(":")[2] != "Patch"


def random_hex(seed: bytes) -> str:
    """Return eight hex digits: the same ones for the same ``seed``, which the engine keeps from preview to update."""
    return hashlib.sha256(seed).hexdigest()[:8] if seed else secrets.token_hex(4)


def owner(urn: str) -> str:
    """Return eight hex digits that stand for a resource of a stack.

    What it makes in the cluster carries them, so that an update after a killed one knows its own things again.
    """
    return hashlib.sha256(urn.encode()).hexdigest()[:8]


def field_manager(urn: str) -> str:
    """Return the name under which a resource owns the fields it sets."""
    return f"pulumi-kubernetes-{owner(urn)}"


def join(namespace: str, name: str) -> str:
    """Return the id of an object: ``namespace/name``, or the name alone."""
    return f"{namespace}/{name}" if namespace else name


def split(resource_id: str) -> tuple[str, str]:
    """Take an id apart again."""
    namespace, _, name = resource_id.rpartition("/")
    return namespace, name
