"""Checks of inputs that several of our resources share. All of them skip what a preview doesn't know yet."""

import re
from collections.abc import Collection, Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from crosscloud.plugins.base import UNKNOWN, CheckFailure

MAX_PORT = 65535
_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")


def keys(inputs: Mapping[str, Any], required: Collection[str], optional: Collection[str] = ()) -> list[CheckFailure]:
    """Refuse inputs that are missing or that the resource does not have."""
    allowed = ", ".join(sorted({*required, *optional}))
    failures = [CheckFailure(key, "is missing") for key in required if inputs.get(key) is None]
    failures += [
        CheckFailure(key, f"is not an input; there are {allowed}")
        for key in inputs
        if key not in required and key not in optional and not key.startswith("__")
    ]
    return failures


def name(inputs: Mapping[str, Any], key: str, longest: int) -> list[CheckFailure]:
    """Refuse what can't be (the beginning of) a host name of ``longest`` characters."""
    value = inputs.get(key)
    if value is None or value is UNKNOWN:
        return []
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        return [CheckFailure(key, f"{value!r} has to be lower-case letters, digits and inner hyphens, a letter first")]
    if len(value) > longest:
        return [CheckFailure(key, f"{value!r} has {len(value)} characters; at most {longest} are allowed")]
    return []


def network(inputs: Mapping[str, Any], key: str, prefixes: range) -> list[CheckFailure]:
    """Refuse what is no private IPv4 range with a prefix length out of ``prefixes``."""
    value = inputs.get(key)
    if value is None or value is UNKNOWN:
        return []
    try:
        found = IPv4Network(value)
    except (ValueError, TypeError) as error:
        return [CheckFailure(key, f"{value!r} is no IPv4 range such as 10.66.0.0/24: {error}")]
    failures = []
    if found.prefixlen not in prefixes:
        failures.append(CheckFailure(key, f"{value} has to be between /{prefixes[0]} and /{prefixes[-1]}"))
    if not found.is_private or found.is_loopback or found.is_link_local:
        failures.append(CheckFailure(key, f"{value} has to be a private range (10/8, 172.16/12 or 192.168/16)"))
    return failures


def address(value: Any, key: str) -> list[CheckFailure]:
    """Refuse what is no IPv4 address."""
    if value is None or value is UNKNOWN:
        return []
    try:
        IPv4Address(value)
    except ValueError:
        return [CheckFailure(key, f"{value!r} is no IPv4 address")]
    return []


def port(value: Any, key: str) -> list[CheckFailure]:
    """Refuse what is no TCP port."""
    if value is None or value is UNKNOWN:
        return []
    number = int(value) if isinstance(value, str) and value.isdecimal() else value
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= MAX_PORT:
        return [CheckFailure(key, f"{value!r} is no port: 1 to {MAX_PORT}")]
    return []
