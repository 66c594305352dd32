"""No private key, token or kubeconfig stands in the state in the clear (line 11 of the checklist).

Whatever a resource is given, and whatever it gives back, is in the state; only what the engine knows to be secret is
encrypted there. So the rules look at what is left when secrets are taken out.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Iterator, Sequence

from policy.rules.rule import ALL_CLOUDS, Known, Level, Resource, ResourceRule, StackRule
from policy.rules.values import SECRET, strings

#: What secrets look like, wherever they stand.
PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----")),
    (
        "a kubeconfig's credentials",
        re.compile(r"client-key-data\"?: *\"?[^\s\"]|(?:^|[\s{\",])token\"?: *\"?[\w.-]{16}"),
    ),
    # https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/#token-format
    ("a bootstrap token", re.compile(r"(?<![a-z0-9./_-])[a-z0-9]{6}\.[a-z0-9]{16}(?![a-z0-9._/-])")),
    ("a signed token", re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}")),
    # GitLab's (https://docs.gitlab.com/security/tokens/#token-prefixes), Google's and GitHub's
    ("an access token", re.compile(r"\b(?:gl(?:pat|dt|rt|cbt|ptt|agent|oas|soat)-|ya29\.|gh[opsu]_)[\w.-]{20}")),
    ("a machine's user-data, with what it joins the cluster by", re.compile(r"^#cloud-config\b")),
)
#: Names whose values are secret whatever they look like, and also when they are not known yet.
_NAMES = re.compile(
    r"(?i)(^|\.)(kubeconfig|programKubeconfig|user-?data(base64)?|customData|bootstrapToken|certificateKey|"
    r"administratorKey|privateKey(Pem|Openssh|PemPkcs8)?|secretAccessKey|secretKey|clientSecret|"
    r"(admin|master|root)?password|(access|auth|bearer|oidc|session)?token)$"
)
_DEEPEST = 3


def inputs_hide_secrets(one: Resource, _: Known) -> Iterator[str]:
    """Yield where a resource is given a secret in the clear."""
    yield from (f"{one}: {found}" for found in in_the_clear(one.shown))


def outputs_hide_secrets(resources: Sequence[Resource], _: Known) -> Iterator[tuple[Resource, str]]:
    """Yield where a resource, or the stack, gives a secret in the clear."""
    for one in resources:
        yield from ((one, f"{one}: {found}") for found in in_the_clear(one.shown))


def in_the_clear(shown: object, patterns: Sequence[tuple[str, re.Pattern[str]]] = PATTERNS) -> Iterator[str]:
    """Yield the paths of values that are secrets, with what they are, never the values themselves."""
    for path, text in strings(shown):
        if text in ("", SECRET):
            continue
        if _NAMES.search(path):
            yield f"{path} is in the clear"
        else:
            yield from (f"{path} holds {what}" for what, pattern in patterns if _holds(text, pattern))


def _holds(text: str, pattern: re.Pattern[str]) -> bool:
    return any(pattern.search(reading) for reading in readings(text))


def readings(text: str, depth: int = _DEEPEST) -> Iterator[str]:
    """Yield a text as it stands, and as what it is in base64, packed with gzip or not."""
    yield text
    if depth and len(text) >= len("QUJDREVGR0g=") and (inside := _decoded(text)):
        yield from readings(inside, depth - 1)


def _decoded(text: str) -> str:
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
        if raw[:2] == b"\x1f\x8b":
            raw = zlib.decompress(raw, wbits=31)
        return raw.decode()
    except (binascii.Error, ValueError, zlib.error):
        return ""


_MEND = "Set it as a secret: `pulumi config set --secret` for a value of the stack's file, else pulumi.Output.secret"

RULES = (
    ResourceRule(
        "inputs-hide-secrets",
        11,
        Level.MANDATORY,
        ALL_CLOUDS,
        "No resource is given a private key, token or kubeconfig in the clear.",
        _MEND,
        types=("*",),
        check=inputs_hide_secrets,
    ),
    StackRule(
        "outputs-hide-secrets",
        11,
        Level.MANDATORY,
        ALL_CLOUDS,
        "No resource gives a private key, token or kubeconfig in the clear, nor does the stack.",
        _MEND,
        check=outputs_hide_secrets,
    ),
)
