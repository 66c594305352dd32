"""A stack's configuration and release as things that can be compared: a key each.

A secret of the stack's file is the ciphertext that stands there, which stays as it is until somebody sets another.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from crosscloud.config.document import stack_document

#: The engine writes it when it first meets a stack; it says nothing of what the stack is.
_NOT_CONFIGURATION = ("encryptionsalt",)


def config_items(file: Path) -> dict[str, Any]:
    """Return the keys of a stack's file with their values: ``crosscloud:workers.count``."""
    document = stack_document(file)
    rest = {key: value for key, value in document.items() if key not in ("config", *_NOT_CONFIGURATION)}
    return dict([*_flat("", document["config"]), *_flat("", rest)])


def release_items(file: Path) -> dict[str, Any]:
    """Return the variables of a release file; none where there is no such file yet."""
    from dotenv import dotenv_values

    return dict(dotenv_values(file, interpolate=False)) if file.is_file() else {}


def _flat(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, Mapping) and value and "secure" not in value:
            yield from _flat(name, value)
        else:
            yield name, value
