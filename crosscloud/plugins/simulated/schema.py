"""What the installed SDK says of a resource: its token, its inputs with their types, its outputs.

A description is plain JSON, so that it is derived once a version of the SDK and kept on disk: importing an SDK takes up
to seconds, which no preview should pay. A shape is one of

    "string" "boolean" "integer" "number" "any" "asset"
    ["list", SHAPE]  ["map", SHAPE]  ["object", NAME]  ["enum", VALUES]  ["union", SHAPES]

and an object is ``{"properties": {NAME: SHAPE}, "required": [NAME]}``.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from crosscloud import paths
from crosscloud.machines.store import write_private
from crosscloud.plugins.base import PluginError

Shape = str | list[Any]
#: Part of the place on disk: raised when descriptions change their form.
_FORM = 1
_lock = threading.Lock()


@dataclass(frozen=True)
class Description:
    """A resource as its SDK describes it; ``inputs`` is an object, ``objects`` holds those that shapes name."""

    token: str
    inputs: Mapping[str, Any]
    objects: Mapping[str, Mapping[str, Any]]
    outputs: tuple[str, ...]


def describe(sdk: str) -> Description:
    """Return the description of a class of an SDK, given as ``"pulumi_aws.ec2:Instance"``."""
    with _lock:
        return _describe(sdk)


@cache
def _describe(sdk: str) -> Description:
    file = _place(sdk)
    try:
        kept = json.loads(file.read_text())
        return Description(**{**kept, "outputs": tuple(kept["outputs"])})
    except (OSError, ValueError, TypeError, KeyError):
        made = _derive(sdk)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_private(file, json.dumps(asdict(made)))
    return made


def sdk_version(package: str) -> str:
    """Return the version of the installed SDK ``"pulumi_aws"``."""
    return version(package.replace("_", "-"))


def _place(sdk: str) -> Path:
    package = sdk.partition(".")[0].partition(":")[0]
    folder = paths.home() / "cache" / "sdk" / f"{package}-{sdk_version(package)}-{_FORM}"
    return folder / f"{sdk.replace(':', '.')}.json"


def _derive(sdk: str) -> Description:
    from crosscloud.plugins.simulated import introspection  # imports the SDK

    try:
        return Description(**introspection.derive(sdk))
    except (ImportError, AttributeError) as error:
        raise PluginError(f"the SDK has no {sdk}: {error}") from error
