"""The state of a stack as things that can be compared: what it has, without what every run of the engine changes.

Left out are the manifest (time, plugins), the order of resources and of their dependencies, and how the program is
written: a run that changes nothing, and a refresh that finds nothing, write these anew. So are secrets: the engine
encrypts them with another nonce at each save, and their values have no place in a digest. A resource whose secret was
changed shows that all the same, since the engine notes when it last changed each resource (``modified``); only a state
that was edited by hand (``pulumi state edit``, ``pulumi stack import``) could hide it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

#: What marks a secret in a state: https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go
_SIGNATURE, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
#: What only says how the program is written; a refresh leaves the last one out, and the next update brings it back.
_OF_THE_PROGRAM = ("sourcePosition", "stackTrace", "propertyDependencies")


def items(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is in an exported deployment by names that can be shown: ``aws:ec2/vpc:Vpc demo``."""
    found: dict[str, list[Any]] = {}
    for resource in deployment.get("resources") or []:
        name = describe(resource)
        if resource.get("delete"):
            name += " (to be deleted)"
        found.setdefault(name, []).append(_canonical(resource))
    for operation in deployment.get("pending_operations") or []:
        name = f"interrupted {operation.get('type', 'operation')} of {describe(operation['resource'])}"
        found.setdefault(name, []).append(operation.get("type"))
    return dict(found)


def describe(resource: Mapping[str, Any]) -> str:
    """Return a resource's type and name."""
    urn = str(resource.get("urn", ""))
    kind = urn.split("::")[2].rpartition("$")[2] if urn.count("::") > 2 else str(resource.get("type", ""))  # noqa: PLR2004 - urn:pulumi:stack::project::type::name
    return f"{kind} {urn.rpartition('::')[2]}"


def saved(deployment: Mapping[str, Any]) -> datetime | None:
    """Return when the deployment was last written, by the clock of who wrote it."""
    time = (deployment.get("manifest") or {}).get("time")
    try:
        return datetime.fromisoformat(time) if time else None
    except ValueError:
        return None


def _canonical(resource: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: _masked(value) for key, value in resource.items() if key not in _OF_THE_PROGRAM}
    if isinstance(kept.get("dependencies"), list):
        kept["dependencies"] = sorted(kept["dependencies"])
    return kept


def _masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        if value.get(_SIGNATURE) == _SECRET:
            return "[secret]"
        return {key: _masked(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_masked(one) for one in value]
    return value
