"""Asking a registry what a tag stands for, by the OCI distribution specification; anonymous, as anyone may ask."""

import hashlib
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from email.message import Message
from typing import Any

from crosscloud.e2e.model import NotYet
from crosscloud.reference import Reference

#: Manifests and lists of them, of OCI and of Docker.
MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
#: Docker Hub's names leave out its host, which is not even the one that answers.
DOCKER_HUB = "registry-1.docker.io"
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
TIMEOUT = 10.0


class RegistryError(NotYet):
    """The registry did not tell; it may at the next try."""


def digests(name: str, reference: str, *, registry: str | None = None) -> frozenset[str]:
    """Return every digest that the image ``name`` at this tag or digest is known by.

    These are the digest of what the reference names, of the manifests in it if it is an index for several platforms,
    and of their configurations, which is what a runtime calls the image's id. ``registry`` (``host:port``) is asked
    instead of the host in the name, as a mirror would be.
    """
    host, repository = _where(name, registry)
    digest, manifest = _manifest(host, repository, reference)
    found = {digest, manifest.get("config", {}).get("digest", digest)}
    for entry in manifest.get("manifests", []):
        # Attestations are listed as images of an unknown platform; nothing runs them.
        if entry.get("platform", {}).get("os") != "unknown":
            found.add(entry["digest"])
            found.add(_manifest(host, repository, entry["digest"])[1]["config"]["digest"])
    return frozenset(found)


def _where(name: str, registry: str | None) -> tuple[str, str]:
    parsed = Reference(name)
    if registry:
        return registry, parsed.repository
    if parsed.registry in ("", "docker.io", "index.docker.io"):
        repository = parsed.repository
        return DOCKER_HUB, repository if "/" in repository else f"library/{repository}"
    return parsed.registry, parsed.repository


def _manifest(host: str, repository: str, reference: str) -> tuple[str, dict[str, Any]]:
    scheme = "http" if host.rpartition(":")[0] in LOOPBACK or host in LOOPBACK else "https"
    url = f"{scheme}://{host}/v2/{repository}/manifests/{reference}"
    headers = {"Accept": ", ".join(MANIFESTS)}
    try:
        try:
            body = _fetch(url, headers)
        except urllib.error.HTTPError as error:
            if error.code != 401:  # noqa: PLR2004 - HTTP's "say who you are"
                raise
            body = _fetch(url, {**headers, "Authorization": f"Bearer {_token(error.headers)}"})
        return f"sha256:{hashlib.sha256(body).hexdigest()}", json.loads(body)
    except (OSError, ValueError) as error:
        cause = getattr(error, "reason", error)
        reason = getattr(cause, "strerror", None) or cause
        raise RegistryError(f"{host} can't be asked about {repository}: {reason}") from None


def _token(headers: Message) -> str:
    """Fetch the token that a registry gives to anyone, from where its challenge says."""
    challenge = dict(re.findall(r'(\w+)="([^"]*)"', headers.get("WWW-Authenticate", "")))
    if "realm" not in challenge:
        raise ValueError("it wants credentials")
    query = urllib.parse.urlencode({k: challenge[k] for k in ("service", "scope") if k in challenge})
    answer = json.loads(_fetch(f"{challenge['realm']}?{query}", {}))
    return str(answer.get("token") or answer.get("access_token"))


def _fetch(url: str, headers: dict[str, str]) -> bytes:
    if not url.startswith(("https://", *(f"http://{host}" for host in LOOPBACK))):
        raise ValueError(f"{url.partition('?')[0]} is neither HTTPS nor on this machine")
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the scheme is checked above
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
        body: bytes = answer.read()
    return body
