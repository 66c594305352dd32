"""Virtual machines that stand alone, and availability sets."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, PluginError, Values
from crosscloud.plugins.simulated import Record, RecordedMachine, fabric
from crosscloud.plugins.simulated_azure_native import profiles, wiring
from crosscloud.plugins.simulated_azure_native.base import AzureResource, place, zone_rules
from crosscloud.plugins.simulated_azure_native.groups import identity_outputs

_LONGEST_COMPUTER_NAME = 64
#: What Azure refuses to change on a machine that is there (its error PropertyChangeNotAllowed).
_FIXED = (
    "osProfile", "storageProfile.imageReference", "storageProfile.osDisk", "availabilitySet", "zones",
    "securityProfile.securityType", "networkProfile",
)  # fmt: skip


class AvailabilitySet(AzureResource):
    """Keeps machines on different racks of a location."""

    sdk = "pulumi_azure_native.compute:AvailabilitySet"
    namespace, named = "Microsoft.Compute/availabilitySets", "availabilitySetName"
    computed = (*AzureResource.computed, "statuses", "virtualMachineScaleSetMigrationInfo")
    unmodelled = ("virtualMachines", "proximityPlacementGroup")

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold it to the fault domains that its location has."""
        yield from super().rules(call, new)
        known, domains = place(new.get("location")), new.get("platformFaultDomainCount")
        if known and isinstance(domains, int) and not 1 <= domains <= known["faultDomains"]:
            wrong = f"The specified fault domain count {domains} must fall in the range 1 to {known['faultDomains']}"
            yield CheckFailure("platformFaultDomainCount", wrong)
        updates = new.get("platformUpdateDomainCount")
        if isinstance(updates, int) and not 1 <= updates <= 20:  # noqa: PLR2004 - said by the words
            yield CheckFailure("platformUpdateDomainCount", f"is {updates}; 1 to 20 are allowed")
        if (new.get("sku") or {}).get("name") != "Aligned":
            yield CheckFailure("sku.name", "has to be Aligned, for machines with managed disks")


class VirtualMachine(RecordedMachine, AzureResource):
    """A machine: a real one on this host, which boots from its custom data."""

    sdk = "pulumi_azure_native.compute:VirtualMachine"
    namespace, named = "Microsoft.Compute/virtualMachines", "vmName"
    computed = (
        *AzureResource.computed, "etag", "identity", "instanceView", "managedBy", "provisioningState", "resources",
        "timeCreated", "vmId",
    )  # fmt: skip
    recomputed = ("identity",)
    references: ClassVar[Mapping[str, str]] = {
        "networkProfile.networkInterfaces[].id": "NetworkInterface",
        "availabilitySet.id": "AvailabilitySet",
        "identity.userAssignedIdentities[]": "UserAssignedIdentity",
    }
    unmodelled = ("virtualMachineScaleSet", "host", "hostGroup", "plan", "priority", "userData", "capacityReservation")

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold it to what Azure asks of machines."""
        yield from super().rules(call, new)
        yield from zone_rules(new)
        size = (new.get("hardwareProfile") or {}).get("vmSize")
        yield from profiles.size_rules("hardwareProfile.vmSize", size, new.get("location"))
        yield from profiles.profile_rules(new, size, name="computerName", longest=_LONGEST_COMPUTER_NAME)
        if new.get("zones") and new.get("availabilitySet"):
            yield CheckFailure("availabilitySet", "a machine in a zone is in no availability set")
        if isinstance(new.get("zones"), list) and len(new["zones"]) > 1:
            yield CheckFailure("zones", "a machine is in one zone")
        interfaces = (new.get("networkProfile") or {}).get("networkInterfaces")
        if interfaces is not UNKNOWN and len(interfaces or []) != 1:
            path = "networkProfile.networkInterfaces"
            yield CheckFailure(path, "the rehearsal models machines with one interface")

    def outputs(self, call: Call, resource_id: str, inputs: Values) -> Mapping[str, Any]:
        """Give it an id of its own, which its successor of the same name has not."""
        told = super().outputs(call, resource_id, inputs)
        return {**told, "vmId": str(uuid.uuid4()), **identity_outputs(inputs)}

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Boot it, if its zone has room for it."""
        interface = self._interface(inputs)
        for user in self.cloud.referrers(interface.id) if interface else []:
            if user.kind == self.kind and user.urn != call.urn:
                raise self.invalid(
                    "NicInUse",
                    f"Network Interface {interface and interface.id} is used by existing resource {user.id}.",
                )
        zone = (inputs.get("zones") or [""])[0]
        profiles.capacity(inputs["hardwareProfile"]["vmSize"], inputs["location"], zone)
        made, outputs = super().make(call, inputs)
        interface = self._interface(inputs)
        if interface is None:
            raise PluginError(f"{made} has no interface")
        config = interface.outputs["ipConfigurations"][0]
        fabric.boot(
            made,
            wiring.network_of(config["subnet"]["id"]),
            hostname=inputs["osProfile"]["computerName"],
            address=config["privateIPAddress"],
            user_data=profiles.user_data(inputs),
            report=call.status,
        )
        return made, outputs

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Change tags and the like; Azure refuses the rest, and a resize is not modelled."""
        profiles.fixed_rules(old_inputs, new, _FIXED)
        if old_inputs["hardwareProfile"] != new["hardwareProfile"]:
            raise PluginError("the rehearsal does not model another size for a machine that stays; replace it")
        outputs = super().change(call, resource_id, old_inputs, old_outputs, new)
        return {**outputs, **identity_outputs(new)}

    def remove(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """End it; its disk goes with it, if that was asked for."""
        super().remove(call, resource_id, inputs, outputs)
        fabric.halt(resource_id)

    def _interface(self, inputs: Mapping[str, Any]) -> Record | None:
        return self.cloud.get("NetworkInterface", inputs["networkProfile"]["networkInterfaces"][0]["id"])
