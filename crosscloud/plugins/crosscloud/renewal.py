"""Renewing the administrator's certificate by the cluster's own certificates API."""

import base64
import time
from typing import Any

import yaml

from crosscloud.plugins.base import PluginError
from crosscloud.plugins.crosscloud.api import client
from crosscloud.plugins.crosscloud.credentials import signed_request

_PATIENCE = 30.0


def renew(config: str, cluster_name: str, key: str) -> tuple[str, str]:
    """Return the CA and a fresh certificate for ``key``; made, approved and read with the kubeconfig still valid."""
    from kubernetes.client import CertificatesV1Api

    api: Any = CertificatesV1Api(client(config))
    name = f"crosscloud-administrator-{int(time.time())}"
    api.create_certificate_signing_request(
        {
            "metadata": {"name": name},
            "spec": {
                "request": base64.b64encode(_request(cluster_name, key)).decode(),
                "signerName": "kubernetes.io/kube-apiserver-client",
                "expirationSeconds": 365 * 86400,
                "usages": ["digital signature", "key encipherment", "client auth"],
            },
        }
    )
    approval = {"type": "Approved", "status": "True", "reason": "RenewedByAdministrator"}
    api.patch_certificate_signing_request_approval(name, {"status": {"conditions": [approval]}})
    certificate = _issued(api, name)
    ca = yaml.safe_load(config)["clusters"][0]["cluster"]["certificate-authority-data"]
    return base64.b64decode(ca).decode(), certificate


def _issued(api: Any, name: str) -> str:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        issued = api.read_certificate_signing_request(name).status.certificate
        if issued:
            return base64.b64decode(issued).decode()
        time.sleep(0.2)
    raise PluginError(f"the cluster approved {name} but did not issue the certificate within {_PATIENCE:.0f} s")


def _request(cluster_name: str, key: str) -> bytes:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return signed_request(cluster_name, load_pem_private_key(key.encode(), None)).encode()
