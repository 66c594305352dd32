"""What has to be known of a stack before it is previewed: its state, and the secrets that must not be shown."""

import json
from collections.abc import Mapping
from typing import Any

from crosscloud import credentials
from crosscloud.preview import engine
from crosscloud.preview.hiding import Hiding
from crosscloud.preview.known_secrets import in_settings, in_state
from crosscloud.stacks.pulumi import PulumiError, Stack

#: What Pulumi says of a stack that its backend does not know.
_NO_STACK = "no stack named"


def deployment_of(stack: Stack) -> dict[str, Any] | None:
    """Return the stack's state with its secrets in the clear, for this process alone; ``None`` if there is none yet."""
    try:
        text = stack.ask("stack", "export", "--show-secrets")
    except PulumiError as error:
        if _NO_STACK in str(error):
            return None
        raise
    found: dict[str, Any] = json.loads(text).get("deployment") or {}
    return found


def hiding(stack: Stack, deployment: Mapping[str, Any] | None) -> Hiding:
    """Return what hides the secrets of a stack's state, of its file, and of the environment that it is asked with."""
    secrets = [*in_state(deployment or {}), *credentials.values(stack.workspace.environment())]
    text = stack.file.read_text() if stack.file.exists() else ""
    if "secure" in text:
        with engine.apart(stack, fresh=not deployment) as copied:
            secrets += in_settings(json.loads(copied.ask("config", "--json", "--show-secrets")), text)
    return Hiding(secrets)
