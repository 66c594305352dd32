"""A Pulumi program whose resources are a table: what the policy pack is to find, without any cloud's provider.

The engine asks a pack about components as about any resource, by their type, name and inputs; so a component with the
type of a cloud's resource needs no provider. ``{"secret": ...}`` stands for a secret, ``{"unknown": true}`` for a value
that a preview does not know.
"""

import json
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import rpc


def value(given: Any) -> Any:
    if isinstance(given, dict):
        if "secret" in given:
            return pulumi.Output.secret(given["secret"])
        return rpc.UNKNOWN if "unknown" in given else {key: value(inner) for key, inner in given.items()}
    return [value(inner) for inner in given] if isinstance(given, list) else given


for name, resource in json.loads(Path("resources.json").read_text()).items():
    if "stack" in resource:
        for output, content in resource["stack"].items():
            pulumi.export(output, value(content))
    else:
        made = pulumi.ComponentResource(resource["type"], name, value(resource["props"]))
        made.register_outputs(value(resource.get("outputs", resource["props"])))
