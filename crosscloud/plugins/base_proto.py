"""The engine's wire protocol, without the rest of the SDK.

``import pulumi`` costs half a second of processor time, which every plugin would pay at every preview for nothing: the
messages are in a sub-package that needs none of it. So the two packages above it are stood in for while it is imported,
and removed again. A later ``import pulumi`` in the same process gets the real one, with the same message classes.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder
from types import ModuleType


@contextmanager
def _without_the_sdk() -> Iterator[None]:
    spec = None if "pulumi" in sys.modules else PathFinder.find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations:
        yield
        return
    folder = next(iter(spec.submodule_search_locations))
    for name, path in (("pulumi", folder), ("pulumi.runtime", f"{folder}/runtime")):
        stand_in = ModuleType(name)
        stand_in.__path__ = [path]
        sys.modules[name] = stand_in
    try:
        yield
    finally:
        del sys.modules["pulumi"], sys.modules["pulumi.runtime"]


with _without_the_sdk():
    from pulumi.runtime.proto import (
        engine_pb2,
        engine_pb2_grpc,
        plugin_pb2,
        provider_pb2,
        provider_pb2_grpc,
        status_pb2,
    )

__all__ = ["engine_pb2", "engine_pb2_grpc", "plugin_pb2", "provider_pb2", "provider_pb2_grpc", "status_pb2"]
