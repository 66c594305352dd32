"""The resource ``crosscloud:index:Machine``: a Linux machine on this host that boots from cloud-init user-data."""

from collections.abc import Mapping
from typing import Any

from crosscloud.machines import instances, store
from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, Resource, Values
from crosscloud.plugins.crosscloud import checks

#: A host name has 63 characters at most, and six of them are the suffix.
LONGEST_NAME = 57
#: What AWS takes; a machine that boots here boots there.
USER_DATA_BYTES = 16384


class Machine(Resource):
    """Inputs: name (a prefix), networkId, userData, address (default: a free one). Any change makes another machine.

    Outputs: hostname, address, machineId (fresh with every creation), bootLog (a file on this host).
    """

    replace_on = ("*",)
    delete_before_replace = True

    def check(self, _call: Call, _old: Values, new: Values) -> tuple[Mapping[str, Any], list[CheckFailure]]:
        """Refuse what no machine can be."""
        failures = checks.keys(new, ["name", "networkId", "userData"], ["address"])
        failures += checks.name(new, "name", LONGEST_NAME)
        failures += checks.address(new.get("address"), "address")
        user_data = new.get("userData")
        if isinstance(user_data, str) and (size := len(user_data.encode())) > USER_DATA_BYTES:
            reason = f"has {size} bytes; clouds take at most {USER_DATA_BYTES}"
            failures.append(CheckFailure("userData", reason))
        return new, failures

    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Boot it. What it does at first boot goes on after this has returned."""
        if call.preview:
            outputs = dict.fromkeys(("hostname", "address", "machineId", "bootLog"), UNKNOWN)
            chosen = inputs.get("address")
            return "", {**outputs, **({"address": chosen} if chosen is not None else {})}
        machine = instances.create(
            inputs["name"],
            inputs["networkId"],
            inputs["userData"],
            urn=call.urn,
            address=inputs.get("address"),
            report=call.status,
        )
        return machine.id, _outputs(machine)

    def read(self, _call: Call, resource_id: str, _inputs: Values, _recorded: Values) -> Mapping[str, Any] | None:
        """Return what is there; a machine that does not run is none, so that the next `up` makes another."""
        machine = instances.get(resource_id)
        return _outputs(machine) if machine is not None and instances.running(machine) else None

    def delete(self, _call: Call, resource_id: str, _inputs: Values, _recorded: Values) -> None:
        """Remove it with its disk."""
        instances.delete(resource_id)


def _outputs(machine: store.Machine) -> dict[str, Any]:
    return {
        "hostname": machine.id,
        "address": machine.address,
        "machineId": machine.machine_id,
        "bootLog": str(instances.boot_log(machine)),
    }
