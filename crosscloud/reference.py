"""Image references, by the grammar of the distribution project that registries and container runtimes share.

The grammar is the comment that opens ``reference.go`` of https://github.com/distribution/reference (v0.6)::

    reference        := name [ ":" tag ] [ "@" digest ]
    name             := [domain '/'] path-component ['/' path-component]*      (at most 255 characters)
    domain           := domain-component ['.' domain-component]* [':' port-number]
    domain-component := /([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])/
    path-component   := /[a-z0-9]+/ [separator /[a-z0-9]+/]*
    separator        := /[_.]|__|[-]+/
    tag              := /[\\w][\\w.-]{0,127}/
    digest           := algorithm ":" hex

A digest here is always ``sha256`` with 64 lower-case hexadecimal digits: the OCI image specification makes it the one
that every implementation has, and every registry in use answers with it.
"""

import re
from dataclasses import dataclass

_COMPONENT = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_DOMAIN = rf"{_COMPONENT}(?:\.{_COMPONENT})*(?::[0-9]+)?"
_IPV6 = r"\[[0-9a-fA-F:]+\](?::[0-9]+)?"
_PATH = r"[a-z0-9]+(?:(?:__|[._]|-+)[a-z0-9]+)*"
_NAME = rf"(?:{_DOMAIN}/)?{_PATH}(?:/{_PATH})*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"sha256:[0-9a-f]{64}"

#: The longest name that the grammar's implementations accept (``RepositoryNameTotalLengthMax``).
NAME_LIMIT = 255

_REFERENCE = re.compile(rf"(?P<name>{_NAME})(?::(?P<tag>{_TAG}))?(?:@(?P<digest>{_DIGEST}))?")


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference taken apart: ``name`` without tag and digest, and those two where it has them."""

    name: str
    tag: str | None = None
    digest: str | None = None

    @property
    def registry(self) -> str:
        """Return the registry's host (and port), or nothing where the name leaves it to the runtime's default.

        As the container runtimes tell them apart: the first component is a host if it has a dot or a colon, is
        ``localhost`` or has an upper-case letter.
        """
        first, slash, _ = self.name.partition("/")
        is_host = "." in first or ":" in first or first == "localhost" or first != first.lower()
        return first if slash and is_host else ""

    @property
    def repository(self) -> str:
        """Return the name without its registry: ``coredns/coredns`` of ``registry.cncf.ci/coredns/coredns``."""
        return self.name.removeprefix(f"{self.registry}/") if self.registry else self.name


def parse(text: str) -> Reference | None:
    """Return the reference that the text is, or ``None`` if the grammar does not know it."""
    match = _REFERENCE.fullmatch(text)
    if not match or len(match["name"]) > NAME_LIMIT:
        return None
    return Reference(match["name"], match["tag"], match["digest"])


def is_host(text: str) -> bool:
    """Say whether the text is a registry's ``host`` or ``host:port``, which may be an IPv6 address in brackets."""
    return re.fullmatch(rf"{_DOMAIN}|{_IPV6}", text) is not None


def is_name(text: str) -> bool:
    """Say whether the text is an image's name alone, without tag and digest."""
    return len(text) <= NAME_LIMIT and re.fullmatch(_NAME, text) is not None


def is_tag(text: str) -> bool:
    """Say whether the text is a tag."""
    return re.fullmatch(_TAG, text) is not None


def is_digest(text: str) -> bool:
    """Say whether the text is a sha256 digest."""
    return re.fullmatch(_DIGEST, text) is not None
