"""Keeping secrets out of what is shown of a preview.

The engine hides what it knows to be secret. Beside that, no text may repeat the value of a secret that the stack's
state or configuration holds: a provider's error may well quote one. And what has the form of a credential is hidden
even if nothing knows it.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from crosscloud.preview.model import SECRET

#: Shorter values are words like any other (``true``, ``6443``): to hide them would tell more than it hides.
_SHORTEST = 8
_SIGNATURE = "4dabf18193072939515e22adb298388d"
#: What credentials look like, whoever made them.
_FORMS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\bglpat-[\w-]{20,}|\bgl[a-z]{2,6}-[\w-]{20,}"  # GitLab's tokens
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"  # AWS
    r"|\bgh[pousr]_\w{36,}|\bya29\.[\w-]{20,}|\bAIza[\w-]{35}"  # GitHub, Google
    r"|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+"  # a JSON web token: service accounts, OIDC
    r"|\bpul-[0-9a-f]{40}\b"  # Pulumi
    r"|(?<![\w.-])[a-z0-9]{6}\.[a-z0-9]{16}(?![\w.-])"  # kubeadm's bootstrap tokens
    r"|(?i:(?<=password=)|(?<=password: )|(?<=token=)|(?<=secret=))[^\s,;\"'&]{6,}",
    re.DOTALL,
)


class Hiding:
    """Takes these secrets, in whatever form they may be repeated, and what looks like one out of values and texts."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def __call__(self, value: Any) -> Any:
        """Return the value, a text or plain data, without them."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return {self._text(str(key)): self(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self(each) for each in value]
        return value

    def _text(self, text: str) -> str:
        if self._known:
            text = self._known.sub(SECRET, text)
        return _FORMS.sub(SECRET, text)


def in_state(deployment: Mapping[str, Any]) -> list[str]:
    """Return the secret texts of a state that was exported with its secrets in the clear.

    A secret may be a whole structure, such as the values of a chart, with the names of images and versions in it. What
    the state also holds in the clear is no secret.
    """
    secret: list[str] = []
    clear: list[str] = []
    _part(deployment, secret, clear)
    in_the_clear = "\n".join(clear)
    found = dict.fromkeys(piece for text in secret for piece in pieces(text))
    return [text for text in found if text not in in_the_clear]


def _part(value: Any, secret: list[str], clear: list[str]) -> None:
    """Gather the texts of a part of a state, those of secrets apart."""
    if isinstance(value, Mapping):
        if value.get(_SIGNATURE) and "plaintext" in value:
            secret.extend(_texts(json.loads(str(value["plaintext"]))))
            return
        clear.extend(map(str, value))
        for each in value.values():
            _part(each, secret, clear)
    elif isinstance(value, list):
        for each in value:
            _part(each, secret, clear)
    elif isinstance(value, str):
        clear.append(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _forms(secret: str) -> Iterator[str]:
    """Yield how a secret may be repeated: as it is, as JSON, in base64."""
    if len(secret) >= _SHORTEST:
        yield secret
        yield json.dumps(secret)[1:-1]
        yield base64.b64encode(secret.encode()).decode().rstrip("=")


def pieces(secret: str) -> Iterator[str]:
    """Yield a secret and, of one of several lines, those that tell it: a kubeconfig has many that any other one has."""
    yield secret
    lines = secret.splitlines()
    for line in lines if len(lines) > 1 else ():
        value = line.rpartition(": ")[2].strip()
        if len(value) >= 4 * _SHORTEST and not value.startswith(("http", "-----")):
            yield value
