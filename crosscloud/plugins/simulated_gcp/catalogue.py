"""What Google offers where: zones, machine types, images. Answers come from data files that state their date."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from crosscloud.plugins.base import UNKNOWN, CheckFailure
from crosscloud.plugins.simulated import data

_PACKAGE = "crosscloud.plugins.simulated_gcp"


def zones(region: str) -> list[str]:
    """Return a region's zones, none for a region that there is not."""
    return [f"{region}-{letter}" for letter in str(data(_PACKAGE, "zones")["regions"].get(region, ""))]


def all_zones() -> list[str]:
    """Return every zone of every region."""
    return [zone for region in data(_PACKAGE, "zones")["regions"] for zone in zones(region)]


def machine_types(zone: str) -> list[Mapping[str, Any]]:
    """Return what a zone offers: ``{name, guestCpus, memoryMb, architecture}``."""
    found: list[Mapping[str, Any]] = []
    for family, facts in data(_PACKAGE, "machine_types")["families"].items():
        if _is_in(zone, facts):
            for size, (processors, memory) in facts["sizes"].items():
                found.append(
                    {
                        "name": f"{family}-{size}",
                        "guestCpus": processors,
                        "memoryMb": memory * 1024,
                        "architecture": facts["architecture"],
                    }
                )
    return found


def image_architecture(image: str) -> str | None:
    """Return the architecture of an image or family, given as "PROJECT/FAMILY" or a link; None if there is none."""
    wanted = re.sub(r"^.*projects/|global/images/|family/", "", image)
    found = data(_PACKAGE, "images")["images"].get(wanted)
    return str(found) if found else None


def machine_rules(places: Mapping[str, str], inputs: Mapping[str, Any], *, zone: Any) -> Iterator[CheckFailure]:
    """Yield what is wrong with a machine's zone, size, image and disk.

    ``places`` says where in ``inputs`` they are: machineType, image, disk; ``zone`` may be None for a template.
    """
    size, image = at_place(inputs, places["machineType"]), at_place(inputs, places["image"])
    disk = at_place(inputs, places["disk"])
    if zone is not None and zone is not UNKNOWN and zone not in all_zones():
        yield CheckFailure("zone", f"{zone!r} is no zone of Google's; of its region there are {_siblings(zone)}")
        return
    offered = (
        machine_types(zone) if isinstance(zone, str) else [one for each in all_zones() for one in machine_types(each)]
    )
    machine = next((one for one in offered if one["name"] == size), None)
    if isinstance(size, str) and machine is None:
        yield CheckFailure("machineType", f"Machine type with name '{size}' does not exist in zone '{zone}'")
    if isinstance(image, str):
        architecture = image_architecture(image)
        if architecture is None:
            yield CheckFailure(places["image"], f"Could not find image or family {image}")
        elif machine is not None and architecture != machine["architecture"]:
            yield CheckFailure(
                places["image"], f"{image} is for {architecture}, and {size} is {machine['architecture']}"
            )
    if isinstance(size, str) and isinstance(disk, str):
        yield from _disk(places["disk"], size, disk)


def at_place(inputs: Mapping[str, Any], place: str) -> Any:
    """Return the value at "a.b" or "a[0].b"; None where there is none, `UNKNOWN` where that is not known yet."""
    value: Any = inputs
    for step in re.findall(r"\w+", place):
        if value is UNKNOWN or value is None:
            return value
        if isinstance(value, list):
            value = dict(enumerate(value))
        value = value.get(int(step) if step.isdigit() else step)
    return value


def _disk(place: str, size: str, disk: str) -> Iterator[CheckFailure]:
    facts = data(_PACKAGE, "machine_types")["families"].get("-".join(size.split("-")[:2])) or {}
    takes = facts.get("disks") or []
    if takes and disk not in takes:
        yield CheckFailure(
            place, f"{disk} disk type cannot be used by {size} machine type; it takes {', '.join(takes)}"
        )


def _is_in(zone: str, facts: Mapping[str, Any]) -> bool:
    return facts["zones"] == "all" or zone in facts["zones"]


def _siblings(zone: str) -> str:
    return ", ".join(zones(zone.rpartition("-")[0])) or "none: there is no such region"
