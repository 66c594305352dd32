"""Who is logged in at a registry: what `docker login`, `crane auth login` and GitLab's runners keep.

That is ``auths`` in ``config.json`` of ``$DOCKER_CONFIG`` (``~/.docker``), or in the variable ``DOCKER_AUTH_CONFIG``,
which GitLab's runners read: docs.gitlab.com/ci/docker/using_docker_images (determine your DOCKER_AUTH_CONFIG data).
Credential helpers are programs of a desktop, and not asked.
"""

import base64
import binascii
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

#: The name that Docker keeps its own registry's credentials under.
_DOCKER_HUB = {"registry-1.docker.io": "https://index.docker.io/v1/"}


def basic(host: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the value of an ``Authorization`` header for a registry (``host:port``), or ``None`` for nobody."""
    for document in _documents(environment):
        auths = document.get("auths")
        if not isinstance(auths, dict):
            continue
        for name in (host, f"https://{host}", _DOCKER_HUB.get(host, host)):
            entry = auths.get(name)
            kept = entry.get("auth") if isinstance(entry, dict) else None
            if isinstance(kept, str) and _is_pair(kept):
                return f"Basic {kept}"
    return None


def _documents(environment: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    folder = environment.get("DOCKER_CONFIG") or Path(environment.get("HOME", "/"), ".docker")
    file = Path(folder, "config.json")
    for text in (environment.get("DOCKER_AUTH_CONFIG"), _read(file)):
        try:
            document = json.loads(text or "{}")
        except ValueError:
            continue  # its owner's tools say so; here it is as good as none
        if isinstance(document, dict):
            yield document


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _is_pair(text: str) -> bool:
    try:
        return b":" in base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
