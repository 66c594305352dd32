"""What a person meant by a key that the schema does not have."""

import difflib
from collections.abc import Iterator
from typing import get_args

from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from crosscloud.config.findings import Path, key_of
from crosscloud.config.old_names import BY_NAME
from crosscloud.config.stacks import STACKS
from crosscloud.config.values import Block


def blocks_of(annotation: object) -> Iterator[type[Block]]:
    """Yield the blocks that a field's type holds: itself, or those inside a union or ``Annotated``."""
    if isinstance(annotation, type) and issubclass(annotation, Block):
        yield annotation
    for part in get_args(annotation):
        yield from blocks_of(part)


def keys(model: type[Block], before: Path = ()) -> Iterator[Path]:
    """Yield the path of every key of a model, blocks before their own keys."""
    for field in model.model_fields.values():
        path = (*before, str(field.alias))
        yield path
        for block in blocks_of(field.annotation):
            yield from keys(block, path)


def field_at(path: Path, model: type[Block]) -> FieldInfo | None:
    """Return the schema's field of a key, or ``None`` if there is no such key."""
    found: FieldInfo | None = None
    inside: type[Block] | None = model
    for part in path:
        found = next((f for f in inside.model_fields.values() if f.alias == part), None) if inside else None
        inside = next(blocks_of(found.annotation), None) if found else None
    return found


def for_unknown(path: Path, model: type[Block]) -> tuple[str, str]:
    """Return what is wrong with an unknown key, and what would be right: the nearest known one, if there is any."""
    cloud = next(name for name, stack in STACKS.items() if stack is model)
    if len(path) == 1 and path[0] in STACKS:
        own = f"its block is {key_of((cloud,))}" if (cloud,) in set(keys(model)) else "it has no block"
        return (
            f"is the block of another cloud: this stack's cloud is {cloud}",
            f"{own}; or set crosscloud:cloud: {path[0]}",
        )
    others = [name for name, stack in STACKS.items() if path in set(keys(stack))]
    if others:
        return f"is no key of cloud {cloud}", f"it belongs to {', '.join(others)}"
    return "is not a known key", _nearest(path, model)


def _nearest(path: Path, model: type[Block]) -> str:
    known = list(keys(model))
    name = str(path[-1])
    if old := BY_NAME.get(_snake(name)):
        return f"in the original; here {old.now}"
    if "." in name:
        return f"a key inside a block is set by `pulumi config set --path '{key_of(path)}' VALUE`"
    siblings = {str(key[-1]): key for key in known if key[:-1] == path[:-1]}
    anywhere = {str(key[-1]): key for key in known}
    for candidates, cutoff in ((siblings, 0.6), (anywhere, 0.8)):
        close = difflib.get_close_matches(to_camel(name), candidates, n=1, cutoff=cutoff)
        if close:
            return f"did you mean {key_of(candidates[close[0]])}?"
    return f"known here: {', '.join(sorted(siblings))}"


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
