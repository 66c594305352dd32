"""The rules by themselves: what is not known yet, and what the SDKs name otherwise, is never passed over."""

import contextlib
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError, unknown_checking_proxy

from policy import pack
from policy.rules import RULES, access
from policy.rules.rule import Known, Resource, ResourceRule
from tests.policy.broken import broken, rule_of

KNOWN = Known(api=frozenset({"203.0.113.7/32", "0.0.0.0/0"}), ssh=frozenset({"203.0.113.9/32"}))
BY_RESOURCE = {rule.name: rule for rule in RULES if isinstance(rule, ResourceRule)}
#: The SDK of each of Pulumi's packages.
SDKS = {"aws", "azure-native", "gcp", "kubernetes", "equinix-metal"}
#: What holds names of the user's own, or a document of another language than the SDK's.
FREE = {"values", "metadata", "policy"}


def found(rule: str, type_: str, props: dict[str, Any]) -> list[str]:
    """Return what a rule finds in a resource, of whose values some may be unknown."""
    one = Resource(type_, "x", unknown_checking_proxy(props), props)
    left_to_the_stack = access.single_addresses_are_the_stacks_own([one], KNOWN)
    return [*BY_RESOURCE[rule].check(one, KNOWN), *(text for _, text in left_to_the_stack)]


def _with_an_unknown(value: Any) -> Iterator[Any]:
    """Yield the value once for each place in it, where something unknown stands instead."""
    yield UNKNOWN_STRING_VALUE
    if isinstance(value, dict):
        yield from ({**value, key: other} for key in value for other in _with_an_unknown(value[key]))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from ([*value[:index], other, *value[index + 1 :]] for other in _with_an_unknown(each))


#: Rules that go by what is shown: an account that is not known yet is one that the stack makes, and other values are
#: looked at in the update, before the resource is made.
_BY_WHAT_IS_SHOWN = {"google-accounts-own", "google-disks-without-raw-keys", "inputs-hide-secrets"}


@pytest.mark.parametrize("name", [name for name in broken() if rule_of(name) in BY_RESOURCE.keys() - _BY_WHAT_IS_SHOWN])
def test_what_is_not_known_before_an_update_lets_no_break_pass(name: str) -> None:
    type_, props = broken()[name]["type"], broken()[name]["props"]
    accounts = {key: props[key] for key in ("members",) if key in props}  # whose they are the stack itself makes
    for unknown in _with_an_unknown({key: props[key] for key in props.keys() - accounts}):
        if isinstance(unknown, dict):
            # Otherwise the engine says that it can't be told before the update, or that it can't be judged.
            with contextlib.suppress(UnknownValueError, *pack.STRANGE):
                assert found(rule_of(name), type_, {**unknown, **accounts}), unknown


@cache
def _sdk(package: str) -> Path:
    spec = find_spec(f"pulumi_{package.replace('-', '_')}")
    assert spec
    assert spec.origin
    return Path(spec.origin).parent


@cache
def _tokens(package: str) -> frozenset[str]:
    """Return the types of an SDK's resources, as it registers them."""
    text = (_sdk(package) / "__init__.py").read_text()
    return frozenset(re.findall(rf'"({package}:[^"\s]+:\w+)": "', text))


@pytest.mark.parametrize("package", sorted(SDKS))
def test_every_type_that_is_looked_at_is_one_of_the_installed_sdk(package: str) -> None:
    looked_at = {token for rule in BY_RESOURCE.values() for token in rule.types}
    looked_at |= {each["type"] for each in broken().values() if "type" in each}
    ours = {token for token in looked_at if token.startswith(f"{package}:")}
    assert ours
    assert {token for token in ours if "*" not in token} <= _tokens(package)


def test_every_pattern_of_types_is_that_of_a_resource() -> None:
    tokens = frozenset().union(*map(_tokens, SDKS))
    for rule in BY_RESOURCE.values():
        for pattern in rule.types:
            alone = ResourceRule("", 0, rule.level, (), "", "", types=(pattern,), check=rule.check)
            assert any(map(alone.concerns, tokens)), pattern


