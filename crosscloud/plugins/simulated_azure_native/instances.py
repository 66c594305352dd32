"""The instances of uniform scale sets: booted, replaced, rolled and ended."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from crosscloud.plugins.base import Call, PluginError
from crosscloud.plugins.simulated import Cloud, Record, fabric
from crosscloud.plugins.simulated_azure_native import profiles, wiring
from crosscloud.plugins.simulated_azure_native.interfaces import free_address

_COUNTER = "ScaleSetCounter"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: An instance's computer is named by the set's prefix and its number in base 36, with six digits:
#: https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-instance-ids
_PLACES = 6


def reconcile(call: Call, cloud: Cloud, set_id: str, model: Mapping[str, Any]) -> None:
    """Bring a set to its capacity and, if its policy rolls, to its model.

    Rolling by surge, new instances come before old ones go. Azure would wait until the new ones are healthy; here
    whoever waits for nodes does.
    """
    wanted = model["sku"].get("capacity") or 0
    rolls = (model.get("upgradePolicy") or {}).get("mode") != "Manual"
    there = alive(cloud, set_id)
    old = [one for one in there if one.inputs["model"] != fingerprint(model)] if rolls else []
    for _ in range(wanted - (len(there) - len(old))):
        _boot(call, cloud, set_id, model)
    kept = [one for one in there if one not in old]
    # Those with the highest numbers go first: the default of scaling in, once zones are balanced.
    surplus = sorted(kept, key=lambda one: -int(one.inputs["number"]))[: max(0, len(kept) - wanted)]
    for one in [*old, *surplus]:
        _end(cloud, one)


def alive(cloud: Cloud, set_id: str) -> list[Record]:
    """Return the instances of a set that run; forget those that died."""
    found = []
    for one in _instances(cloud, set_id):
        if fabric.running(one.id):
            found.append(one)
        else:
            _end(cloud, one)
    return found


def clear(cloud: Cloud, set_id: str) -> None:
    """End all instances of a set."""
    for one in _instances(cloud, set_id):
        _end(cloud, one)
    cloud.drop(_COUNTER, set_id)


def fingerprint(model: Mapping[str, Any]) -> str:
    """Return what tells models apart: the profile and the size."""
    text = json.dumps([model["virtualMachineProfile"], model["sku"].get("name")], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _instances(cloud: Cloud, set_id: str) -> list[Record]:
    found = [one for one in cloud.records(wiring.INSTANCE) if one.inputs["set"] == set_id]
    return sorted(found, key=lambda one: int(one.inputs["number"]))


def _boot(call: Call, cloud: Cloud, set_id: str, model: Mapping[str, Any]) -> None:
    profile = model["virtualMachineProfile"]
    config = profile["networkProfile"]["networkInterfaceConfigurations"][0]["ipConfigurations"][0]
    with cloud.transaction():
        subnet = cloud.get("Subnet", config["subnet"]["id"])
        if subnet is None:
            raise PluginError(f"the subnet {config['subnet']['id']} is gone")
        zone = _zone(cloud, set_id, model.get("zones") or [])
        profiles.capacity(model["sku"]["name"], model["location"], zone)
        number = _next(cloud, set_id)
        inputs = {
            "set": set_id,
            "number": number,
            "zone": zone,
            "subnet": subnet.id,
            "address": free_address(cloud, subnet),
            "computer": profile["osProfile"]["computerNamePrefix"] + _base36(number),
            "model": fingerprint(model),
        }
        made = cloud.put(wiring.INSTANCE, f"{set_id}/virtualMachines/{number}", inputs, {})
    wiring.settle(cloud, wiring.network_of(subnet.id))
    fabric.boot(
        made.id,
        wiring.network_of(subnet.id),
        hostname=made.inputs["computer"].lower(),
        address=made.inputs["address"],
        user_data=profiles.user_data(profile),
        report=call.status,
    )


def _end(cloud: Cloud, instance: Record) -> None:
    fabric.halt(instance.id)
    cloud.drop(wiring.INSTANCE, instance.id)
    wiring.settle(cloud, wiring.network_of(instance.inputs["subnet"]))


def _zone(cloud: Cloud, set_id: str, zones: list[str]) -> str:
    """Return the zone with the fewest instances, the first of them; "" in a location without zones."""
    there = [one.inputs["zone"] for one in _instances(cloud, set_id)]
    return min(zones, key=there.count, default="")


def _next(cloud: Cloud, set_id: str) -> int:
    """Return a number that no instance of the set has had."""
    counter = cloud.get(_COUNTER, set_id)
    number = int(counter.inputs["next"]) if counter else 0
    cloud.put(_COUNTER, set_id, {"next": number + 1}, {})
    return number


def _base36(number: int) -> str:
    digits = ""
    for _ in range(_PLACES):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
