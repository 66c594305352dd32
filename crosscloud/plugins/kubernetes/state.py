"""What is kept of an object in the state, in the form that Pulumi's own plugin keeps it.

The outputs are the live object, with the checked inputs beside it as ``__inputs``, the apiVersion it was made with as
``__initialApiVersion``, and the name that owns its fields as ``__fieldManager``.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from crosscloud.plugins.base import Path, Secret, Values, has_unknown

INPUTS, INITIAL_VERSION, FIELD_MANAGER = "__inputs", "__initialApiVersion", "__fieldManager"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
#: Metadata that the server writes: never a part of what is asked for.
_READ_ONLY = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "generation",
        "managedFields",
        "resourceVersion",
        "uid",
    }
)
_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d*)?)(n|u|m|k|Ki|[MGTPE]i?)?")
_DECIMALS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARIES = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


def is_secret_kind(kind: tuple[str, str]) -> bool:
    """Whether objects of this (apiVersion, kind) hold secrets by definition."""
    return kind == ("v1", "Secret")


def to_object(values: Mapping[str, Any]) -> dict[str, Any]:
    """Make the object to send out of inputs: SDKs write ``x_kubernetes_…`` for ``x-kubernetes-…``."""
    made: dict[str, Any] = _rename(values, lambda k: k.replace("_", "-") if k.startswith("x_kubernetes_") else k)
    return {k: v for k, v in made.items() if not k.startswith("__")}


def from_object(live: Mapping[str, Any]) -> dict[str, Any]:
    """Make property values out of an object: the other way round."""
    made: dict[str, Any] = _rename(live, lambda k: k.replace("-", "_") if k.startswith("x-kubernetes-") else k)
    return made


def _rename(value: Any, name: Any) -> Any:
    if isinstance(value, Mapping):
        return {name(k): _rename(v, name) for k, v in value.items()}
    return [_rename(v, name) for v in value] if isinstance(value, list) else value


def clean(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs without what only the server writes."""
    cleaned = {k: v for k, v in inputs.items() if k != "status"}
    if isinstance(cleaned.get("metadata"), Mapping):
        cleaned["metadata"] = {k: v for k, v in cleaned["metadata"].items() if k not in _READ_ONLY}
    return cleaned


def checkpoint(inputs: Values, live: Mapping[str, Any], version: str, manager: str) -> Values:
    """Make the outputs that go into the state; what is secret in the inputs is so in both of its places."""
    outputs = from_object(live)
    secrets: set[Path] = set(inputs.secret_paths)
    secrets |= {("data", *path[1:]) for path in inputs.secret_paths if path[0] == "stringData"}
    kept = {k: v for k, v in inputs.items() if not k.startswith("__")}
    if is_secret_kind((version, str(live.get("kind", "")))):
        secrets |= {("data",), ("stringData",)}
        if _LAST_APPLIED in (live["metadata"].get("annotations") or {}):
            secrets.add(("metadata", "annotations", _LAST_APPLIED))
    outputs |= {INPUTS: kept, INITIAL_VERSION: version, FIELD_MANAGER: manager}
    return Values(outputs, secrets | {(INPUTS, *path) for path in secrets})


def hide(kind: tuple[str, str], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return checked inputs in which what a Secret holds is marked secret, however it was given."""
    if not is_secret_kind(kind):
        return dict(inputs)
    return {k: Secret(v) if k in ("data", "stringData") else v for k, v in inputs.items()}


def old_inputs(recorded: Values, outputs: Values) -> Values:
    """Return the inputs that were applied last: the state's own, for the engine's may be of the last success."""
    return Values(outputs[INPUTS], outputs.secret_below(INPUTS)) if outputs.get(INPUTS) else recorded


def prune(live: Any, inputs: Any) -> Any:
    """Return what ``live`` has of that which ``inputs`` asked for; a value that means the same is kept as asked for."""
    if isinstance(inputs, Mapping) and isinstance(live, Mapping):
        live = _with_string_data(live, inputs)
        pruned = {k: prune(live.get(k), v) for k, v in inputs.items() if k in live or same(None, v)}
        return {k: v for k, v in pruned.items() if v is not None or inputs[k] is None}
    if isinstance(inputs, list) and isinstance(live, list):
        kept = [prune(live_item, item) for live_item, item in zip(live, inputs, strict=False)]
        return kept + live[len(inputs) :]
    return inputs if same(live, inputs) else live


def _with_string_data(live: Mapping[str, Any], inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a live Secret the ``stringData`` that the server turned into ``data``, so that the two can be compared."""
    wanted = inputs.get("stringData")
    if not isinstance(wanted, Mapping) or "stringData" in live or not isinstance(live.get("data"), Mapping):
        return live
    return {**live, "stringData": {k: _decoded(live["data"][k]) for k in wanted if k in live["data"]}}


def same_secret(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two Secrets hold the same, be it as ``stringData`` or as ``data``, which the server makes of it."""
    return not has_unknown([one, other]) and _folded(one) == _folded(other)


def _folded(secret: Mapping[str, Any]) -> dict[str, str]:
    text: Mapping[str, Any] = secret.get("stringData") or {}
    return {
        **{k: str(v) for k, v in (secret.get("data") or {}).items()},
        **{k: base64.b64encode(str(v).encode()).decode() for k, v in text.items()},
    }


def _decoded(data: str) -> str:
    try:
        return base64.b64decode(data).decode()
    except (binascii.Error, UnicodeDecodeError):
        return data


def same(one: Any, other: Any) -> bool:
    """Whether two scalars mean the same to the server: ``"1000m"`` and ``1``, ``80`` and ``"80"``, ``{}`` and none."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if one == other or (_is_empty(one) and _is_empty(other)):
        return True
    if not (isinstance(one, int | float | str) and isinstance(other, int | float | str)):
        return False
    amounts = _amount(one), _amount(other)
    return amounts[0] is not None and amounts[0] == amounts[1]


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, Mapping | list) and not value)


def _amount(value: float | str) -> Decimal | None:
    matched = _QUANTITY.fullmatch(str(value))
    if matched is None:
        return None
    number, unit = Decimal(matched[1]), matched[2] or ""
    return number * 1024 ** _BINARIES[unit] if unit in _BINARIES else number.scaleb(_DECIMALS[unit])
