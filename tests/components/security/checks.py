"""The lines of the security checklist that rendered resources show, by the rules of the policy pack.

Each check yields what breaks its line. The pack only knows what is there: that those who are configured do come in,
that everything has its tags, and that the kubeconfig is secret is looked at here.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from crosscloud.plugins.simulated.schema import Description, describe
from policy.rules import RULES
from policy.rules.openings import API_PORT, GKE_PORT, SSH_PORT, openings
from policy.rules.rule import Known, ResourceRule
from policy.rules.secrets import PATTERNS, in_the_clear
from tests.components.security.program import API, OWNER, SECRETS, SSH, Program

Findings = Iterator[str]
Check = Callable[[str, Program], Findings]
_DOORS = {"gke": GKE_PORT}
#: The cluster's own networks in the programs, and the address that the test double gives to Azure's NAT gateway.
_KNOWN = Known(api=frozenset(API), inside=frozenset({"10.0.0.0/16", "198.51.100.8/32"}))
_WITH_SSH = Known(api=_KNOWN.api, ssh=frozenset(SSH), inside=_KNOWN.inside)


def rule(name: str, known: Known = _KNOWN) -> Check:
    """Return the check of one of the pack's rules about resources."""
    (found,) = (each for each in RULES if each.name == name and isinstance(each, ResourceRule))

    def check(_cloud: str, made: Program) -> Findings:
        for one in made.made:
            if found.concerns(one.type):
                yield from found.check(one, known)

    check.__name__ = name
    return check


def _doors_are_open(port: int, networks: tuple[str, ...], made: Program) -> Findings:
    found = {opening.source for one in made.made for opening in openings(one) if opening.opens(port)}
    yield from (f"{source} may not reach port {port}" for source in sorted(set(networks) - found))


def api_is_open_to_the_configured_networks(cloud: str, made: Program) -> Findings:
    """Yield the configured networks that may not reach the API."""
    return _doors_are_open(_DOORS.get(cloud, API_PORT), API, made)


def port_22_is_open_to_the_configured_networks(_cloud: str, made: Program) -> Findings:
    """Yield the configured networks that may not reach port 22."""
    return _doors_are_open(SSH_PORT, SSH, made)


_TAG_WORDS = ("tags", "labels", "resourceLabels")
#: What takes no tags of ours by that name: Google's network tags, and labels of Kubernetes itself.
_NOT_TAGS = {("gcp", "tags"), ("gcp:container", "labels")}


def everything_that_takes_tags_has_them(_cloud: str, made: Program) -> Findings:
    """Yield what takes tags or labels, by its SDK class, in any of its blocks that are there, and lacks ours."""
    for one in made.made:
        if one.sdk:
            description = describe(one.sdk)
            for path, value in _taggable(description, description.inputs, one.props, one.type):
                if OWNER not in json.dumps(value):
                    yield f"{one}: {path or '.'}"


def _taggable(
    description: Description, of: Mapping[str, Any], inputs: Any, token: str, path: str = ""
) -> Iterator[Any]:
    for name, shape in of["properties"].items():
        where = f"{path}.{name}" if path else name
        if name in _TAG_WORDS and not any(token.startswith(start) and name == word for start, word in _NOT_TAGS):
            yield where, inputs.get(name)
        kind, inner = (shape[0], shape[1]) if isinstance(shape, list) else ("", None)
        for element in _present(inputs.get(name), kind):
            block = inner[1] if kind == "list" and isinstance(inner, list) else inner
            # What only names another resource by its id has that one's type, and takes no tags.
            if isinstance(block, str) and block in description.objects and not _names_another(element):
                yield from _taggable(description, description.objects[block], element, token, where)


def _names_another(element: Any) -> bool:
    return not isinstance(element, dict) or "id" in element


def _present(value: Any, kind: str) -> list[Any]:
    return value if kind == "list" and isinstance(value, list) else [value] if value is not None else []


#: What secrets look like, those of the test doubles too.
_SECRETS = (*PATTERNS, ("a secret", re.compile("|".join(map(re.escape, SECRETS)))))


def no_secret_is_in_plain_sight(_cloud: str, made: Program) -> Findings:
    """Yield inputs of the cloud that hold a secret, as it is or in base64, and are not secret themselves.

    What resources of our own give is secret to the engine, and not to its test double.
    """
    for one in made.made:
        if one.sdk:
            yield from (f"{one}: {found}" for found in in_the_clear(one.shown, _SECRETS))


def the_kubeconfig_is_secret(_cloud: str, made: Program) -> Findings:
    """Yield the kubeconfig if the program's output of it is not secret."""
    if not made.kubeconfig_is_secret:
        yield "the kubeconfig"


ALL = ("aws", "azure", "gce", "gke", "packet")
MACHINES = ("aws", "azure", "gce", "packet")


def _with_their_clouds(known: Known, leaving_out: tuple[str, ...]) -> Iterator[tuple[Check, tuple[str, ...]]]:
    """Yield the pack's rules about clouds' resources, with the clouds that each looks at."""
    for each in RULES:
        if isinstance(each, ResourceRule) and each.name not in leaving_out and set(each.clouds) & set(ALL):
            yield rule(each.name, known), tuple(cloud for cloud in each.clouds if cloud in ALL)


#: What a stack's file has to ask for, what only helm's releases show, and what is looked at below.
_NOT_HERE = (
    "azure-encryption-at-host",
    "charts-pinned",
    "charts-restrict-pods",
    "inputs-hide-secrets",
    "pods-restricted",
    "services-inside",
)
#: Each line of the checklist with the clouds that it is about.
LINES: tuple[tuple[Check, tuple[str, ...]], ...] = (
    *_with_their_clouds(_KNOWN, _NOT_HERE),
    (api_is_open_to_the_configured_networks, ALL),
    (everything_that_takes_tags_has_them, ALL),
    (no_secret_is_in_plain_sight, ALL),
    (the_kubeconfig_is_secret, ALL),
)
WITH_SSH: tuple[tuple[Check, tuple[str, ...]], ...] = (
    (port_22_is_open_to_the_configured_networks, MACHINES),
    (rule("ssh-for-configured-networks", _WITH_SSH), MACHINES),
    (rule("nothing-else-open", _WITH_SSH), ("aws", "azure", "gce")),
    (rule("azure-no-passwords", _WITH_SSH), ("azure",)),
)
