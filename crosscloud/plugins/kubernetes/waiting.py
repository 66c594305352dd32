"""Waiting for an object that was applied, as its annotations ask for it."""

import json
import re
from collections.abc import Mapping
from typing import Any

from crosscloud.plugins.base import Call, PluginError
from crosscloud.plugins.kubernetes import readiness
from crosscloud.plugins.kubernetes.api import Api
from crosscloud.plugins.kubernetes.readiness import Live, Readiness

_JSON_PATH = re.compile(r"jsonpath=\{?\.?(?P<path>[^}=]+)\}?(?:=(?P<value>.*))?")
_CONDITION = re.compile(r"condition=(?P<type>[^=]+)(?:=(?P<status>.*))?")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def wait_for(api: Api, call: Call, inputs: Mapping[str, Any], live: dict[str, Any]) -> tuple[Live, Readiness]:
    """Wait until ``live`` works, unless ``pulumi.com/skipAwait`` says not to; ``pulumi.com/waitFor`` says what for."""
    if readiness.annotation(inputs, "skipAwait") == "true":
        return live, Readiness(ready=True)
    asked = readiness.annotation(inputs, "waitFor")
    if not asked:
        return readiness.wait(api, call, live, readiness.check)
    expressions = _expressions(asked)
    return readiness.wait(api, call, live, lambda _api, seen: _all(expressions, seen))


def _expressions(asked: str) -> list[str]:
    expressions = json.loads(asked) if asked.startswith("[") else [asked]
    for expression in expressions:
        if not (_JSON_PATH.fullmatch(expression) or _CONDITION.fullmatch(expression)):
            raise PluginError(
                f"the annotation pulumi.com/waitFor holds {expression!r}; "
                "expected jsonpath={.path.to.field}=value or condition=Type=Status"
            )
    return list(expressions)


def _all(expressions: list[str], live: Live) -> Readiness:
    missing = [e for e in expressions if not _holds(e, live)]
    return Readiness(ready=not missing, why=f"waiting for {', '.join(missing)}" if missing else "")


def _holds(expression: str, live: Live) -> bool:
    wanted = _CONDITION.fullmatch(expression)
    if wanted:
        status = readiness.condition(live, wanted["type"]).get("status")
        return str(status).lower() == (wanted["status"] or "True").lower()
    path = _JSON_PATH.fullmatch(expression)
    if path is None:
        return False
    value: Any = live
    for key, index in _STEP.findall(path["path"]):
        if index:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else None
        else:
            value = value.get(key) if isinstance(value, Mapping) else None
    return value is not None if path["value"] is None else str(value).lower() == path["value"].strip("\"'").lower()
