"""``crosscloud:index:ClusterCredentials``: what a new cluster and its administrator are to know each other by.

Made once and kept in the state, encrypted. The certificate authority is not among them: the first control plane makes
its own, and its private key never leaves the control planes.
"""

import secrets
import string
from collections.abc import Mapping
from typing import Any

from crosscloud.bootstrap import ADMINISTRATOR_GROUP
from crosscloud.plugins.base import UNKNOWN, Call, Resource, Secret, Values


class ClusterCredentials(Resource):
    """Inputs: ``clusterName``. Outputs: ``bootstrapToken``, ``certificateKey``, ``administratorKey`` (PEM), all secret,
    and ``administratorRequest`` (PEM), which is public."""

    replace_on = ("*",)

    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make a token of kubeadm's form, a key for kubeadm's encrypted certificates, and a key with its request."""
        if call.preview:
            names = ("bootstrapToken", "certificateKey", "administratorKey", "administratorRequest")
            return "", {**inputs, **dict.fromkeys(names, UNKNOWN)}
        key, request = administrator_request(inputs["clusterName"])
        outputs = {
            **inputs,
            "bootstrapToken": Secret(bootstrap_token()),
            "certificateKey": Secret(secrets.token_hex(32)),
            "administratorKey": Secret(key),
            "administratorRequest": request,
        }
        return f"{inputs['clusterName']}-credentials", outputs

    def read(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> Mapping[str, Any] | None:  # noqa: ARG002
        """Return what the state holds: it exists nowhere else."""
        return outputs

    def delete(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Do nothing: the credentials end with the cluster that knows them."""


def bootstrap_token() -> str:
    """Return a random token of kubeadm's form, ``[a-z0-9]{6}.[a-z0-9]{16}`` (about 83 bits of secret)."""
    alphabet = string.ascii_lowercase + string.digits
    name, secret = ("".join(secrets.choice(alphabet) for _ in range(length)) for length in (6, 16))
    return f"{name}.{secret}"


def administrator_request(cluster_name: str) -> tuple[str, str]:
    """Make a private key (P-256) and a request for the administrator's certificate; return both as PEM."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode(), signed_request(cluster_name, key)


def signed_request(cluster_name: str, key: Any) -> str:
    """Return a request (PEM) for the certificate of the cluster's administrator, signed with a private key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import NameOID

    subject = [(NameOID.ORGANIZATION_NAME, ADMINISTRATOR_GROUP), (NameOID.COMMON_NAME, f"{cluster_name}-administrator")]
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in subject])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()
