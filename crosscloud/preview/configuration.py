"""What a preview changes of a stack's configuration, key by key, with the defaults that were and are in force."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from crosscloud import paths
from crosscloud.preview.data import Sentence, words
from crosscloud.preview.model import Difference, Preview
from crosscloud.preview.properties import differences
from crosscloud.problems import ProblemsError

#: Lists that are sets to whoever writes them: what is added and what is removed is told, not an index.
_LISTS = (list, tuple)
#: What some values are to those who read them.
_ALSO = {network: f"{network} (the whole Internet)" for network in ("0.0.0.0/0", "::/0")}


def before_and_after(preview: Preview) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return both configurations with all their defaults; if one is refused by now, both as they were given."""
    try:
        old, new = (_complete(values, preview.stack) for values in preview.config)
    except ProblemsError:  # to one of them alone the defaults would all seem to come or to go
        old, new = map(dict, preview.config)
    return old, new


def _complete(values: Mapping[str, Any], stack: str) -> dict[str, Any]:
    from crosscloud import config

    if not values:
        return {}
    return config.load(dict(values), stack=stack, files=False).model_dump(mode="json", by_alias=True)


def changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[Difference, Sentence]]:
    """Yield what differs with the words for it, in the order of the words; nothing of a stack that was not there."""
    known = words()
    told = differences(old, new, within_lists=False) if old and new else ()
    found = [one for one in told if one.path not in known.silent]
    patterns = list(known.config)
    for one in sorted(found, key=lambda each: patterns.index(_pattern(each.path, patterns))):
        yield one, known.config[_pattern(one.path, patterns)]


def _pattern(path: str, patterns: list[str]) -> str:
    return next(pattern for pattern in patterns if fnmatchcase(path, pattern))


def sentences(difference: Difference, words: Sentence) -> Iterator[str]:
    """Yield what to say of a difference."""
    old, new = difference.old, difference.new
    if isinstance(old or new, _LISTS) and words.added:
        before, after = list(old or ()), list(new or ())
        if added := [one for one in after if one not in before]:
            yield words.added.format(added=_shown(added))
        if removed := [one for one in before if one not in after]:
            yield words.removed.format(removed=_shown(removed))
        return
    pattern = words.says or "{key} {old} → {new}"
    said = pattern.format(key=f"crosscloud:{difference.path}", old=_shown(old), new=_shown(new))
    if words.fewer and isinstance(old, int) and isinstance(new, int) and new < old:
        said += f": {words.fewer.format(fewer=old - new)}"
    yield said


def _shown(value: Any) -> str:
    if value is None or value == []:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, _LISTS):
        return ", ".join(map(_shown, value))
    return _ALSO.get(str(value)) or str(value).removeprefix(f"{paths.project()}/")
