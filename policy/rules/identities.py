"""What identities may do (line 7 of the checklist)."""

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from policy.rules.rule import Known, Level, Resource, ResourceRule, Values, by_program
from policy.rules.values import at, strings

#: Roles of Google and Azure that may do everything, or make somebody else who may: owner and editor, administrators;
#: Azure's Owner, Contributor, User Access Administrator and Role Based Access Control Administrator
#: (https://learn.microsoft.com/azure/role-based-access-control/built-in-roles). And AWS' own policies of that kind.
_TOO_MUCH = re.compile(
    r"roles/(owner|editor|.*admin)$|:policy/.*(Administrator|FullAccess|PowerUser)|8e3af657-a8ff-443c-a75c-2fe8c4bcb635|"
    r"b24988ac-6180-42a0-ab88-20f7382dd24c|18d7d88d-d35e-4fb5-a5c3-7773c20a72d9|f58310d9-a9f6-439a-9e8d-f62e7b41a168",
    re.IGNORECASE,
)
#: The properties that name such roles, by the type of resource that has them.
_ROLES: Mapping[str, tuple[str, ...]] = {
    "aws:iam/*:*PolicyAttachment*": ("policyArn", "policyArns"),
    "aws:iam/role:Role": ("managedPolicyArns",),
    "azure-native:authorization:*": ("roleDefinitionId",),
    "gcp:*IAM*": ("role",),
}
#: Every resource, or every one of a service: ``*``, ``arn:aws:ec2:*:*:*``.
_EVERYWHERE = re.compile(r"\*|arn:[^:]+:[^:]+:\*?:\*?:\*")
#: Of Azure: every action, all of a kind but reading, every action of one service.
_ANY_ACTION = re.compile(r"\*|\*/(?!read$).*|[^/]+/\*")
_OF_ACTIONS = re.compile(r"\.(actions|dataActions)\.\d+$")
#: Google's words for everybody, and for everybody with an account.
_ANYBODY = ("allUsers", "allAuthenticatedUsers")
#: The account that machines of Google act as where none is named; it may be an editor of the whole project.
_DEFAULT_ACCOUNT = re.compile(r"(default)?|.*-compute@developer\.gserviceaccount\.com")


def identities_may_do_no_more_than_they_need(one: Resource, _: Known) -> Iterator[str]:
    """Yield policies that allow everything, administrators' roles, trust in everybody, and borrowed identities."""
    for path, document in _documents(one.props):
        yield from (f"{one}: {path} {why}" for why in _too_much(document))
    for path, text in _roles(one):
        if _TOO_MUCH.search(text):
            yield f"{one}: {path} is {text}"
    for path, text in strings(one.props.get("permissions") or (), "permissions"):
        if _OF_ACTIONS.search(path) and _ANY_ACTION.fullmatch(text):
            yield f"{one}: {path} is {text}"
    for path, text in strings([one.shown.get("member"), one.shown.get("members")]):
        if text in _ANYBODY:
            yield f"{one}: {path} is {text}"


def machines_act_as_accounts_of_their_own(one: Resource, _: Known) -> Iterator[str]:
    """Yield machines of Google that act as the project's default account.

    An account that is not known yet is made by this very stack, which shows what it may do.
    """
    for path, account in _accounts(one):
        if _DEFAULT_ACCOUNT.fullmatch(str(account or "")):
            yield f"{one}: {path} is the project's default account, which may edit everything in it"


def _documents(props: Values) -> Iterator[tuple[str, Any]]:
    """Yield what says which rights there are, or who may have them: JSON, or written out."""
    given = [(name, props.get(name)) for name in ("policy", "policyData", "assumeRolePolicy")]
    inline = [(f"inlinePolicies.{i}", one.get("policy")) for i, one in enumerate(props.get("inlinePolicies") or ())]
    for path, document in (*given, *inline):
        if document:
            yield path, json.loads(document) if isinstance(document, str) else document


def _too_much(document: Values) -> Iterator[str]:
    """Yield what is too much in a document of AWS, which has statements, or of Google, which has bindings."""
    statements = document.get("Statement") or ()
    for statement in [statements] if isinstance(statements, Mapping) else statements:
        if statement.get("Effect") == "Allow":
            yield from (f"allows {each}" for each in _everything(statement))
            if "Condition" not in statement and "*" in (text for _, text in strings(statement.get("Principal"))):
                yield "lets everybody have its rights"
    for _, text in strings(document.get("bindings") or ()):
        if text in _ANYBODY or _TOO_MUCH.search(text):
            yield f"binds {text}"


def _everything(statement: Values) -> Iterator[str]:
    """Yield every action of a statement, or all of one service on everything."""
    if "NotAction" in statement:
        yield "everything but a few actions"
    resources = [text for _, text in strings(statement.get("Resource"))]
    everywhere = "NotResource" in statement or any(map(_EVERYWHERE.fullmatch, resources))
    for _, action in strings(statement.get("Action")):
        service, _, verb = action.partition(":")
        if "*" in service or (everywhere and not verb.strip("*")):
            yield f"{action} on {', '.join(resources) or 'everything but a few resources'}"


def _roles(one: Resource) -> Iterator[tuple[str, str]]:
    for pattern, paths in _ROLES.items():
        for path in paths if fnmatchcase(one.type, pattern) else ():
            yield from strings(one.props.get(path), path)


def _accounts(one: Resource) -> Iterator[tuple[str, Any]]:
    """Yield the paths where Google is told as whom machines act, and what stands there."""
    if one.type.startswith("gcp:compute/"):
        if "serviceAccount" in one.shown:  # without any they act as nobody
            yield "serviceAccount.email", at(one.shown, "serviceAccount.email")
        return
    yield "nodeConfig.serviceAccount", at(one.shown, "nodeConfig.serviceAccount")
    if at(one.shown, "clusterAutoscaling.enabled"):
        path = "clusterAutoscaling.autoProvisioningDefaults.serviceAccount"
        yield path, at(one.shown, path)


RULES = (
    ResourceRule(
        "identities-narrow",
        7,
        Level.MANDATORY,
        ("aws", "azure", "gce", "gke"),
        "No identity may do everything, or everything of one service, and not everybody may have its rights.",
        by_program(
            "the rights",
            "components/aws_machines.py",
            "components/azure.py",
            "components/gce_machines.py",
            "components/gke_nodes.py",
        ),
        types=(*_ROLES, "aws:iam/*:*Policy"),
        check=identities_may_do_no_more_than_they_need,
    ),
    ResourceRule(
        "google-accounts-own",
        7,
        Level.MANDATORY,
        ("gce", "gke"),
        "Machines of Google act as accounts of their own.",
        by_program("the account", "components/gce_machines.py", "components/gke.py", "components/gke_nodes.py"),
        types=("gcp:compute/*", "gcp:container/cluster:Cluster", "gcp:container/nodePool:NodePool"),
        check=machines_act_as_accounts_of_their_own,
    ),
)
