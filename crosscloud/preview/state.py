"""What has to be known of a stack before it is previewed: its state, and the secrets that must not be shown."""

import json
from collections.abc import Mapping
from typing import Any

from crosscloud.preview.hiding import Hiding, in_state, pieces
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
    """Return what hides the secrets of a stack's state and of its file; those of a file need a stack to be read."""
    secrets = in_state(deployment or {})
    if deployment and stack.file.exists() and "secure:" in stack.file.read_text():
        settings = json.loads(stack.ask("config", "--json", "--show-secrets"))
        own = [str(each["value"]) for each in settings.values() if each.get("secret") and "value" in each]
        secrets += [piece for value in own for piece in pieces(value)]
    return Hiding(secrets)
