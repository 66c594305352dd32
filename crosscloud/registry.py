"""Asking a registry what a tag stands for, by the OCI distribution specification.

Anonymously, as anyone may ask, or as who is logged in there (see `registry_login`). Registries on this machine speak
HTTP, all others HTTPS.
"""

import hashlib
import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from http import HTTPStatus
from typing import Any

from crosscloud import registry_login, retry_after
from crosscloud.errors import CrosscloudError
from crosscloud.reference import Reference, is_digest, is_host

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
#: Answers that another try may change, beside all of the server's own faults.
_PASSING = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT)
#: Answers to HEAD of what is before a registry and lets only GET through, or only an address that is signed for GET.
_NO_HEAD = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.NOT_IMPLEMENTED,
)


class RegistryError(CrosscloudError):
    """The registry did not tell. ``passing``: it may at the next try, ``after`` seconds if it says how many."""

    def __init__(self, message: str, *, passing: bool = False, after: float | None = None) -> None:
        self.passing, self.after = passing, after
        super().__init__(message)


class MissingError(RegistryError):
    """The registry answered: it has no such image."""


def ensure_host(registry: str) -> None:
    """Raise `RegistryError` if this is no ``host:port``, but a URL for example."""
    if not is_host(registry):
        raise RegistryError(f"{registry!r} is no registry (host or host:port, as 127.0.0.1:5001)")


def digest(name: str, reference: str, *, registry: str | None = None) -> str:
    """Return the digest (``sha256:…``) of what the image ``name`` is at this tag: of its manifest, or of its index.

    ``registry`` (``host:port``) is asked instead of the host in the name, as a mirror would be. Raises `MissingError`
    if it has no such image, and `RegistryError` if it did not tell. The manifest itself is not fetched unless there is
    no other way: Docker Hub counts that as a pull (docs.docker.com/docker-hub/usage/pulls).
    """
    host, repository = _where(name, registry)
    with _explaining(host, repository, reference):
        return _told(host, repository, reference) or _fetched(host, repository, reference)[0]


def digests(name: str, reference: str, *, registry: str | None = None) -> frozenset[str]:
    """Return every digest that the image ``name`` at this tag or digest is known by; as `digest` in all else.

    These are the digest of what the reference names, of the manifests in it if it is an index for several platforms,
    and of their configurations, which is what a runtime calls the image's id.
    """
    host, repository = _where(name, registry)
    found: set[str] = set()
    waiting = [reference]
    while waiting:
        asked = waiting.pop()
        with _explaining(host, repository, asked):
            digest, manifest = _fetched(host, repository, asked)
        found |= {digest, manifest.get("config", {}).get("digest", digest)}
        # Attestations are listed as images of an unknown platform; nothing runs them.
        listed = [e["digest"] for e in manifest.get("manifests", []) if e.get("platform", {}).get("os") != "unknown"]
        waiting += [each for each in listed if each not in found]
    return frozenset(found)


def _where(name: str, registry: str | None) -> tuple[str, str]:
    parsed = Reference(name)
    if registry:
        ensure_host(registry)
        return registry, parsed.repository
    if parsed.registry in ("", "docker.io", "index.docker.io"):
        repository = parsed.repository
        return DOCKER_HUB, repository if "/" in repository else f"library/{repository}"
    return parsed.registry, parsed.repository


def _told(host: str, repository: str, reference: str) -> str | None:
    """Return the digest as the registry tells it, without the manifest; ``None`` if it does not."""
    try:
        headers, _ = _ask("HEAD", host, repository, reference)
    except urllib.error.HTTPError as error:
        if error.code in _NO_HEAD:
            return None
        raise
    told = str(headers.get("Docker-Content-Digest", ""))
    return told if is_digest(told) else None


def _fetched(host: str, repository: str, reference: str) -> tuple[str, dict[str, Any]]:
    _, body = _ask("GET", host, repository, reference)
    return f"sha256:{hashlib.sha256(body).hexdigest()}", _document(body)


def _ask(method: str, host: str, repository: str, reference: str) -> tuple[Message, bytes]:
    scheme = "http" if host.rpartition(":")[0] in LOOPBACK or host in LOOPBACK else "https"
    url = f"{scheme}://{host}/v2/{repository}/manifests/{reference}"
    headers = {"Accept": ", ".join(MANIFESTS)}
    try:
        return _request(method, url, headers)
    except urllib.error.HTTPError as error:
        if error.code != HTTPStatus.UNAUTHORIZED:
            raise
        return _request(method, url, headers, _authorization(host, error.headers))


@contextmanager
def _explaining(host: str, repository: str, reference: str) -> Iterator[None]:
    """Turn what goes wrong in the block into a `RegistryError`."""
    try:
        yield
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise _explained(error, host, repository, reference) from None


def _explained(error: Exception, host: str, repository: str, reference: str) -> RegistryError:
    status = error.code if isinstance(error, urllib.error.HTTPError) else None
    if status == HTTPStatus.NOT_FOUND:
        joint = "@" if ":" in reference else ":"
        return MissingError(f"{host} has no {repository}{joint}{reference}")
    cause = getattr(error, "reason", error)
    reason = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        reason = f"{reason}; is it private? `docker login {host}` keeps credentials that are used here too"
    after = retry_after.seconds(error.headers) if isinstance(error, urllib.error.HTTPError) else None
    if status == HTTPStatus.TOO_MANY_REQUESTS and after is not None:
        reason = f"{reason}, for {max(after, 0):.0f} s"
    unanswered = status is None and not isinstance(error, ValueError)
    passing = unanswered or status in _PASSING or (status or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR
    return RegistryError(f"{host} can't be asked about {repository}: {reason}", passing=passing, after=after)


def _authorization(host: str, headers: Message) -> str:
    """Return what the registry's challenge asks for: the credentials, or the token that it gives for them."""
    challenge = headers.get("WWW-Authenticate", "")
    known = registry_login.basic(host)
    parts = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    if not challenge.lower().startswith("bearer ") or "realm" not in parts:
        if known is None:
            raise ValueError(f"it wants credentials; `docker login {host}` keeps some that are used here too")
        return known
    query = urllib.parse.urlencode({k: parts[k] for k in ("service", "scope") if k in parts})
    _, body = _request("GET", f"{parts['realm']}?{query}", {}, known)
    answer = _document(body)
    return f"Bearer {answer.get('token') or answer.get('access_token')}"


def _document(body: bytes) -> dict[str, Any]:
    """Return what a registry answers; what is none, or has a login page before it, answers with something else."""
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise ValueError(
            "its answer is not a registry's; is the name of its host right, and is no login page before it?"
        )
    return document


def _request(method: str, url: str, headers: dict[str, str], authorization: str | None = None) -> tuple[Message, bytes]:
    if not url.startswith(("https://", *(f"http://{host}{end}" for host in LOOPBACK for end in ":/"))):
        raise ValueError(f"{url.partition('?')[0]} is neither HTTPS nor on this machine")
    request = urllib.request.Request(url, headers=headers, method=method)  # noqa: S310 - the scheme is checked above
    if authorization:
        request.add_unredirected_header("Authorization", authorization)  # it is this host's, not another's
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
        return answer.headers, answer.read()
