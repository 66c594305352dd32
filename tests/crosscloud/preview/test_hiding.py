"""No secret in what is shown, wherever it comes from."""

import base64
import json
from typing import Any

import pytest

from crosscloud.preview import diff, note
from crosscloud.preview.hiding import Hiding, in_state, pieces
from crosscloud.preview.model import SECRET

from . import recorded

PASSWORD = "correct-horse-battery"
SIGNATURE = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
STATE = {
    "resources": [
        {"outputs": {"password": {**SIGNATURE, "plaintext": json.dumps(PASSWORD)}, "port": 6443}},
        {
            "inputs": {
                "list": [{"deep": {**SIGNATURE, "plaintext": json.dumps({"key": ["another-secret-1"], "on": True})}}]
            }
        },
    ]
}


def test_every_secret_of_a_state_is_found() -> None:
    assert set(in_state(STATE)) == {PASSWORD, "another-secret-1"}


def test_what_the_state_also_holds_in_the_clear_is_no_secret() -> None:
    """A secret may be a whole structure, such as a chart's values; to hide the names in it would hide everything."""
    values = json.dumps({"image": "registry.cncf.ci/coredns/coredns", "password": PASSWORD})
    state = {"resources": [{"inputs": {"i": "registry.cncf.ci/coredns/coredns:v1"}, "outputs": {**SIGNATURE}}]}
    state["resources"][0]["outputs"]["plaintext"] = values
    assert in_state(state) == [PASSWORD]


@pytest.mark.parametrize(
    "text",
    [
        f"login with {PASSWORD} failed",
        f'{{"password": "{PASSWORD}"}}',
        f"Authorization: Basic {base64.b64encode(PASSWORD.encode()).decode()}",
        f"postgres://user:{PASSWORD}@host",
    ],
)
def test_a_known_secret_is_hidden_in_whatever_form_it_is_repeated(text: str) -> None:
    shown = Hiding(in_state(STATE))(text)
    assert PASSWORD not in shown
    assert SECRET in shown


def test_a_line_of_a_longer_secret_is_hidden_and_what_any_file_has_is_not() -> None:
    kubeconfig = (
        "apiVersion: v1\nclient-key-data: " + "QUJD" * 20 + "\nserver: https://api.example.com:6443/with/a/path\n"
    )
    hidden = Hiding(pieces(kubeconfig))
    assert "QUJDQUJD" not in hidden(f"cannot parse {'QUJD' * 20} at line 2")
    assert hidden("apiVersion: v1 of https://api.example.com:6443/with/a/path") == (
        "apiVersion: v1 of https://api.example.com:6443/with/a/path"
    )


def test_short_values_stay_what_they_are() -> None:
    assert Hiding(["true", "6443"])("port 6443 is true") == "port 6443 is true"


@pytest.mark.parametrize(
    "secret",
    [
        "glpat-" + "a1B2" * 5,
        "AKIA" + "ABCD" * 4,
        "ghp_" + "a1B2" * 9,
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln",
        "abcdef.0123456789abcdef",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
        "pul-" + "0a" * 20,
    ],
)
def test_what_looks_like_a_credential_is_hidden_though_nothing_knows_it(secret: str) -> None:
    assert Hiding()(f"before {secret} after") == f"before {SECRET} after"


@pytest.mark.parametrize("text", ["ci-v1.15.0.8bc59426.0", "sha256:" + "ab" * 32, "i-4ffc775a53de2baef", "10.96.0.10"])
def test_what_only_resembles_one_stays(text: str) -> None:
    assert Hiding()(text) == text


def _leaking() -> list[dict[str, Any]]:
    """Return genuine events with a secret put into inputs, outputs, the old state, names of keys, and diagnostics."""
    raw = recorded.events("packet-control-plane-larger")
    for event in raw:
        metadata = (event.get("resourcePreEvent") or event.get("resOutputsEvent") or {}).get("metadata") or {}
        for side in ("old", "new"):
            state = metadata.get(side)
            if state:
                state["inputs"] = {**state.get("inputs", {}), "plan": f"{PASSWORD}-{side}", PASSWORD: 1}
                state["outputs"] = {**state.get("outputs", {}), "endpoint": f"https://{PASSWORD}@{side}"}
    for severity in ("error", "warning", "info#err"):
        raw.append(
            {"diagnosticEvent": {"message": f"error: {PASSWORD} is wrong\n", "severity": severity, "color": "never"}}
        )
    raw.append(
        {
            "policyEvent": {
                "message": f"secret in the clear\n{PASSWORD}",
                "policyName": "p",
                "enforcementLevel": "mandatory",
                "color": "never",
                "policyPackName": "",
                "policyPackVersion": "",
                "policyPackVersionTag": "",
            }
        }
    )
    return raw


def test_no_secret_is_in_a_note_or_in_the_whole_difference() -> None:
    open_ = recorded.of("packet-x", recorded.found(_leaking()))
    assert note.render(open_).count(PASSWORD) > 5, "the events do hold it"
    hidden = recorded.of("packet-x", recorded.found(_leaking(), Hiding(in_state(STATE))))
    for text in (note.render(hidden), diff.text(hidden), repr(hidden)):
        assert PASSWORD not in text
