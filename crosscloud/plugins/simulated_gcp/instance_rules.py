"""The rules that instances and instance templates share."""

from collections.abc import Iterator, Mapping
from typing import Any

from crosscloud.plugins.base import UNKNOWN, CheckFailure
from crosscloud.plugins.simulated_gcp import names

#: https://cloud.google.com/compute/docs/metadata/overview#limitations: 256 KB a value, 512 KB in all, 128 bytes a key.
MOST_VALUE, MOST_METADATA, _LONGEST_KEY = 256 * 1024, 512 * 1024, 128
#: https://cloud.google.com/vpc/docs/add-remove-network-tags#limits
_MOST_TAGS = 64


def machine(inputs: Mapping[str, Any]) -> Iterator[CheckFailure]:
    """Yield what is wrong with a machine's metadata, tags and interfaces."""
    yield from _metadata(inputs.get("metadata"))
    tags = inputs.get("tags")
    if isinstance(tags, list):
        if len(tags) > _MOST_TAGS:
            yield CheckFailure("tags", f"has {len(tags)} tags; Google takes {_MOST_TAGS}")
        for index, tag in enumerate(tags):
            yield from names.name(f"tags[{index}]", tag)
    interfaces = inputs.get("networkInterfaces")
    if isinstance(interfaces, list):
        yield from _interfaces(interfaces)


def _metadata(metadata: Any) -> Iterator[CheckFailure]:
    if not isinstance(metadata, Mapping):
        return
    total = 0
    for key, value in metadata.items():
        size = len(str(value).encode()) if value is not UNKNOWN else 0
        total += len(key.encode()) + size
        if size > MOST_VALUE:
            yield CheckFailure(f"metadata.{key}", f"has {size} bytes; Google takes {MOST_VALUE} a value")
        if len(key.encode()) > _LONGEST_KEY or not key.replace("-", "").replace("_", "").isalnum():
            yield CheckFailure(
                f"metadata.{key}", f"is no key of metadata: at most {_LONGEST_KEY} letters, digits, _ and -"
            )
    if total > MOST_METADATA:
        yield CheckFailure("metadata", f"has {total} bytes in all; Google takes {MOST_METADATA}")


def _interfaces(interfaces: list[Any]) -> Iterator[CheckFailure]:
    if len(interfaces) != 1:
        yield CheckFailure(
            "networkInterfaces", f"the rehearsal models machines with one interface, not {len(interfaces)}"
        )
    for index, interface in enumerate(interfaces):
        place = f"networkInterfaces[{index}]"
        if interface is UNKNOWN:
            continue
        if not interface.get("subnetwork"):
            yield CheckFailure(f"{place}.subnetwork", "is missing: a network in custom mode asks for it")
        if interface.get("accessConfigs"):
            yield CheckFailure(f"{place}.accessConfigs", "the rehearsal models machines without public addresses")
