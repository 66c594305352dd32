"""From the schema's errors to findings in words that say what is allowed."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from crosscloud.config import suggestions
from crosscloud.config.findings import Finding, Path, value_at
from crosscloud.config.values import Block

_Words = tuple[str, str]
#: The most characters of a value that an error shows.
_SHOWN = 80


def findings_of(error: ValidationError, model: type[Block], given: Mapping[str, Any]) -> list[Finding]:
    """Return the schema's errors as findings, in the order of the schema.

    ``given`` holds what the file gave: a value that is not in it is a default, and its finding says so.
    """
    return [_finding(details, model, given) for details in error.errors(include_url=False)]


def _finding(details: ErrorDetails, model: type[Block], given: Mapping[str, Any]) -> Finding:
    path = _path(details, model)
    kind = details["type"]
    if kind == "extra_forbidden":
        return Finding(path, *suggestions.for_unknown(path, model))
    if kind == "missing":
        field = suggestions.field_at(path, model)
        return Finding(path, "is missing", ((field and field.description) or "").rstrip("."))
    wrong, allowed = _WORDS.get(kind, _other)(details)
    if value_at(given, path) is None:
        allowed = f"{allowed}; this is the default, so give another".removeprefix("; ")
    return Finding(path, wrong, allowed)


def _path(details: ErrorDetails, model: type[Block]) -> Path:
    """Return where the error is, in the file's names.

    pydantic marks the key of a mapping with ``[key]``, and names a default that it validates by its attribute.
    """
    first, *rest = (part for part in details["loc"] if part != "[key]")
    # An unknown key is the file's own word, even if it is an attribute's name.
    field = None if details["type"] == "extra_forbidden" else model.model_fields.get(str(first))
    return (field.alias if field and field.alias else first, *rest)


def _of_value(wrong: str, allowed: str = "") -> Callable[[ErrorDetails], _Words]:
    return lambda details: (f"{_short(details['input'])} {wrong}", allowed)


def _own_rule(details: ErrorDetails) -> _Words:
    """Take apart what the schema's own checks raise: what is wrong, a semicolon, what is allowed."""
    wrong, _, allowed = str(details["ctx"]["error"]).partition("; ")
    return f"{_short(details['input'])} {wrong}", allowed


def _choice(details: ErrorDetails) -> _Words:
    wrong = f"{_short(details['input'])} is not one of the choices"
    return wrong, details["ctx"]["expected"].replace("'", "")


def _too_small(details: ErrorDetails) -> _Words:
    return f"{_short(details['input'])} is too small", f"at least {details['ctx']['ge']}"


def _too_large(details: ErrorDetails) -> _Words:
    return f"{_short(details['input'])} is too large", f"at most {details['ctx']['le']}"


def _other(details: ErrorDetails) -> _Words:
    return f"{_short(details['input'])} can't be used", details["msg"][:1].lower() + details["msg"][1:]


def _short(value: Any) -> str:
    """Return a value as it is shown in an error: whole if it is short, a private key not at all.

    The engine passes numbers as strings, so numbers look the same with and without quotes.
    """
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "PRIVATE KEY" in text:
        return "a private key"
    if not re.fullmatch(r"-?\d+(\.\d+)?|true|false", text):
        text = repr(text)
    if isinstance(value, Mapping | list | tuple):
        text = "a block of keys" if isinstance(value, Mapping) else "a list"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 2]}…'"


_WHOLE_NUMBER = _of_value("is not a whole number", "a number without quotes or unit, such as 3")
_YES_NO = _of_value("is neither yes nor no", "true or false")
_TEXT = _of_value("is not text", "one value, in quotes if YAML takes it for something else")

_WORDS: dict[str, Callable[[ErrorDetails], _Words]] = {
    "value_error": _own_rule,
    "literal_error": _choice,
    "greater_than_equal": _too_small,
    "less_than_equal": _too_large,
    "too_short": lambda _: ("is empty", "at least one"),
    "int_parsing": _WHOLE_NUMBER,
    "int_type": _WHOLE_NUMBER,
    "int_from_float": _WHOLE_NUMBER,
    "bool_parsing": _YES_NO,
    "bool_type": _YES_NO,
    "string_type": _TEXT,
    "path_type": _TEXT,
    "model_type": _of_value("is one value where a block of keys belongs", "keys below it, indented"),
    "dict_type": _of_value("is one value where a block of keys belongs", "keys below it, indented"),
    "tuple_type": _of_value("is not a list", "a list, such as [a, b]"),
}
