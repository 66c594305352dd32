"""The properties of resources as the engine's events have them: their paths, and what differs between two of them."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from crosscloud.preview.model import SECRET, UNKNOWN, Difference

#: How the engine marks a secret, and, in the place of a value, one that it does not know yet:
#: https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_UNKNOWN = re.compile(r"04da6b54-80e4-46f7-96ec-b56ff0331ba[0-9a]|[cdrs]?[0-9a-f]{8}-unknown")
#: One step of a path: ``name``, ``[3]`` or ``["a.b"]``.
_STEP = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|\.?([^.\[\]]+)')


def readable(value: Any) -> Any:
    """Return a value with what the engine hides or does not know in words."""
    if isinstance(value, Mapping):
        if _SIGNATURE in value:
            return SECRET if "ciphertext" in value or "plaintext" in value else UNKNOWN
        return {str(key): readable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [readable(each) for each in value]
    if isinstance(value, str) and _UNKNOWN.search(value):
        return _UNKNOWN.sub(UNKNOWN, value)
    return value


def at(value: Any, path: str) -> Any:
    """Return what is at a path, or ``None``; what is within a secret, or not known yet, is just that."""
    for quoted, index, name in _STEP.findall(path):
        if value in (SECRET, UNKNOWN):
            return value
        if isinstance(value, Mapping):
            value = value.get(json.loads(f'"{quoted}"') if quoted else index or name)
        elif isinstance(value, list) and index and int(index) < len(value):
            value = value[int(index)]
        else:
            return None
    return value


def joined(path: str, key: str | int) -> str:
    """Return the path of a property within another one."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    if re.search(r'[.\[\]"]', key):
        return f"{path}[{json.dumps(key)}]"
    return f"{path}.{key}" if path else key


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path of each plain value within one, in its order; what is empty is one, too."""
    if isinstance(value, Mapping) and value:
        for key, each in value.items():
            yield from leaves(each, joined(path, key))
    elif isinstance(value, list) and value:
        for index, each in enumerate(value):
            yield from leaves(each, joined(path, index))
    else:
        yield path, value


def differences(
    old: Any, new: Any, path: str = "", *, replaces: bool = False, within_lists: bool = True
) -> Iterator[Difference]:
    """Yield what differs between two values, as deep within them as they are alike; lists, if they are as long."""
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*old, *(key for key in new if key not in old)]:
            inner = joined(path, key)
            yield from differences(old.get(key), new.get(key), inner, replaces=replaces, within_lists=within_lists)
    elif within_lists and isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from differences(before, after, joined(path, index), replaces=replaces)
    else:
        yield Difference(path, old, new, replaces)
