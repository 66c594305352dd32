"""Property values as the engine sends them, and as plain Python with secrets and unknowns."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from google.protobuf import struct_pb2

#: A place in a property bag: keys and list indices from the top.
Path = tuple[str | int, ...]

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the engine's mark of a secret, not one
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS: Final = frozenset(
    {
        _UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # list
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)


class _Unknown:
    """A value that is not known before the update: only in previews. It is true, for something will be there."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, _memo: object) -> "_Unknown":
        return self

    def __copy__(self) -> "_Unknown":
        return self


#: Stands for every value that is not known during a preview; compare with ``is``.
UNKNOWN: Final = _Unknown()


class Secret:
    """Put around a value in outputs (or checked inputs) to have it encrypted in the state and hidden in the display."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "Secret(...)"


class Values(dict[str, Any]):
    """A property bag of plain values that remembers which of its places were secret."""

    def __init__(self, values: Mapping[str, Any] | None = None, secret_paths: Iterable[Path] = ()) -> None:
        super().__init__(values or {})
        self.secret_paths: frozenset[Path] = frozenset(secret_paths)

    def is_secret(self, *path: str | int) -> bool:
        """Say whether the value at ``path``, or one that holds it or that it holds, is secret."""
        return any(p[: len(path)] == path or path[: len(p)] == p for p in self.secret_paths)

    def secret_below(self, key: str) -> frozenset[Path]:
        """Return the secret places within one property, as seen from it."""
        return frozenset(p[1:] for p in self.secret_paths if p[0] == key and len(p) > 1)


def decode(bag: struct_pb2.Struct | None) -> Values:
    """Turn a message's properties into plain values (whole numbers become ``int``)."""
    secrets: set[Path] = set()
    return Values({k: _decode(v, (k,), secrets) for k, v in bag.fields.items()} if bag is not None else {}, secrets)


def _decode(value: struct_pb2.Value, path: Path, secrets: set[Path]) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _decode_struct(value.struct_value, path, secrets)
    if kind == "list_value":
        return [_decode(v, (*path, i), secrets) for i, v in enumerate(value.list_value.values)]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "string_value" and value.string_value in _UNKNOWNS:
        return UNKNOWN
    return None if kind in (None, "null_value") else getattr(value, kind)


def _decode_struct(bag: struct_pb2.Struct, path: Path, secrets: set[Path]) -> Any:
    fields = bag.fields
    signature = fields[_SIGNATURE].string_value if _SIGNATURE in fields else ""
    if signature == _SECRET or (signature == _OUTPUT and "secret" in fields and fields["secret"].bool_value):
        secrets.add(path)
    if signature in (_SECRET, _OUTPUT):
        return _decode(fields["value"], path, secrets) if "value" in fields else UNKNOWN
    return {k: _decode(v, (*path, k), secrets) for k, v in fields.items()}


def encode(values: Mapping[str, Any], secret_paths: Iterable[Path] = ()) -> struct_pb2.Struct:
    """Turn plain values into a message's properties; what is at ``secret_paths`` or in a `Secret` is marked secret."""
    secrets = frozenset(secret_paths)
    if isinstance(values, Values):
        secrets |= values.secret_paths
    bag = struct_pb2.Struct()
    for key, value in values.items():
        _encode(value, (key,), secrets, bag.fields[key])
    return bag


def _encode(value: Any, path: Path, secrets: frozenset[Path], into: struct_pb2.Value) -> None:
    if isinstance(value, Secret) or path in secrets:
        into.struct_value.fields[_SIGNATURE].string_value = _SECRET
        _encode(reveal(value), (), frozenset(), into.struct_value.fields["value"])
    elif isinstance(value, Mapping):
        into.struct_value.SetInParent()
        for key, item in value.items():
            _encode(item, (*path, str(key)) if path else (), secrets, into.struct_value.fields[str(key)])
    elif isinstance(value, list | tuple | set | frozenset):
        into.list_value.SetInParent()
        for index, item in enumerate(value):
            _encode(item, (*path, index) if path else (), secrets, into.list_value.values.add())
    else:
        _encode_scalar(value, path, into)


def _encode_scalar(value: Any, path: Path, into: struct_pb2.Value) -> None:
    if value is UNKNOWN:
        into.string_value = _UNKNOWN
    elif value is None:
        into.null_value = struct_pb2.NULL_VALUE
    elif isinstance(value, bool):
        into.bool_value = value
    elif isinstance(value, int | float):
        into.number_value = value
    elif isinstance(value, str):
        into.string_value = value
    else:
        raise TypeError(f"{'.'.join(map(str, path))}: a {type(value).__name__} is not a property value")


def reveal(value: Any) -> Any:
    """Return ``value`` with every `Secret` in it replaced by what it holds."""
    if isinstance(value, Secret):
        return reveal(value.value)
    if isinstance(value, Mapping):
        return {k: reveal(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [reveal(v) for v in value]
    return value


def has_unknown(value: Any) -> bool:
    """Say whether ``value`` is, or holds, something that is not known during this preview."""
    if isinstance(value, Mapping):
        return any(has_unknown(v) for v in value.values())
    if isinstance(value, list | tuple):
        return any(has_unknown(v) for v in value)
    if isinstance(value, Secret):
        return has_unknown(value.value)
    return value is UNKNOWN
