"""Inputs of resources held against their SDK, in a process of its own: SDKs load their modules as they are used."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from crosscloud.plugins.simulated.schema import Description, describe
from crosscloud.plugins.simulated.shapes import failures


def wrong(kind: str, token: str, inputs: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the SDK does not know, what lacks, and what is of another type; ``kind`` is ``module:Class``."""
    description = describe(kind)
    if description.token != token:
        yield f"the SDK has {kind} as {description.token}, not {token}"
    for each in failures(description, inputs):
        yield f"{each.property}: {each.reason}"


def deprecated(kind: str, inputs: Mapping[str, Any]) -> Iterator[str]:
    """Yield the paths of those inputs whose getter the SDK marks as deprecated."""
    module, _, name = kind.partition(":")
    description = describe(kind)
    yield from _marked(description, getattr(import_module(module), f"{name}Args"), description.inputs, inputs)


def _marked(description: Description, args: type, shape: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[str]:
    marked = {
        getattr(member.fget, "_pulumi_name", None) or attribute
        for attribute, member in vars(args).items()
        if isinstance(member, property) and hasattr(member.fget, "_pulumi_deprecated_callable")
    }
    for key, value in values.items():
        if key in marked:
            yield key
        for inner_shape, inner in _objects(shape["properties"].get(key), value):
            module, _, name = inner_shape.rpartition(".")
            inner_args = getattr(import_module(module), name)
            for path in _marked(description, inner_args, description.objects[inner_shape], inner):
                yield f"{key}.{path}"


def _objects(shape: Any, value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the objects in a value with the names of their types."""
    if not isinstance(shape, list):
        return
    if shape[0] == "object" and isinstance(value, Mapping):
        yield shape[1], value
    elif shape[0] == "list" and isinstance(value, list):
        for one in value:
            yield from _objects(shape[1], one)
    elif shape[0] == "map" and isinstance(value, Mapping):
        for one in value.values():
            yield from _objects(shape[1], one)
    elif shape[0] == "union":
        for one in shape[1]:
            yield from _objects(one, value)
