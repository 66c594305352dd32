"""Reads a resource's types out of its SDK: the only module here that imports one (see `schema`)."""

import collections.abc
import enum
import inspect
import re
import sys
import types
import typing
import warnings
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from crosscloud.plugins.simulated.schema import Shape

_SCALARS: Mapping[type, str] = {str: "string", bool: "boolean", int: "integer", float: "number"}
_LISTS = (list, collections.abc.Sequence)
_MAPS = (dict, collections.abc.Mapping)
_AWAITABLES = (collections.abc.Awaitable, collections.abc.Coroutine)


def derive(sdk: str) -> dict[str, Any]:
    """Return the fields of a `Description` for ``"pulumi_aws.ec2:Instance"``."""
    module, _, name = sdk.partition(":")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the SDKs, about what they import
        resource = getattr(import_module(module), name)
        module_of = sys.modules[resource.__module__]
        # Azure's network resources are also types of others' inputs, which have the plain name.
        arguments = getattr(module_of, f"{name}InitArgs", None) or getattr(module_of, f"{name}Args")
        from pulumi import _types

        reader = _Reader(_types)
        return {
            "token": _token(resource),
            "inputs": reader.object(arguments),
            "objects": reader.objects,
            "outputs": tuple(sorted(_types.resource_pulumi_to_py_names(resource))),
        }


def _token(resource: type) -> str:
    """Return the type token; SDKs that don't keep it as an attribute pass it to their base class's constructor."""
    kept = getattr(resource, "pulumi_type", None)
    if isinstance(kept, str):
        return kept
    found = re.search(
        rf"super\({resource.__name__}, __self__\).__init__\(\s*['\"]([^'\"]+)['\"]", inspect.getsource(resource)
    )
    if found is None:
        raise AttributeError(f"no type token in {resource.__module__}.{resource.__name__}")
    return found[1]


class _Reader:
    """Turns type hints into shapes, and collects the objects that they name."""

    def __init__(self, sdk_types: Any) -> None:
        self._types = sdk_types
        self.objects: dict[str, dict[str, Any]] = {}

    def object(self, arguments: type) -> dict[str, Any]:
        hints = self._types._raw_return_hints(arguments)
        return {
            "properties": {name: self.shape(hint) for name, hint in hints.items()},
            "required": sorted(name for name, hint in hints.items() if not self._types._is_optional_type(hint)),
        }

    def shape(self, hint: Any) -> Shape:
        origin, parts = typing.get_origin(hint), typing.get_args(hint)
        if origin in (typing.Union, types.UnionType):
            return self._union(parts)
        if origin in _LISTS:
            return ["list", self.shape(parts[0])]
        if origin in _MAPS:
            return ["map", self.shape(parts[1])]
        return self._class(hint) if inspect.isclass(hint) else "any"

    def _union(self, parts: tuple[Any, ...]) -> Shape:
        shapes: list[Shape] = []
        for part in parts:
            if part is type(None) or self._is_plumbing(part):
                continue
            shape = self.shape(part)
            if shape not in shapes:
                shapes.append(shape)
        return shapes[0] if len(shapes) == 1 else ["union", shapes]

    def _is_plumbing(self, part: Any) -> bool:
        """Tell whether a union's part is how a value comes (an output, a coroutine), rather than what it is."""
        return typing.get_origin(part) in _AWAITABLES or bool(self._types._is_plumbing_arg(part))

    def _class(self, kind: type) -> Shape:
        if kind in _SCALARS:
            return _SCALARS[kind]
        if issubclass(kind, enum.Enum):
            return ["enum", [member.value for member in kind]]
        if self._types.is_input_type(kind):
            return self._named(kind)
        names = {base.__name__ for base in kind.__mro__}
        return "asset" if names & {"Asset", "Archive"} else "any"

    def _named(self, kind: type) -> Shape:
        name = f"{kind.__module__}.{kind.__name__}"
        if name not in self.objects:
            self.objects[name] = {}  # types may hold themselves
            self.objects[name] = self.object(kind)
        return ["object", name]
