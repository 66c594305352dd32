"""The kinds of value that a stack file holds, each with its rule, its words for what is wrong, and its JSON Schema.

All of them stay plain strings and numbers in Python: they go into resource inputs, which know no richer types.
"""

import datetime
import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema
from pydantic.alias_generators import to_camel

from crosscloud import paths, reference
from crosscloud.problems import shown


class Block(BaseModel):
    """The base of everything in the schema: frozen, no unknown keys, camelCase in the file and snake_case in Python.

    Numbers are taken for strings where a string is asked for, since YAML reads ``zones: [1, 2]`` as numbers.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        coerce_numbers_to_str=True,
        str_strip_whitespace=True,
        defer_build=True,  # a program has one cloud: the other clouds' models are never built
    )


def filled(how: str, description: str, **more: Any) -> Any:
    """Return the field of a key that ``load`` fills in if the file leaves it out; ``how`` says from what."""
    return Field(description=description, json_schema_extra={"filled": how}, **more)


def _cidr(text: str) -> str:
    """Return an IPv4 network in its canonical form."""
    try:
        return str(ipaddress.IPv4Network(text))
    except ValueError:
        pass
    try:
        meant = ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        raise ValueError("is not an IPv4 network; an address and a prefix length, such as 10.244.0.0/16") from None
    raise ValueError(f"is an address inside a network; the network itself is {meant}")


def _address(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise ValueError("is not an IPv4 address; four numbers, such as 10.96.0.10") from None


def _day(value: Any) -> Any:
    """Return a day that YAML reads without quotes as a date, and that the engine then passes as a time, as its text."""
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value.removesuffix(" 00:00:00 +0000 UTC") if isinstance(value, str) else value


def _date(text: str) -> str:
    """Return a day in ISO's form, which is also a tag's value that every cloud takes."""
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError("is not a day; year, month and day, such as 2026-12-31") from None


def _image(text: str) -> str:
    found = reference.parse(text)
    if not found or not (found.tag or found.digest):
        raise ValueError("is not a full image reference; name:tag or name@sha256:…, such as registry.k8s.io/pause:3.10")
    if found.tag == "latest" and not found.digest:
        raise ValueError("names a different image every day; use a tag that stays or a digest")
    return text


def _existing(wanted: str, present: Callable[[Path], bool]) -> AfterValidator:
    """Return a check that makes a path absolute and, unless the context has ``files`` off, says if nothing is there.

    Relative paths start at the context's ``root``, the stack file's folder, wherever the program was started; those
    below ``.crosscloud/`` start at ``crosscloud.paths.home()``, which the environment may have put elsewhere.
    """

    def check(path: Path, info: ValidationInfo) -> Path:
        context = info.context or {}
        first, *rest = path.parts or (".",)
        whole = paths.home().joinpath(*rest) if first == ".crosscloud" else path.expanduser()
        whole = Path(context.get("root", paths.ROOT)) / whole
        if context.get("files", True) and not present(whole):
            built = ", which `crosscloud artifacts build` writes" if whole == paths.home() / "release.env" else ""
            raise ValueError(f"is no {wanted}; looked for {shown(whole)}{built}")
        return whole

    return AfterValidator(check)


FilePath = Annotated[Path, _existing("file that is there", Path.is_file)]
FolderPath = Annotated[Path, _existing("folder that is there", Path.is_dir)]


#: 24 characters: an AWS load balancer's name has at most 32, and Pulumi's random suffix takes 8 of them.
NAME_PATTERN = r"^[a-z]([a-z0-9-]{0,22}[a-z0-9])?$"
#: A domain of the DNS in lower case, as kubeadm validates ``dnsDomain`` (RFC 1123 labels).
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
#: Google's rule for labels, the strictest of the clouds': https://cloud.google.com/resource-manager/docs/labels-overview
_TAG_KEY = r"^[a-z][a-z0-9_-]{0,62}$"
_TAG_VALUE = r"^[a-z0-9_-]{0,63}$"


def matching(pattern: str, wrong: str) -> AfterValidator:
    """Return a check by a pattern whose failure says what is allowed instead of showing the pattern."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.match(text):
            raise ValueError(wrong)
        return text

    return AfterValidator(check)


Cidr = Annotated[
    str, AfterValidator(_cidr), WithJsonSchema({"type": "string", "pattern": r"^(\d{1,3}\.){3}\d{1,3}/\d{1,2}$"})
]
Address = Annotated[str, AfterValidator(_address), WithJsonSchema({"type": "string", "format": "ipv4"})]
ImageReference = Annotated[str, AfterValidator(_image)]
ClusterName = Annotated[
    str,
    matching(
        NAME_PATTERN,
        "can't be a cluster's name; at most 24 lower-case letters, digits and hyphens, "
        "beginning with a letter and ending with no hyphen",
    ),
    WithJsonSchema({"type": "string", "pattern": NAME_PATTERN}),
]
Domain = Annotated[
    str,
    matching(rf"^{_LABEL}(\.{_LABEL})*$", "is not a domain name; lower-case labels with dots, such as cluster.local"),
    WithJsonSchema({"type": "string", "pattern": rf"^{_LABEL}(\.{_LABEL})*$"}),
]
IsoDate = Annotated[
    str,
    BeforeValidator(_day),
    AfterValidator(_date),
    WithJsonSchema({"type": "string", "format": "date"}),
]
UserName = Annotated[
    str,
    matching(r"^[a-z_][a-z0-9_-]{0,31}$", "is not a Linux user name; lower-case letters, digits, _ and -, at most 32"),
    WithJsonSchema({"type": "string", "pattern": "^[a-z_][a-z0-9_-]{0,31}$"}),
]
SshPublicKey = Annotated[
    str,
    matching(
        r"^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp\d+|sk-[a-z0-9-]+@openssh\.com) [A-Za-z0-9+/=]+( .*)?$",
        "is not a public key in OpenSSH's form, such as the one line of ~/.ssh/id_ed25519.pub",
    ),
]
TagKey = Annotated[
    str,
    matching(_TAG_KEY, "is not a tag's key that every cloud takes; lower-case letters, digits, _ and -, at most 63"),
    WithJsonSchema({"type": "string", "pattern": _TAG_KEY}),
]
TagValue = Annotated[
    str,
    matching(
        _TAG_VALUE, "is not a tag's value that every cloud takes; lower-case letters, digits, _ and -, at most 63"
    ),
    WithJsonSchema({"type": "string", "pattern": _TAG_VALUE}),
]
Text = Annotated[str, matching(r"^.", "is empty; leave the key out or give it a value"), Field(min_length=1)]
