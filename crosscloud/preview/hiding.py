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


def in_state(deployment: Mapping[str, Any]) -> Iterator[str]:
    """Yield every secret text of a state that was exported with its secrets in the clear."""
    if deployment.get(_SIGNATURE) and "plaintext" in deployment:
        yield from _texts(json.loads(str(deployment["plaintext"])))
        return
    for value in deployment.values():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Mapping):
                yield from in_state(each)
            elif isinstance(each, list):
                yield from in_state({"": each})


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
    """Yield how a secret may be repeated: as it is, line by line, as JSON, in base64."""
    for text in (secret, *(line.strip() for line in _telling(secret))):
        if len(text) >= _SHORTEST:
            yield text
            yield json.dumps(text)[1:-1]
            yield base64.b64encode(text.encode()).decode().rstrip("=")


def _telling(secret: str) -> list[str]:
    """Return those lines of a longer secret that tell it: a kubeconfig has many that stand in any other one, too."""
    lines = secret.splitlines()
    if len(lines) == 1:
        return []
    values = [line.rpartition(": ")[2] for line in lines]
    return [value for value in values if len(value) >= 4 * _SHORTEST and not value.startswith(("http", "-----"))]
