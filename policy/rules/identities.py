"""What identities may do (line 7 of the checklist)."""

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from policy.rules.rule import Known, Level, Resource, ResourceRule, Values
from policy.rules.values import at, strings

#: Roles of Google and Azure that may do everything: owner and editor, administrators, Azure's Owner and Contributor
#: (https://learn.microsoft.com/azure/role-based-access-control/built-in-roles).
_TOO_MUCH = re.compile(
    r"roles/(owner|editor|.*[aA]dmin)$|8e3af657-a8ff-443c-a75c-2fe8c4bcb635|b24988ac-6180-42a0-ab88-20f7382dd24c"
)
_MANAGED = re.compile(r":policy/.*(Administrator|FullAccess|PowerUser)")
_DEFAULT_ACCOUNT = "-compute@developer.gserviceaccount.com"


def identities_may_do_no_more_than_they_need(one: Resource, _: Known) -> Iterator[str]:
    """Yield policies that allow everything, managed policies and roles of administrators, and borrowed identities."""
    for path, text in _texts(one, one.props, _GIVES_RIGHTS):
        if text.lstrip().startswith("{") and '"Statement"' in text:
            yield from (f"{one}: {path} allows {each}" for each in map(_everything, _statements(text)) if each)
        elif _TOO_MUCH.search(text) or _MANAGED.search(text):
            yield f"{one}: {path} is {text}"
        elif path.endswith("actions.0") and text == "*":
            yield f"{one}: {path} is every action"
    # An account that is not known yet is made by this very stack, which shows what it may do.
    for path, text in _texts(one, one.shown, _ACT_AS):
        if text.endswith(_DEFAULT_ACCOUNT):
            yield f"{one}: {path} is the project's default account, which may edit everything in it"


#: The properties that give rights, by the type of resource that has them.
_GIVES_RIGHTS: Mapping[str, tuple[str, ...]] = {
    "aws:iam/*:*Policy": ("policy",),
    "aws:iam/*:*PolicyAttachment": ("policyArn",),
    "aws:iam/role:Role": ("inlinePolicies", "managedPolicyArns"),
    "azure-native:authorization:RoleAssignment": ("roleDefinitionId",),
    "azure-native:authorization:RoleDefinition": ("permissions",),
    "gcp:*IAM*": ("role", "policyData"),
}
#: Where Google is told as whom machines act.
_ACT_AS: Mapping[str, tuple[str, ...]] = {
    "gcp:compute/*": ("serviceAccount",),
    "gcp:container/*": ("nodeConfig.serviceAccount", "clusterAutoscaling.autoProvisioningDefaults.serviceAccount"),
}


def _texts(one: Resource, values: Values, table: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    for pattern, paths in table.items():
        for path in paths if fnmatchcase(one.type, pattern) else ():
            yield from strings(at(values, path, ""), path)


def _statements(text: str) -> list[dict[str, Any]]:
    found = json.loads(text)["Statement"]
    return [found] if isinstance(found, dict) else list(found)


def _everything(statement: dict[str, Any]) -> str:
    """Return what is too much in a statement: every action, or all of one service on everything; empty if nothing."""
    if statement.get("Effect") != "Allow":
        return ""
    if "NotAction" in statement:
        return "everything but a few actions"
    for action in _listed(statement.get("Action", [])):
        if action == "*" or (action.endswith(":*") and "*" in _listed(statement.get("Resource", []))):
            return f"{action} on {', '.join(_listed(statement.get('Resource', []))) or 'nothing named'}"
    return ""


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


RULES = (
    ResourceRule(
        "identities-narrow",
        7,
        Level.MANDATORY,
        ("aws", "azure", "gce", "gke"),
        "No identity may do everything, or everything of one service.",
        "No key of the stack's file gives rights: name the actions and resources in components/",
        types=(*_GIVES_RIGHTS, *_ACT_AS),
        check=identities_may_do_no_more_than_they_need,
    ),
)
