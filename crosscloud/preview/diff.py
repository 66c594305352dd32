"""The full difference, resource by resource: only what changes, in the form that ``diff`` is coloured by."""

import json
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from typing import Any

from crosscloud.preview.markdown import one_line, plain
from crosscloud.preview.model import SECRET, Change, Difference, Op, Preview
from crosscloud.preview.properties import leaves
from crosscloud.preview.summary import WITH_OTHERS

_SIGNS = {Op.CREATE: "+", Op.IMPORT: "+", Op.UPDATE: "~", Op.REPLACE: "±", Op.DELETE: "-"}
#: Characters of a value that are shown in a note; a file has all of them.
NOTE_VALUE = 300


def text(preview: Preview) -> str:
    """Return all of it, for a file."""
    return "\n".join("".join(f"{line}\n" for line in resource(change)) for change in preview.changed)


def resource(change: Change, limit: int | None = None) -> list[str]:
    """Return the lines of one resource, the first of which names it; values are cut at ``limit`` characters."""
    return [
        f"{_SIGNS[change.op]} {change.op} {one_line(change.type)} {one_line(change.name)}",
        *_properties(change, limit),
    ]


def _properties(change: Change, limit: int | None) -> Iterator[str]:
    if change.op in (Op.CREATE, Op.IMPORT):
        for path, value in leaves(dict(change.new)) if change.new else ():
            yield from _lines("+", path, value, limit)
        return
    if change.op is Op.DELETE:
        return
    if change.op is Op.REPLACE and not change.differences:
        yield f"  ({WITH_OTHERS})"
    for one in change.differences:
        yield from _difference(one, limit)


def _difference(one: Difference, limit: int | None) -> Iterator[str]:
    note = "  (replaces it)" if one.replaces else ""
    if one.old == one.new == SECRET:
        yield f"  {one_line(one.path)}: a secret that is another one{note}"
    elif _long(one.old) and _long(one.new):
        yield f"  {one_line(one.path)}:{note}"
        yield from _cut(list(_changed_lines(one.old, one.new)), limit)
    else:
        for sign, value in (("-", one.old), ("+", one.new)):
            for path, each in leaves(value, one.path) if value is not None else ():
                yield from _lines(sign, path, each, limit, note if sign == "+" else "")


def _long(value: Any) -> bool:
    return isinstance(value, str) and "\n" in value


def _changed_lines(old: str, new: str) -> Iterator[str]:
    lines = unified_diff(plain(old).splitlines(), plain(new).splitlines(), lineterm="", n=1)
    for line in list(lines)[2:]:
        yield f"{line[0]}     {line[1:]}" if line[0] in "+-" else f"      {line}"


def _lines(sign: str, path: str, value: Any, limit: int | None, note: str = "") -> Iterator[str]:
    if _long(value):
        yield f"{sign}   {one_line(path)}:{note}"
        yield from _cut([f"{sign}     {line}" for line in plain(value).splitlines()], limit)
        return
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    shown = plain(shown)
    if limit and len(shown) > limit:
        shown = f"{shown[:limit]}… ({len(shown)} characters)"
    yield f"{sign}   {one_line(path)}: {shown}{note}"


def _cut(lines: Sequence[str], limit: int | None) -> Iterator[str]:
    """Yield lines until they are as long as a value may be."""
    used = 0
    for index, line in enumerate(lines):
        used += len(line)
        if limit and used > 4 * limit:
            yield f"      … ({len(lines) - index} more lines)"
            return
        yield line
