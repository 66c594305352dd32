"""``python -m tests.components.sdk_program CLOUD``: prints as JSON what a cloud's cluster uses of the SDKs.

It is made under the engine's test double, in this process of its own.

Each cloud's own test gives the double (``Engine``) and runs the program (``make``).
"""

import gc
import json
import sys
from importlib import import_module
from typing import Any

import pulumi
from pulumi.runtime import rpc

from tests.components import double
from tests.components.sdk_inputs import deprecated, wrong

#: The clouds' SDKs, of which a stack imports its own alone.
SDKS = ("pulumi_aws", "pulumi_azure_native", "pulumi_gcp", "pulumi_equinix_metal")
#: Settings with which every part of a stack is made, those that have to be asked for too.
_SIZES: dict[str, Any] = {"controlPlanes": {"count": 3}, "workers": {"count": 2}}
_SCALING = {"workers": {"count": 2, "min": 2, "max": 4}}
_SSH = {
    "adminSshKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ me@example.com",
    "sshAccessCidrs": ["203.0.113.9/32"],
}
VALUES: dict[str, dict[str, Any]] = {
    "aws": {**_SIZES, **_SCALING, **_SSH},
    "azure": {**_SIZES, **_SCALING, **_SSH},
    "gce": {**_SIZES, **_SCALING, **_SSH},
    "gke": _SCALING,
    "packet": {**_SIZES, **_SSH},
    "local": _SIZES,
}


def main(cloud: str) -> None:
    gc.disable()  # as the language host does for a program
    import_module("components.cross_project")  # what every stack has beside its cluster
    test = import_module(f"tests.components.test_{cloud}")
    engine = double.use(test.Engine())
    classes, warnings = _watch()
    test.make(**VALUES[cloud])
    imported = sorted({name.partition(".")[0] for name in sys.modules} & set(SDKS))
    used = [(one, classes[one.typ], _plain(one.inputs)) for one in engine.made if one.typ in classes]
    found = {
        "imported": imported,
        "warnings": warnings,
        "used": len(used),
        "wrong": [
            f"{one.typ} {one.name}: {each}" for one, kind, inputs in used for each in wrong(kind, one.typ, inputs)
        ],
        "deprecated": [
            f"{one.typ} {one.name}: {each}" for one, kind, inputs in used for each in deprecated(kind, inputs)
        ],
    }
    print(json.dumps(found))


def _watch() -> tuple[dict[str, str], list[str]]:
    """Note the SDK class of each type of resource that is made, and what the SDKs warn about."""
    classes: dict[str, str] = {}
    warnings: list[str] = []
    original = pulumi.CustomResource.__init__

    def noted(self: pulumi.CustomResource, t: str, *args: Any, **kwargs: Any) -> None:
        kind = type(self)
        if kind.__module__.partition(".")[0] in SDKS:
            classes[t] = f"{kind.__module__}:{kind.__name__}"
        original(self, t, *args, **kwargs)

    pulumi.CustomResource.__init__ = noted  # type: ignore[method-assign]
    pulumi.log.warn = lambda message, *_args, **_kwargs: warnings.append(message)
    return classes, warnings


def _plain(value: Any) -> Any:
    if rpc.is_rpc_secret(value):
        return _plain(value["value"])
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value  # the wire knows no whole numbers


if __name__ == "__main__":
    main(sys.argv[1])
