"""The secrets that are known of a stack: those of its state, and those of its file."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

#: How the engine marks a secret in a state:
#: https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go
_SIGNATURE = "4dabf18193072939515e22adb298388d"
#: Shorter lines of a longer secret tell nothing.
_LINE = 32


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


def in_settings(settings: Mapping[str, Mapping[str, Any]], file: str) -> list[str]:
    """Return the secret texts of a stack's settings, as ``pulumi config --json --show-secrets`` tells them.

    A setting of several values is secret as soon as one of them is: what ``file``, the stack's own text, holds in the
    clear is none.
    """
    told = [each for each in settings.values() if each.get("secret")]
    texts = [text for each in told for text in (str(each.get("value") or ""), *_texts(each.get("objectValue")))]
    return [piece for piece in dict.fromkeys(piece for text in texts for piece in pieces(text)) if piece not in file]


def pieces(secret: str) -> Iterator[str]:
    """Yield a secret and, of one of several lines, those that tell it: a kubeconfig has many that any other one has."""
    yield secret
    lines = secret.splitlines()
    for line in lines if len(lines) > 1 else ():
        value = line.rpartition(": ")[2].strip()
        if len(value) >= _LINE and not value.startswith(("http", "-----")):
            yield value


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
