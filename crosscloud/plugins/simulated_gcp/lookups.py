"""The look-ups of Compute Engine."""

import re
from collections.abc import Mapping
from typing import Any

from crosscloud.plugins.base import Call, PluginError, Values
from crosscloud.plugins.simulated.provider import Function
from crosscloud.plugins.simulated_gcp import catalogue, names

#: The form of a filter that is understood: names, one or several.
_NAMED = re.compile(r"\(?name\s*=\s*\"?([a-z0-9-]+)\"?\)?")


def get_zones(_call: Call, arguments: Values) -> Mapping[str, Any]:
    """Return the zones of a region: ``{names: [...]}``."""
    region = arguments.get("region") or ""
    found = catalogue.zones(region)
    if not found:
        raise PluginError(f"googleapi: Error 404: The resource 'projects/-/regions/{region}' was not found, notFound")
    return {**arguments, "id": f"projects/-/regions/{region}", "names": found}


def get_machine_types(_call: Call, arguments: Values) -> Mapping[str, Any]:
    """Return the machine types of a zone that a filter by name takes."""
    wanted, rest = arguments.get("filter") or "", arguments.get("filter") or ""
    rest = _NAMED.sub("", rest).replace("OR", "").strip()
    if rest:
        raise PluginError(f"the rehearsal understands filters by name alone, not {wanted!r}")
    zone, taken = arguments.get("zone") or "", set(_NAMED.findall(wanted))
    if zone not in catalogue.all_zones():
        raise PluginError(f"googleapi: Error 404: The resource 'projects/-/zones/{zone}' was not found, notFound")
    found = [_machine_type(zone, one) for one in catalogue.machine_types(zone) if not taken or one["name"] in taken]
    return {**arguments, "id": f"projects/-/zones/{zone}/machineTypes/filters/{wanted}", "machineTypes": found}


def _machine_type(zone: str, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    name = facts["name"]
    return {
        "name": name,
        "description": f"{facts['guestCpus']} vCPUs, {facts['memoryMb'] // 1024} GB RAM",
        "guestCpus": facts["guestCpus"],
        "memoryMb": facts["memoryMb"],
        "isSharedCpus": False,
        "maximumPersistentDisks": 128,
        "maximumPersistentDisksSizeGb": 263168,
        "bundledLocalSsds": [],
        "deprecateds": [],
        "accelerators": [],
        "selfLink": f"{names.API}projects/-/zones/{zone}/machineTypes/{name}",
    }


FUNCTIONS: Mapping[str, Function] = {
    "gcp:compute/getZones:getZones": get_zones,
    "gcp:compute/getMachineTypes:getMachineTypes": get_machine_types,
}
