"""From a stack's raw values to its configuration: read, fill in, validate, check; and all errors at once."""

import difflib
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from crosscloud import paths
from crosscloud.config import checks, defaults, findings
from crosscloud.config.findings import NAMESPACE, ConfigErrors, Finding
from crosscloud.config.stacks import STACKS, Stack, StackConfig
from crosscloud.config.suggestions import blocks_of, field_at
from crosscloud.config.translate import findings_of
from crosscloud.problems import counted


def load(
    values: Mapping[str, Any],
    *,
    stack: str,
    stack_file: Path | None = None,
    files: bool = True,
    secrets: Collection[str] = (),
) -> StackConfig:
    """Return a stack's configuration.

    ``values`` are keys with or without the namespace ``crosscloud:``; other namespaces are left alone. Values may be
    what YAML gives, or strings as the engine passes them, JSON for blocks and lists. ``stack`` is the stack's name,
    ``stack_file`` its file (for lines, and as the place that relative paths start at). ``files=False`` leaves out
    whether the files that are named exist, for what runs before they do. ``secrets`` names keys whose values must not
    be shown.

    Raises ``ConfigErrors`` with everything that is wrong.
    """
    given = _read(values)
    cloud, found = _cloud(given)
    model = STACKS[cloud]
    given = _with_empty_blocks(given, model)
    complete = defaults.fill(given, cloud=cloud, stack=stack) | {"cloud": cloud}
    context = {"root": stack_file.parent if stack_file else paths.ROOT, "files": files}
    try:
        config: Stack | None = model.model_validate(complete, context=context)
    except ValidationError as error:
        refused = findings_of(error, model, given)
        found += refused
        config = _salvage(model, complete, refused)
    if config:
        found += [finding for finding in checks.findings(config) if not any(map(finding.depends_on, found))]
    if found:
        raise _errors(found, given, stack, stack_file, secrets)
    return cast(StackConfig, config)


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return our keys without their namespace, with JSON read where a string holds a block or a list."""
    given = {}
    for key, value in values.items():
        namespace, colon, name = key.rpartition(":")
        if not colon or namespace == NAMESPACE:
            given[name] = _block(value) if isinstance(value, str) else value
    return given


def _with_empty_blocks(given: dict[str, Any], model: type[Stack]) -> dict[str, Any]:
    """Return the values with an empty block for each block's key that has nothing after it, or only comments.

    The engine passes that as an empty string, and announces that it will be null.
    """
    blocks = {field.alias for field in model.model_fields.values() if next(blocks_of(field.annotation), None)}
    return {name: {} if value in (None, "") and name in blocks else value for name, value in given.items()}


def _block(text: str) -> Any:
    if text.strip()[:1] not in ("{", "["):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _cloud(given: dict[str, Any]) -> tuple[str, list[Finding]]:
    """Return the stack's cloud, or the likeliest one with what is wrong, so that the rest can be checked still."""
    choices = ", ".join(STACKS)
    if "cloud" not in given:
        guess = next((name for name in STACKS if name in given), "local")
        return guess, [Finding(("cloud",), "is missing", f"one of {choices}")]
    cloud = given["cloud"]
    if isinstance(cloud, str) and cloud in STACKS:
        return cloud, []
    close = difflib.get_close_matches(str(cloud).lower(), STACKS, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    guess = close[0] if close else next((name for name in STACKS if name in given), "local")
    return guess, [Finding(("cloud",), f"{str(cloud)!r} is not a cloud", f"{hint}one of {choices}")]


def _salvage(model: type[Stack], values: dict[str, Any], refused: list[Finding]) -> Stack | None:
    """Return the stack without what was refused, for checking what is left; ``None`` if too little is.

    Defaults take the place of what was refused, and the schema's example that of a key which has no default.
    """
    rest = json.loads(json.dumps(values, default=str))
    for finding in refused:
        _remove(rest, finding)
    rest = defaults.fill(rest, cloud=rest["cloud"], stack="cluster")
    for _ in range(2):
        try:
            return model.model_validate(rest, context={"files": False})
        except ValidationError as error:
            for details in error.errors():
                _put_example(rest, details["loc"], model)
    return None


def _remove(values: Any, finding: Finding) -> None:
    for part in finding.path[:-1]:
        inner = values.get(part) if isinstance(values, dict) else None
        if not isinstance(inner, dict):  # one bad entry takes its list along
            if isinstance(values, dict):
                values.pop(part, None)
            return
        values = inner
    values.pop(finding.path[-1], None)


def _put_example(values: Any, path: findings.Path, model: type[Stack]) -> None:
    field = field_at(path, model)
    parent = findings.value_at(values, path[:-1])
    if field and field.examples and isinstance(parent, dict):
        parent[path[-1]] = field.examples[0]


def _errors(
    found: list[Finding], given: Mapping[str, Any], stack: str, stack_file: Path | None, secrets: Collection[str]
) -> ConfigErrors:
    from crosscloud.config.lines import Locator

    locator = Locator(stack_file, given)
    hidden = {key.rpartition(":")[2] for key in secrets}
    problems = [locator.problem(finding) for finding in _without_values(found, hidden)]
    problems.sort(key=lambda problem: (problem.file is None, problem.line or 0))
    return ConfigErrors(f"{counted(len(problems), 'error')} in the configuration of stack {stack}", problems)


def _without_values(found: list[Finding], hidden: Collection[str]) -> Iterator[Finding]:
    for finding in found:
        if finding.path[0] in hidden:
            yield Finding(finding.path, "is refused (its value is secret, so it is not shown)")
        else:
            yield finding
