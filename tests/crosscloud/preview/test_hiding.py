"""No secret in what is shown, wherever it comes from."""

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest

from crosscloud.preview import diff, note
from crosscloud.preview.hiding import Hiding
from crosscloud.preview.known_secrets import in_settings, in_state, pieces
from crosscloud.preview.model import SECRET, UNKNOWN

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
        base64.b64encode(f"user:{PASSWORD}".encode()).decode(),
        base64.urlsafe_b64encode(f"a user:{PASSWORD}\n".encode()).decode(),
    ],
)
def test_a_known_secret_is_hidden_in_whatever_form_it_is_repeated(text: str) -> None:
    shown = Hiding(in_state(STATE))(text)
    assert PASSWORD not in shown
    assert SECRET in shown
    for word in (part for part in shown.replace("=", " ").split() if len(part) % 4 == 0 and part.isalnum()):
        assert b"horse" not in base64.b64decode(word)


@pytest.mark.parametrize("secret", ["p@ss/w&rd<1>é", 'say "friend"', "two\nlines of it"])
def test_a_secret_is_hidden_however_it_is_quoted(secret: str) -> None:
    go = json.dumps(secret, ensure_ascii=False).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    for form in (json.dumps(secret), json.dumps(secret, ensure_ascii=False), go, f'"{quote(secret, safe="")}"'):
        assert Hiding([secret])(f"is {form}") == f'is "{SECRET}"'


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
        base64.b64encode(b"-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\n").decode(),
    ],
)
def test_what_looks_like_a_credential_is_hidden_though_nothing_knows_it(secret: str) -> None:
    assert Hiding()(f"before {secret} after") == f"before {SECRET} after"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("dial https://admin:hunter22@db:5432: refused", f"dial https://admin:{SECRET}@db:5432: refused"),
        ("dial mysql://root:p@ss@db/x@y: refused", f"dial mysql://root:{SECRET}@db/x@y: refused"),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG+x is unknown", f"AWS_SECRET_ACCESS_KEY={SECRET} is unknown"),
        ('{"token":"hunter22","user":"x"}', f'{{"token":"{SECRET}","user":"x"}}'),
        ("login --password hunter22 --user x", f"login --password {SECRET} --user x"),
        ("adminPassword: hunter22\nuser: x", f"adminPassword: {SECRET}\nuser: x"),
        (f"Authorization: Bearer {'Ab1.' * 8}", f"Authorization: Bearer {SECRET}"),
        ("token: it is expired; the secret: none", "token: it is expired; the secret: none"),
    ],
)
def test_what_a_text_calls_a_credential_is_hidden(text: str, shown: str) -> None:
    assert Hiding()(text) == shown


@pytest.mark.parametrize(
    "value",
    [
        {"adminPassword": "hunter22"},
        {"server": {"env": [{"name": "DB_PASSWORD", "value": "hunter22"}]}},
        {"kind": "Secret", "data": {"any": "aHVudGVyMjI="}, "stringData": {"other": "hunter22"}},
        {"set": [{"name": "grafana.apiToken", "value": "hunter22"}]},
    ],
)
def test_values_whose_names_say_that_they_are_credentials_are_hidden(value: dict[str, Any]) -> None:
    shown = json.dumps(Hiding()(value))
    assert "hunter22" not in shown
    assert "aHVudGVyMjI" not in shown
    assert SECRET in shown


@pytest.mark.parametrize(
    "value",
    [
        {"existingSecret": "grafana", "secretName": "tls", "httpTokens": "required"},
        {"secret": {"secretName": "tls"}, "password": "", "token": UNKNOWN, "imagePullSecret": "registry"},
        {"kind": "ConfigMap", "data": {"Corefile": ".:53"}},
        {"env": [{"name": "HOME", "value": "/root"}]},
    ],
)
def test_what_only_refers_to_one_stays(value: dict[str, Any]) -> None:
    assert Hiding()(value) == value


def test_nested_settings_are_secret_but_for_what_the_file_holds_in_the_clear() -> None:
    whole = {"roles": [{"arn": "arn:aws:iam::1:role/deploy", "externalId": PASSWORD}]}
    settings = {
        "aws:assumeRole": {"value": json.dumps(whole), "objectValue": whole, "secret": True},
        "aws:region": {"value": "us-east-1", "secret": False},
    }
    file = "  aws:assumeRole:\n    roles:\n    - arn: arn:aws:iam::1:role/deploy\n      externalId: {secure: v1:x}\n"
    found = in_settings(settings, file)
    assert PASSWORD in found
    assert "arn:aws:iam::1:role/deploy" not in found
    assert Hiding(found)(f"no {PASSWORD} for arn:aws:iam::1:role/deploy in us-east-1") == (
        f"no {SECRET} for arn:aws:iam::1:role/deploy in us-east-1"
    )


@pytest.mark.parametrize(
    "text",
    [
        "ci-v1.15.0.8bc59426.0",
        "sha256:" + "ab" * 32,
        "i-4ffc775a53de2baef",
        "10.96.0.10",
        "https://api.example.com:6443/a@b",
        base64.b64encode(b"-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ\n").decode(),
    ],
)
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
    open_ = recorded.of(recorded.found(_leaking()))
    assert note.render(open_).count(PASSWORD) > 5, "the events do hold it"
    hidden = recorded.of(recorded.found(_leaking(), Hiding(in_state(STATE))))
    for text in (note.render(hidden), diff.text(hidden), repr(hidden)):
        assert PASSWORD not in text
