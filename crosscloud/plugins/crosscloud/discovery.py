"""Finding a new cluster by kubeadm's own means: its public ``cluster-info``, verified with the bootstrap token.

The ConfigMap ``kube-public/cluster-info`` holds a kubeconfig with the cluster's CA, and a signature of it (a detached
JWS, HS256) for each bootstrap token. Whoever knows the token can tell the true document from a forged one, so that the
connection over which it came need not be trusted.
https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/
"""

import base64
import hashlib
import hmac
import json
from typing import Any

import yaml

from crosscloud.errors import CrosscloudError

_TIMEOUT = 5.0


class DiscoveryError(CrosscloudError):
    """The cluster does not answer (yet), or what answers is not the cluster."""


def certificate_authority(endpoint: str, token: str) -> str:
    """Return the PEM of the CA of the cluster at ``endpoint`` (``host:port``); raise `DiscoveryError` otherwise."""
    import urllib3

    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    # The server can't be verified before its CA is known: the signature stands in for that.
    pool = urllib3.PoolManager(cert_reqs="CERT_NONE", timeout=_TIMEOUT, retries=False)
    url = f"https://{endpoint}/api/v1/namespaces/kube-public/configmaps/cluster-info"
    data = _json(pool, url, {}).get("data", {})
    token_id, _, token_secret = token.partition(".")
    signature = data.get(f"jws-kubeconfig-{token_id}")
    if signature is None:
        raise DiscoveryError(f"{endpoint} answers, but its cluster-info is not signed for this cluster's token")
    document = data.get("kubeconfig", "")
    if not _signed(document, signature, token_id, token_secret):
        raise DiscoveryError(f"{endpoint} answers, but the signature of its cluster-info is wrong: not this cluster")
    cluster = yaml.safe_load(document)["clusters"][0]["cluster"]
    return base64.b64decode(cluster["certificate-authority-data"]).decode()


def administrator_certificate(endpoint: str, ca: str, token: str) -> str:
    """Return the PEM of the certificate that the first control plane had signed for the administrator."""
    import ssl

    import urllib3

    pool = urllib3.PoolManager(ssl_context=ssl.create_default_context(cadata=ca), timeout=_TIMEOUT, retries=False)
    url = f"https://{endpoint}/api/v1/namespaces/kube-public/configmaps/crosscloud-administrator"
    found = _json(pool, url, {"Authorization": f"Bearer {token}"})
    return base64.b64decode(found["data"]["certificate"]).decode()


def _signed(document: str, signature: str, token_id: str, secret: str) -> bool:
    header, _, rest = signature.partition(".")
    expected_mac = _decode(rest.partition(".")[2])
    try:
        if json.loads(_decode(header)) != {"alg": "HS256", "kid": token_id}:
            return False
    except ValueError:
        return False
    message = f"{header}.{_encode(document.encode())}".encode()
    return hmac.compare_digest(hmac.digest(secret.encode(), message, hashlib.sha256), expected_mac)


def _json(pool: Any, url: str, headers: dict[str, str]) -> Any:
    import urllib3

    try:
        answer = pool.request("GET", url, headers=headers)
    except urllib3.exceptions.HTTPError as error:
        raise DiscoveryError(f"{url.split('/')[2]} does not answer: {type(error).__name__}") from None
    if answer.status != 200:  # noqa: PLR2004
        raise DiscoveryError(f"{url} answers with status {answer.status}")
    return json.loads(answer.data)


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""
