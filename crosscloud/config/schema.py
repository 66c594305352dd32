"""The schema of stack files as JSON Schema, for editors: what may stand below ``config`` by the stack's cloud."""

from typing import Any

from pydantic.json_schema import models_json_schema

from crosscloud.config.findings import NAMESPACE
from crosscloud.config.stacks import STACKS

#: Where a stack's file finds the committed copy: the line editors look for at its top.
MODELINE = "# yaml-language-server: $schema=docs/stack.schema.json"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of ``Pulumi.<stack>.yaml``.

    Which keys of ours there are depends on ``crosscloud:cloud``. Keys of other namespaces (``aws:region``) and what
    Pulumi itself writes into the file are left alone.
    """
    references, combined = models_json_schema([(model, "validation") for model in STACKS.values()])
    definitions = {name: _clean(definition) for name, definition in combined["$defs"].items()}
    branches = [
        _branch(cloud, definitions.pop(references[(model, "validation")]["$ref"].rpartition("/")[2]))
        for cloud, model in STACKS.items()
    ]
    cloud_key = f"{NAMESPACE}:cloud"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A stack of crosscloud (Pulumi.<stack>.yaml)",
        "type": "object",
        "required": ["config"],
        "properties": {
            "config": {
                "type": "object",
                "required": [cloud_key],
                "properties": {cloud_key: {"enum": list(STACKS), "description": "What runs the cluster."}},
                "allOf": branches,
            }
        },
        "$defs": definitions,
    }


def _branch(cloud: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return the rule that holds if the stack's cloud is this one."""
    properties = {f"{NAMESPACE}:{key}": value for key, value in schema["properties"].items()}
    required = [f"{NAMESPACE}:{key}" for key in schema["required"]]
    return {
        "if": {"properties": {f"{NAMESPACE}:cloud": {"const": cloud}}, "required": [f"{NAMESPACE}:cloud"]},
        "then": {
            "description": schema["description"],
            "properties": properties,
            "required": required,
            "propertyNames": {"anyOf": [{"not": {"pattern": f"^{NAMESPACE}:"}}, {"enum": sorted(properties)}]},
        },
    }


def _clean(schema: Any) -> Any:
    """Return a schema as a person would have written it.

    Titles that only repeat the key go, what ``load`` fills in is not required but described, and a whole block that is
    filled in is left out of the description, since its keys say it.
    """
    if isinstance(schema, list):
        return [_clean(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    cleaned = {key: _clean(value) for key, value in schema.items() if key not in ("title", "filled")}
    if isinstance(schema.get("properties"), dict):
        properties = schema["properties"]
        cleaned["properties"] = {name: _clean(value) for name, value in properties.items()}
        required = [name for name in schema.get("required", ()) if "filled" not in properties[name]]
        cleaned.pop("required", None)
        if required:
            cleaned["required"] = required
    if filled := schema.get("filled"):
        cleaned["description"] = f"{schema['description']} Default: {filled}."
    return cleaned
