"""The look-ups of the provider: availability zones and machine images, from data files."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from crosscloud.plugins.base import Call, PluginError, Values
from crosscloud.plugins.simulated import data
from crosscloud.plugins.simulated_aws import client

_PACKAGE = "crosscloud.plugins.simulated_aws"


def availability_zones(_call: Call, arguments: Values) -> Mapping[str, Any]:
    """Answer ``aws:index/getAvailabilityZones``: the ordinary zones of the region."""
    region = str(arguments.get("region") or client.region())
    zone = {"opt-in-status": "opt-in-not-required", "zone-type": "availability-zone", "state": "available"}
    names = [
        name
        for name in zones(region)
        if _matches({**zone, "zone-name": name}, arguments)
        and name not in (arguments.get("excludeNames") or [])
        and arguments.get("state") in (None, "available")
    ]
    return {**arguments, "id": region, "region": region, "names": names, "zoneIds": [], "groupNames": [region]}


def zones(region: str) -> list[str]:
    """Return the names of a region's ordinary zones."""
    regions = data(_PACKAGE, "zones")["regions"]
    if region not in regions:
        raise PluginError(f"the rehearsal knows no region {region}; it knows {', '.join(regions)}")
    return [f"{region}{letter}" for letter in regions[region]]


def ami(_call: Call, arguments: Values) -> Mapping[str, Any]:
    """Answer ``aws:ec2/getAmi``: the one image that is asked for, or with ``mostRecent`` the newest of several."""
    table = data(_PACKAGE, "images")
    owners = [str(owner) for owner in arguments.get("owners") or []]
    found = [_described(image, table) for image in table["images"]]
    found = [
        image
        for image in found
        if (not owners or image["ownerId"] in owners)
        and _matches(_filterable(image), arguments)
        and re.search(str(arguments.get("nameRegex") or ""), image["name"])
    ]
    if not found:
        raise PluginError("Your query returned no results. Please change your search criteria and try again.")
    if len(found) > 1 and not arguments.get("mostRecent"):
        raise PluginError(
            "Your query returned more than one result. Please try a more specific search criteria, or set "
            "`most_recent` attribute to true."
        )
    return {**arguments, **max(found, key=lambda image: str(image["creationDate"]))}


def _matches(known: Mapping[str, str], arguments: Values) -> bool:
    for wanted in arguments.get("filters") or []:
        if wanted["name"] not in known:
            raise PluginError(f"the rehearsal does not filter by {wanted['name']}; by {', '.join(known)}")
        if not any(fnmatchcase(known[wanted["name"]], value) for value in wanted["values"]):
            return False
    return True


def _filterable(image: Mapping[str, Any]) -> dict[str, str]:
    return {
        "image-id": image["id"],
        "name": image["name"],
        "architecture": image["architecture"],
        "owner-id": image["ownerId"],
        "root-device-type": image["rootDeviceType"],
        "virtualization-type": image["virtualizationType"],
        "state": image["state"],
    }


def _described(image: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": image["id"],
        "imageId": image["id"],
        "arn": f"arn:aws:ec2:{client.region()}::image/{image['id']}",
        "name": image["name"],
        "description": image["name"],
        "architecture": image["architecture"],
        "creationDate": f"{image['created']}T00:00:00.000Z",
        "ownerId": table["owner"],
        "imageLocation": f"{table['owner']}/{image['name']}",
        "imageType": "machine",
        "hypervisor": "xen",
        "public": True,
        "enaSupport": True,
        "rootDeviceName": table["root_device"],
        "rootDeviceType": "ebs",
        "state": "available",
        "virtualizationType": table["virtualization"],
        "tags": {},
        "productCodes": [],
        "blockDeviceMappings": [],
    }
