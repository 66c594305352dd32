"""Keeping secrets out of what is shown of a preview.

The engine hides what it knows to be secret. Beside that, no text may repeat the value of a secret that is known
(`known_secrets`): a provider's error may well quote one. And what has the name or the form of a credential is hidden
even if nothing knows it.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from crosscloud.credentials import SHORTEST
from crosscloud.preview.model import SECRET, UNKNOWN

#: What a credential follows in a text: ``--password x``, ``token=x``, ``"secret": "x"``.
_AFTER = "|".join(
    f"(?<={form})"
    for name in ("password", "token", "secret", "access_key", "api_key")
    for form in (f"{name}=", f'{name}":"', f'{name}": "', f"--{name} ")
)
#: What credentials look like, whoever made them.
_FORMS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\bLS0tLS1CRUdJTi(?!BDRVJUSUZJ|BQVUJMSU)[\w+/=]{20,}"  # the same in base64, as in a kubeconfig; no certificate
    r"|\bglpat-[\w-]{20,}|\bgl[a-z]{2,6}-[\w-]{20,}"  # GitLab's tokens
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"  # AWS
    r"|\bgh[pousr]_\w{36,}|\bya29\.[\w-]{20,}|\bAIza[\w-]{35}"  # GitHub, Google
    r"|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+"  # a JSON web token: service accounts, OIDC
    r"|\bpul-[0-9a-f]{40}\b"  # Pulumi
    r"|(?<![\w.-])[a-z0-9]{6}\.[a-z0-9]{16}(?![\w.-])"  # kubeadm's bootstrap tokens
    rf"|(?i:{_AFTER}|(?<=password: ))[^\s,;\"'&]{{6,}}"
    r"|(?i:(?<=\bbearer )|(?<=authorization: basic ))[\w.~+/=-]{16,}",
    re.DOTALL,
)
#: A password in an address: ``https://user:password@host``.
_ADDRESS = re.compile(r"(://[^/\s:@\"']*:)[^/\s\"']+(?=@)")
#: Names whose values are credentials; what such a name only refers to (``existingSecret``) is none.
_NAMES = re.compile(
    r"(?i)(?<!existing)(?<!pull)"
    r"(?:passw(?:or)?d|passphrase|secret|token|(?:access|api|auth|client|private|secret)[-_]?key(?:-data)?)$"
)


class Hiding:
    """Takes these secrets, in whatever form they may be repeated, and what looks like one out of values and texts."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        # by their beginnings: a pattern of them all would take seconds to make where there are machines' user data
        self._known: dict[str, list[str]] = {}
        for form in sorted(forms, key=len, reverse=True):
            self._known.setdefault(form[:SHORTEST], []).append(form)

    def __call__(self, value: Any) -> Any:
        """Return the value, a text or plain data, without them."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            named = _named(value)
            return {self._text(str(key)): SECRET if key in named else self(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self(each) for each in value]
        return value

    def _text(self, text: str) -> str:
        return _ADDRESS.sub(rf"\1{SECRET}", _FORMS.sub(SECRET, self._without_known(text)))

    def _without_known(self, text: str) -> str:
        kept: list[str] = []
        done = start = 0
        while start <= len(text) - SHORTEST:
            forms = self._known.get(text[start : start + SHORTEST], ())
            form = next((form for form in forms if text.startswith(form, start)), "")
            if form:
                kept += [text[done:start], SECRET]
                done = start + len(form)
            start += len(form) or 1
        return "".join([*kept, text[done:]])


def _named(value: Mapping[str, Any]) -> set[str]:
    """Return the keys whose values are credentials by their names, or by being the data of Kubernetes' Secrets."""
    found = {key for key, each in value.items() if _NAMES.search(str(key)) and _is_text(each)}
    if value.get("kind") == "Secret":
        found |= {"data", "stringData"} & value.keys()
    if {"name", "value"} <= value.keys() and _NAMES.search(str(value["name"])) and _is_text(value["value"]):
        found.add("value")  # a variable of a container, or a value that is set by its name
    return found


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value not in ("", UNKNOWN)


def _forms(secret: str) -> Iterator[str]:
    """Yield how a secret may be repeated: as it is, as JSON of Python and of Go, in an address, in base64."""
    if len(secret) < SHORTEST:
        return  # a word like any other (`true`, `6443`): to hide it would tell more than it hides
    yield secret
    for quoted in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        yield quoted
        yield quoted.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")
    yield quote(secret, safe="")
    yield base64.b64encode(secret.encode()).decode().rstrip("=")
    # within something longer (``user:password``) it begins at any of three places; the letters that it shares differ
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + secret.encode()).decode().rstrip("=")
        inner = encoded[(8 * before + 5) // 6 : (8 * (before + len(secret.encode()))) // 6]
        yield from (inner, inner.replace("+", "-").replace("/", "_"))
