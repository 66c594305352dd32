"""A stack's file as it stands there, before anything is known of its keys."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosscloud.config.findings import NAMESPACE, ConfigErrors
from crosscloud.problems import Problem

if TYPE_CHECKING:
    from ruamel.yaml.error import YAMLError

_KEYS = f"`config:` and below it, indented, keys such as {NAMESPACE}:cloud"


def stack_document(file: Path) -> dict[str, Any]:
    """Return the keys of a stack's file with their values; none where there is no such file.

    ``config`` is among them, and always a mapping. Raises ``ConfigErrors`` for a file that can't be read, is no YAML,
    or has no keys where keys belong.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import DuplicateKeyError
    from ruamel.yaml.error import YAMLError

    try:
        document = YAML(typ="safe").load(file) or {}
    except FileNotFoundError:
        document = {}
    except OSError as error:
        raise _refused(file, f"can't be read: {error.strerror}") from None
    except DuplicateKeyError as error:  # its words quote the values, too
        raise _refused(file, f"holds the key {_quoted(error.problem)} twice", "each key once", _line(error)) from None
    except YAMLError as error:
        said = getattr(error, "problem", None) or getattr(error, "reason", None) or "it can't be read"
        raise _refused(file, f"is no YAML: {said}", "look at indentation and quotes", _line(error)) from None
    if not isinstance(document, Mapping):
        raise _refused(file, "holds no keys", _KEYS)
    config = document.get("config") or {}
    if not isinstance(config, Mapping):
        raise _refused(file, "`config` holds no keys", _KEYS)
    return {**document, "config": dict(config)}


def _quoted(words: str) -> str:
    return words.split('"')[1] if '"' in words else ""


def _line(error: "YAMLError") -> int | None:
    mark = getattr(error, "problem_mark", None)
    return mark.line + 1 if mark else None


def _refused(file: Path, wrong: str, allowed: str = "", line: int | None = None) -> ConfigErrors:
    stack = file.name.split(".")[1]
    problem = Problem("", wrong, allowed, file=file, line=line)
    return ConfigErrors(f"1 error in the configuration of stack {stack}", [problem])
