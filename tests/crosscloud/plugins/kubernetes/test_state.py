"""What is kept of an object, and what counts as a change of it."""

import base64

import pytest

from crosscloud.plugins.base import UNKNOWN, Values
from crosscloud.plugins.kubernetes import naming, settings, state
from crosscloud.plugins.kubernetes.replacement import replaces

LIVE = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "uid": "1", "labels": {"a": "b"}},
    "spec": {"replicas": 3, "template": {"limits": {"cpu": "1"}, "ports": [{"port": 80, "protocol": "TCP"}]}},
}


@pytest.mark.parametrize(
    ("one", "other"),
    [("1000m", 1), ("1Gi", "1024Mi"), (8080, "8080"), ({}, None), ([], None), ("0.5", "500m"), (2, 2.0), ("1k", 1000)],
)
def test_what_means_the_same_is_no_change(one: object, other: object) -> None:
    assert state.same(one, other)
    assert state.same(other, one)


@pytest.mark.parametrize(("one", "other"), [("1Gi", "1G"), (1, True), ("a", "b"), ("", None), (0, None), ("1", "2")])
def test_what_means_something_else_is_a_change(one: object, other: object) -> None:
    assert not state.same(one, other)


def test_the_inputs_are_found_again_in_the_live_object_in_their_own_words() -> None:
    asked = {
        "metadata": {"name": "web"},
        "spec": {"replicas": 3, "template": {"limits": {"cpu": "1000m"}, "ports": [{"port": "80"}]}},
    }
    assert state.prune(LIVE, asked) == asked


def test_a_drift_shows_the_live_value() -> None:
    assert state.prune(LIVE, {"spec": {"replicas": 1}}) == {"spec": {"replicas": 3}}
    assert state.prune(LIVE, {"metadata": {"labels": {"a": "b", "gone": "x"}}}) == {"metadata": {"labels": {"a": "b"}}}


def test_a_secrets_text_is_compared_with_what_the_server_made_of_it() -> None:
    live = {"data": {"word": base64.b64encode(b"sesame").decode()}}
    assert state.prune(live, {"stringData": {"word": "sesame"}}) == {"stringData": {"word": "sesame"}}
    assert state.prune(live, {"stringData": {"word": "other"}}) == {"stringData": {"word": "sesame"}}


def test_a_secret_given_as_text_and_as_data_is_the_same() -> None:
    encoded = {"data": {"word": base64.b64encode(b"sesame").decode()}}
    assert state.same_secret(encoded, {"stringData": {"word": "sesame"}})
    assert not state.same_secret(encoded, {"stringData": {"word": "other"}})
    assert not state.same_secret(encoded, {"stringData": {"word": UNKNOWN}})


def test_the_state_has_the_keys_of_pulumis_own_plugin() -> None:
    outputs = state.checkpoint(Values({"spec": {"replicas": 3}}), LIVE, "apps/v1", "pulumi-kubernetes-1")
    assert outputs["__inputs"] == {"spec": {"replicas": 3}}
    assert outputs["__initialApiVersion"] == "apps/v1"
    assert outputs["__fieldManager"] == "pulumi-kubernetes-1"
    assert outputs["metadata"]["uid"] == "1"


def test_all_that_a_secret_holds_is_secret_in_each_of_its_places() -> None:
    live = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"word": "eA=="}}
    outputs = state.checkpoint(Values({"stringData": {"word": "x"}}), live, "v1", "m")
    assert outputs.is_secret("data", "word")
    assert outputs.is_secret("__inputs", "stringData", "word")
    assert not outputs.is_secret("metadata")


def test_a_secret_input_of_any_kind_is_secret_in_the_live_object_and_the_inputs() -> None:
    inputs = Values({"data": {"k": "hidden"}}, {("data", "k")})
    outputs = state.checkpoint(inputs, {"kind": "ConfigMap", "data": {"k": "hidden"}}, "v1", "m")
    assert outputs.is_secret("data", "k")
    assert outputs.is_secret("__inputs", "data", "k")


def test_schema_keys_that_sdks_cant_write_are_translated() -> None:
    values = {"x_kubernetes_int_or_string": True, "other_key": 1}
    assert state.to_object(values) == {"x-kubernetes-int-or-string": True, "other_key": 1}
    assert state.from_object(state.to_object(values)) == values


@pytest.mark.parametrize(
    ("kind", "changed", "replacing"),
    [
        (("apps/v1", "Deployment"), "spec.replicas", False),
        (("apps/v1", "Deployment"), "spec.selector.matchLabels.app", True),
        (("v1", "ConfigMap"), "data.k", True),
        (("v1", "ConfigMap"), "metadata.labels.k", False),
        (("v1", "Secret"), "stringData", True),
        (("v1", "Pod"), "spec.containers[0].image", False),
        (("v1", "Pod"), "spec.containers[0].command[0]", True),
        (("v1", "Service"), "metadata.name", True),
        (("example.org/v1", "Pod"), "spec.anything", False),
    ],
)
def test_only_what_cant_be_changed_in_place_is_replaced(kind: tuple[str, str], changed: str, replacing: bool) -> None:
    found = replaces(kind, {}, [changed], settings.read({}), patch=False)
    assert found == ([changed] if replacing else [])


def test_a_config_map_is_changed_in_place_where_the_provider_says_so() -> None:
    chosen = settings.read({"enableConfigMapMutable": "true"})
    assert replaces(("v1", "ConfigMap"), {}, ["data.k"], chosen, patch=False) == []
    assert replaces(("v1", "ConfigMap"), {"immutable": True}, ["data.k"], chosen, patch=False) == ["data.k"]


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("kubernetes:core/v1:Namespace", ("v1", "Namespace")),
        ("kubernetes:apps/v1:Deployment", ("apps/v1", "Deployment")),
        ("kubernetes:core/v1:NodePatch", ("v1", "Node")),
        ("kubernetes:example.org/v1:Thing", ("example.org/v1", "Thing")),
    ],
)
def test_a_type_token_names_a_kind(token: str, kind: tuple[str, str]) -> None:
    assert naming.kind_of(token, {}) == kind


def test_a_resource_always_owns_its_fields_under_the_same_name() -> None:
    assert naming.field_manager("urn:a") == naming.field_manager("urn:a") != naming.field_manager("urn:b")
    assert naming.random_hex(b"seed") == naming.random_hex(b"seed")
    assert naming.random_hex(b"") != naming.random_hex(b"")