@cache
def _names(package: str, folder: str, kind: str) -> frozenset[str]:
    """Return the names of a resource's inputs, in small letters, with those of all blocks of its part of the SDK."""
    files = (_sdk(package) / folder).glob("*.py")
    of_kind = [file for file in files if file.stem.replace("_", "").lower() in ("inputs", kind.lower())]
    if package == "kubernetes":
        of_kind += _sdk(package).glob("core/v1/_inputs.py")  # pods, whatever they are made by
    texts = (file.read_text() for file in of_kind)
    names = {name for text in texts for name in re.findall(r'pulumi\.set\(__self__, "(\w+)"', text)}
    return frozenset(name.replace("_", "").lower() for name in names)


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (inner for key in value for inner in (key, *(() if key in FREE else _keys(value[key]))))
    elif isinstance(value, list):
        yield from (key for each in value for key in _keys(each))


@pytest.mark.parametrize("name", [name for name, each in broken().items() if "type" in each])
def test_what_breaks_a_rule_is_written_as_the_sdk_has_it(name: str) -> None:
    package, module, kind = broken()[name]["type"].split(":")
    folder = module.rpartition("/")[0] if package in ("aws", "gcp", "equinix-metal") else module
    folder = folder.removeprefix("index").replace(".sh", "")
    missing = {key for key in _keys(broken()[name]["props"]) if key.lower() not in _names(package, folder, kind)}
    assert not missing


def _policy(**statement: Any) -> dict[str, Any]:
    return {"policy": {"Statement": [{"Effect": "Allow", **statement}]}}


NARROW: list[tuple[str, str, dict[str, Any]]] = [
    ("nothing-else-open", "aws:lb/loadBalancer:LoadBalancer", {"loadBalancerType": "network", "internal": True}),
    ("nothing-else-open", "gcp:compute/firewall:Firewall", {"allows": [{"protocol": "all"}], "sourceTags": ["a"]}),
    (
        "nothing-else-open",
        "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule",
        {"direction": "INGRESS", "action": "deny", "match": {"layer4Configs": [{"ipProtocol": "all"}]}},
    ),
    ("identities-narrow", "aws:iam/policy:Policy", _policy(Action=["ec2:Describe*"], Resource="*")),
    ("identities-narrow", "aws:iam/policy:Policy", _policy(Action="s3:*", Resource="arn:aws:s3:::one/*")),
    ("identities-narrow", "azure-native:authorization:RoleDefinition", {"permissions": [{"actions": ["*/read"]}]}),
    (
        "identities-narrow",
        "azure-native:authorization:RoleDefinition",
        {"permissions": [{"actions": ["Microsoft.Compute/disks/read"], "notActions": ["*"]}]},
    ),
    ("google-accounts-own", "gcp:compute/instance:Instance", {"machineType": "e2-small"}),
    ("google-accounts-own", "gcp:compute/instance:Instance", {"serviceAccount": {"email": UNKNOWN_STRING_VALUE}}),
    ("services-inside", "kubernetes:core/v1:Service", {"spec": {"type": "ClusterIP"}}),
    ("inputs-hide-secrets", "gcp:compute/address:Address", {"name": "global-address-of-the-users-of-one"}),
    ("inputs-hide-secrets", "aws:ec2/launchTemplate:LaunchTemplate", {"metadataOptions": {"httpTokens": "required"}}),
]


@pytest.mark.parametrize(("rule", "token", "props"), NARROW)
def test_what_is_narrow_is_not_found(rule: str, token: str, props: dict[str, Any]) -> None:
    assert found(rule, token, props) == []


def test_what_a_chart_has_beside_what_is_asked_for_is_found_until_it_is_switched_off() -> None:
    (release,) = filter(_has_node_exporter, broken().values())
    assert found("charts-restrict-pods", release["type"], release["props"]) == [
        f"Release x: it is not known what restricts the pods of {extra}, which is not switched off"
        for extra in ("kube-state-metrics", "prometheus-pushgateway", "configmapReload.prometheus")
    ]
    off = {"enabled": False}
    extras = {"kube-state-metrics": off, "prometheus-pushgateway": off, "configmapReload": {"prometheus": off}}
    props = {**release["props"], "values": {**release["props"]["values"], **extras}}
    assert found("charts-restrict-pods", release["type"], props) == []


def _has_node_exporter(resource: dict[str, Any]) -> bool:
    return "prometheus-node-exporter" in resource.get("props", {}).get("values", {})
