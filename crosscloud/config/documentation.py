"""The tables of docs/configuration.md, made from the schema; a test holds the committed ones to it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic.fields import FieldInfo

from crosscloud.config import old_names
from crosscloud.config.blocks import CloudBlock
from crosscloud.config.findings import Path, key_of
from crosscloud.config.stacks import STACKS, block_of
from crosscloud.config.suggestions import blocks_of, field_at, keys


def tables() -> dict[str, str]:
    """Return the generated parts of the document by their names, each in Markdown."""
    return {
        "shared-keys": _keys(lambda path: path[0] not in STACKS),
        **{f"keys-of-{cloud}": _keys(lambda path, cloud=cloud: path[0] == cloud) for cloud in STACKS},
        "sizes": _sizes(),
        "old-names-shared": _old(old_names.SHARED),
        "old-names-of-one-cloud": _old(old_names.OF_ONE_CLOUD),
    }


def updated(document: str) -> str:
    """Return the document with its generated parts, between ``<!-- name -->`` and ``<!-- end -->``, made anew."""
    for name, table in tables().items():
        part = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        if not part.search(document):
            raise ValueError(f"docs/configuration.md has no part {name!r}")
        document = part.sub(lambda match, table=table: f"{match[1]}{table}{match[2]}", document)  # type: ignore[misc]
    return document


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _keys(wanted: Any) -> str:
    """Return the table of the keys that the predicate wants, each once, with its default in each cloud that has it."""
    found: dict[Path, dict[str, FieldInfo]] = {}
    for cloud, model in STACKS.items():
        for path in keys(model):
            field = field_at(path, model)
            if field and wanted(path) and not list(blocks_of(field.annotation)):
                found.setdefault(path, {})[cloud] = field
    several = any(set(fields) != set(STACKS) and len(fields) > 1 for fields in found.values())
    blocks = [path[0] for path in found]
    rows = sorted(found.items(), key=lambda item: blocks.index(item[0][0]))  # a block's keys together
    head = ["key", "default", "meaning", *(["clouds"] if several else [])]
    return _table(head, [_row(path, fields, several) for path, fields in rows])


def _row(path: Path, fields: Mapping[str, FieldInfo], several: bool) -> list[str]:
    description = max((field.description or "" for field in fields.values()), key=len)
    if path == ("cloud",):
        description = f"What runs the cluster: {', '.join(f'`{cloud}`' for cloud in STACKS)}."
    clouds = "all" if set(fields) == set(STACKS) else ", ".join(fields)
    return [f"`{key_of(path)}`", _default(fields), description, *([clouds] if several else [])]


def _default(fields: Mapping[str, FieldInfo]) -> str:
    """Return the default of a key; by cloud where it is not the same in all that have it."""
    by_default: dict[str, list[str]] = {}
    for cloud, field in fields.items():
        by_default.setdefault(_default_of(field), []).append(cloud)
    if len(by_default) == 1:
        return next(iter(by_default))
    usual = max(by_default, key=lambda default: len(by_default[default]))
    others = (f"{', '.join(clouds)}: {default}" for default, clouds in by_default.items() if default != usual)
    return "; ".join([usual, *others])


def _default_of(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    if isinstance(extra, dict) and extra.get("filled"):
        return str(extra["filled"])
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "left out"
    if value in ((), {}):
        return "empty"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _sizes() -> str:
    rows = [
        [cloud, arch, *(f"`{size}`" if size else "the cloud's" for size in sizes)]
        for cloud, block in ((cloud, block_of(cloud)) for cloud in STACKS)
        if issubclass(block, CloudBlock)
        for arch, sizes in block.sizes.items()
    ]
    return _table(["cloud", "arch", "`controlPlanes.size`", "`workers.size`"], rows)


def _old(rows: Sequence[old_names.OldName]) -> str:
    cells: Iterator[list[str]] = ([", ".join(f"`{name}`" for name in row.names), row.defaults, row.now] for row in rows)
    return _table(["original", "its default", "here"], list(cells))
