"""What a cluster and its administrator know each other by."""

import re
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from crosscloud.plugins.base import UNKNOWN, Call, Secret, Values
from crosscloud.plugins.crosscloud.credentials import ClusterCredentials, administrator_request, bootstrap_token

CALL = Call("urn:pulumi:test::crosscloud::crosscloud:index:ClusterCredentials::test")


def test_a_token_is_of_kubeadms_form_and_never_the_same() -> None:
    tokens = {bootstrap_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(re.fullmatch(r"[a-z0-9]{6}\.[a-z0-9]{16}", token) for token in tokens)


def test_the_request_is_the_administrators_and_signed_by_the_key() -> None:
    key, request = administrator_request("demo")
    parsed = x509.load_pem_x509_csr(request.encode())
    assert parsed.is_signature_valid
    assert {a.rfc4514_attribute_name: a.value for a in parsed.subject} == {
        "O": "crosscloud:administrators",
        "CN": "demo-administrator",
    }
    public = [k.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for k in _public_keys(key, parsed)]
    assert public[0] == public[1]


def _public_keys(key: str, request: x509.CertificateSigningRequest) -> list[Any]:
    return [load_pem_private_key(key.encode(), None).public_key(), request.public_key()]


def test_everything_but_the_public_request_is_secret() -> None:
    _, outputs = ClusterCredentials().create(CALL, Values({"clusterName": "demo"}))
    secret = {name for name, value in outputs.items() if isinstance(value, Secret)}
    assert secret == {"bootstrapToken", "certificateKey", "administratorKey"}


def test_a_preview_makes_nothing() -> None:
    preview = Call(CALL.urn, preview=True)
    identifier, outputs = ClusterCredentials().create(preview, Values({"clusterName": "demo"}))
    assert identifier == ""
    assert outputs["bootstrapToken"] is UNKNOWN
