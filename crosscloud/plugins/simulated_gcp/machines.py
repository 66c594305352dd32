"""The machines of the simulated Compute Engine: instances, and the members of managed groups."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from crosscloud.plugins.base import PluginError
from crosscloud.plugins.simulated import Cloud, Record
from crosscloud.plugins.simulated_gcp import names
from crosscloud.plugins.simulated_gcp.filtering import End

#: The kinds of records that are machines. A member's ``inputs`` are those of its group's template.
KINDS = ("Instance", "ManagedInstance")
#: In every range Google keeps the first two addresses and the last two:
#: https://cloud.google.com/vpc/docs/subnets#unusable-ip-addresses-in-every-subnet
_KEPT = 2


@dataclass(frozen=True)
class Machine:
    """A machine in its network; ``subnetwork`` is the id of the subnetwork it is in."""

    id: str
    address: str
    subnetwork: str
    tags: tuple[str, ...]
    account: str

    @property
    def end(self) -> End:
        """The machine as an end of connections."""
        return End(self.address, self.tags, self.account)


def machines(cloud: Cloud) -> Iterator[Machine]:
    """Yield all machines, whether they run or not."""
    for kind in KINDS:
        for record in cloud.records(kind):
            yield machine(record)


def machine(record: Record) -> Machine:
    """Return the machine of a record."""
    interface = record.outputs["networkInterfaces"][0]
    return Machine(
        record.id,
        interface["networkIp"],
        names.identifier(interface["subnetwork"]),
        tuple(record.inputs.get("tags") or ()),
        (record.inputs.get("serviceAccount") or {}).get("email") or "",
    )


def free_address(cloud: Cloud, subnetwork: Record, wanted: str = "") -> str:
    """Return the first free address of a subnetwork, or ``wanted`` if that is free; call it within a transaction."""
    network = IPv4Network(subnetwork.inputs["ipCidrRange"])
    taken = {one.address for one in machines(cloud) if one.subnetwork == subnetwork.id}
    taken |= {
        one.outputs["address"] for one in cloud.records("Address") if one.outputs.get("addressType") == "INTERNAL"
    }
    if wanted:
        if IPv4Address(wanted) not in network or wanted in taken:
            raise PluginError(
                f"googleapi: Error 400: IP '{wanted}' is already being used by another resource, or is not in "
                f"{subnetwork.id}., invalidResourceUsage"
            )
        return wanted
    for index in range(_KEPT, network.num_addresses - _KEPT):
        if str(network[index]) not in taken:
            return str(network[index])
    raise PluginError(f"googleapi: Error 400: the subnetwork '{subnetwork.id}' has no free address, IP_SPACE_EXHAUSTED")


def user_data(inputs: Mapping[str, Any]) -> str:
    """Return what cloud-init finds in a machine's metadata: https://docs.cloud-init.io/en/latest/reference/datasources/gce.html"""
    return str((inputs.get("metadata") or {}).get("user-data", ""))
