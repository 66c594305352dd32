"""Where in the stack's file a value stands. Only errors need it, so only they pay for the YAML parser."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crosscloud.config import findings
from crosscloud.config.findings import NAMESPACE, Finding
from crosscloud.problems import Problem


class Locator:
    """Turns findings into problems with file and line, for one stack's file and the project file beside it."""

    def __init__(self, stack_file: Path | None, given: Mapping[str, Any]) -> None:
        self._stack_file = stack_file
        self._given = given
        files = (stack_file, stack_file.parent / "Pulumi.yaml") if stack_file else ()
        self._files = [(file, _config_of(file)) for file in files if file and file.is_file()]

    def problem(self, finding: Finding) -> Problem:
        """Return the finding with the line of its key, or of the nearest block above if it has none itself."""
        key = findings.key_of(finding.path) if finding.path else ""
        given = finding.path and finding.path[0] in self._given
        for file, config in self._files:
            depth, line, value = _find(config, finding.path)
            if not depth:
                continue
            if depth == len(finding.path) and not self._is_same(finding, value):
                break
            return Problem(key, finding.wrong, finding.allowed, file=file, line=line)
        if not given and self._files:
            file, config = self._files[0]
            return Problem(key, finding.wrong, finding.allowed, file=file, line=_line_of_config(config))
        return Problem(key, finding.wrong, finding.allowed, source=self._source())

    def _is_same(self, finding: Finding, value: Any) -> bool:
        """Say whether the file's value is the one that was given; blocks and encrypted values are taken to be."""
        given = findings.value_at(self._given, finding.path)
        if given is None or isinstance(value, Mapping | list) or isinstance(given, Mapping | list | tuple):
            return True
        return str(value).strip().lower() == str(given).strip().lower()

    def _source(self) -> str:
        if self._stack_file is None:
            return "configuration"
        return f"set outside {self._stack_file.name} (by --config or the environment)"


def _config_of(file: Path) -> Any:
    """Return the file's ``config`` block with its line numbers, or nothing if the file has none or is no YAML."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        document = YAML(typ="rt").load(file)
    except (YAMLError, OSError, UnicodeDecodeError):
        return None
    if not isinstance(document, Mapping):
        return None
    config = document.get("config")
    return config if isinstance(config, Mapping) else document


def _find(config: Any, path: findings.Path) -> tuple[int, int | None, Any]:
    """Return how much of a path the file has, the line of its last part there, and the value that stands there."""
    from ruamel.yaml.comments import CommentedSeq

    depth, line = 0, None
    value = config
    for part in path:
        names = (part,) if depth else (f"{NAMESPACE}:{part}", part)
        name = next((name for name in names if _has(value, name)), None)
        if name is None:
            break
        line = (value.lc.item(name) if isinstance(value, CommentedSeq) else value.lc.key(name))[0] + 1
        value = value[name]
        depth += 1
    return depth, line, value


def _has(value: Any, name: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(name, int) and name < len(value)
    return isinstance(value, Mapping) and name in value


def _line_of_config(config: Any) -> int | None:
    """Return the line of the first key of the ``config`` block, where a missing key would belong."""
    return config.lc.line + 1 if config is not None else None
