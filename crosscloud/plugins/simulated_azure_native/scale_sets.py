"""Scale sets of virtual machines: as many as asked for, of the newest model."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, Values
from crosscloud.plugins.simulated_azure_native import instances, profiles
from crosscloud.plugins.simulated_azure_native.base import AzureResource, zone_rules
from crosscloud.plugins.simulated_azure_native.groups import identity_outputs

#: A prefix and six characters are at most 64: https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-faq
_LONGEST_PREFIX = 58
#: https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-placement-groups
_MOST, _MOST_OF_ONE_PLACEMENT_GROUP = 1000, 100
#: https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-automatic-instance-repairs
_GRACE_MINUTES = range(10, 91)
_PERCENT = range(5, 101)


class VirtualMachineScaleSet(AzureResource):
    """A uniform scale set, whose instances are real machines on this host.

    One that has died is missing from the capacity that a refresh finds, as if it had been deleted by hand, and comes
    back with the next update; a set that is scaled automatically puts it back by itself.
    """

    sdk = "pulumi_azure_native.compute:VirtualMachineScaleSet"
    namespace, named = "Microsoft.Compute/virtualMachineScaleSets", "vmScaleSetName"
    computed = (*AzureResource.computed, "etag", "identity", "provisioningState", "timeCreated", "uniqueId")
    recomputed = ("identity",)
    references: ClassVar[Mapping[str, str]] = {
        "virtualMachineProfile.networkProfile.networkInterfaceConfigurations[].ipConfigurations[].subnet.id": "Subnet",
        "identity.userAssignedIdentities[]": "UserAssignedIdentity",
    }
    unmodelled = ("plan", "priorityMixPolicy", "skuProfile", "spotRestorePolicy", "hostGroup", "scaleInPolicy")

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold it to what Azure asks of scale sets."""
        yield from super().rules(call, new)
        yield from zone_rules(new)
        sku, profile = new.get("sku") or {}, new.get("virtualMachineProfile")
        yield from profiles.size_rules("sku.name", sku.get("name"), new.get("location"))
        if new.get("orchestrationMode") != "Uniform":
            yield CheckFailure("orchestrationMode", "the rehearsal models Uniform alone")
        most = _MOST if new.get("singlePlacementGroup") is False else _MOST_OF_ONE_PLACEMENT_GROUP
        if isinstance(sku.get("capacity"), int) and not 0 <= sku["capacity"] <= most:
            yield CheckFailure("sku.capacity", f"is {sku['capacity']}; 0 to {most} are allowed")
        if isinstance(profile, Mapping):
            for failure in profiles.profile_rules(
                profile, sku.get("name"), name="computerNamePrefix", longest=_LONGEST_PREFIX
            ):
                yield CheckFailure(f"virtualMachineProfile.{failure.property}", failure.reason)
            yield from _network(profile)
            yield from _health(new, profile)
        else:
            yield CheckFailure("virtualMachineProfile", "is missing")
        yield from _upgrades(new)

    def outputs(self, call: Call, resource_id: str, inputs: Values) -> Mapping[str, Any]:
        """Tell its identities as a map."""
        return {**super().outputs(call, resource_id, inputs), **identity_outputs(inputs)}

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Boot its first instances."""
        made, outputs = super().make(call, inputs)
        instances.reconcile(call, self.cloud, made, inputs)
        return made, outputs

    def look(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> Mapping[str, Any] | None:
        """Return it with the capacity that there really is."""
        found = super().look(call, resource_id, inputs, outputs)
        if found is None:
            return None
        if self._scaled(resource_id):
            instances.reconcile(call, self.cloud, resource_id, found)
        return {**found, "sku": {**found["sku"], "capacity": len(instances.alive(self.cloud, resource_id))}}

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Take the new model, and bring instances to it as the upgrade policy says."""
        old_prefix, prefix = (
            one["virtualMachineProfile"]["osProfile"]["computerNamePrefix"] for one in (old_inputs, new)
        )
        if old_prefix != prefix:
            path = "virtualMachineProfile.osProfile.computerNamePrefix"
            profiles.fixed_rules(old_inputs, new, [path])
        if lost := sorted({*(old_inputs.get("zones") or [])} - {*(new.get("zones") or [])}):
            # https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-zone-enable-existing
            raise self.invalid(
                "ResourceAvailabilityZonesCannotBeModified",
                f"Zones can be added to scale set {resource_id}; {', '.join(lost)} can't be taken from it.",
            )
        outputs = super().change(call, resource_id, old_inputs, old_outputs, new)
        instances.reconcile(call, self.cloud, resource_id, new)
        return {**outputs, **identity_outputs(new)}

    def remove(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """End its instances."""
        super().remove(call, resource_id, inputs, outputs)
        instances.clear(self.cloud, resource_id)

    def _scaled(self, resource_id: str) -> bool:
        settings = self.cloud.records("AutoscaleSetting")
        return any(one.inputs.get("targetResourceUri") == resource_id for one in settings)


def _network(profile: Mapping[str, Any]) -> Iterator[CheckFailure]:
    path = "networkProfile.networkInterfaceConfigurations"
    listed = (profile.get("networkProfile") or {}).get("networkInterfaceConfigurations") or []
    if len(listed) != 1 or len(listed[0].get("ipConfigurations") or []) != 1:
        yield CheckFailure(f"virtualMachineProfile.{path}", "the rehearsal models one interface with one address")
        return
    for part in ("networkSecurityGroup", "dnsSettings", "enableIPForwarding"):
        if listed[0].get(part):
            yield CheckFailure(f"virtualMachineProfile.{path}[0].{part}", "is not modelled by the rehearsal")
    for part in ("publicIPAddressConfiguration", "loadBalancerBackendAddressPools", "applicationSecurityGroups"):
        if listed[0]["ipConfigurations"][0].get(part):
            place = f"virtualMachineProfile.{path}[0].ipConfigurations[0].{part}"
            yield CheckFailure(place, "is not modelled by the rehearsal: it would have no effect")


def _health(new: Values, profile: Mapping[str, Any]) -> Iterator[CheckFailure]:
    """Rolling upgrades and repairs ask the machines themselves how they are."""
    extensions = (profile.get("extensionProfile") or {}).get("extensions") or []
    asked = any(one.get("type") == "ApplicationHealthLinux" for one in extensions)
    probed = (profile.get("networkProfile") or {}).get("healthProbe")
    rolling = (new.get("upgradePolicy") or {}).get("mode") == "Rolling"
    repairs = (new.get("automaticRepairsPolicy") or {}).get("enabled")
    if (rolling or repairs) and not (asked or probed):
        path = "upgradePolicy.mode" if rolling else "automaticRepairsPolicy.enabled"
        wrong = "needs a health probe or the Application Health extension on the virtual machine scale set"
        yield CheckFailure(path, f"BadRequest: {wrong}")
    grace = re.fullmatch(r"PT(\d+)M", str((new.get("automaticRepairsPolicy") or {}).get("gracePeriod") or "PT10M"))
    if not grace or int(grace[1]) not in _GRACE_MINUTES:
        yield CheckFailure("automaticRepairsPolicy.gracePeriod", "PT10M to PT90M are allowed")


def _upgrades(new: Values) -> Iterator[CheckFailure]:
    policy = (new.get("upgradePolicy") or {}).get("rollingUpgradePolicy") or {}
    path = "upgradePolicy.rollingUpgradePolicy"
    if policy is UNKNOWN:
        return
    if policy.get("maxSurge") and new.get("overprovision") is not False:
        yield CheckFailure("overprovision", "MaxSurge is not supported with overprovisioning: has to be false")
    batch, unhealthy = policy.get("maxBatchInstancePercent", 20), policy.get("maxUnhealthyInstancePercent", 20)
    for name in ("maxBatchInstancePercent", "maxUnhealthyInstancePercent"):
        if policy.get(name, 20) not in _PERCENT:
            yield CheckFailure(f"{path}.{name}", f"is {policy[name]}; 5 to 100 are allowed")
    if unhealthy < batch:
        wrong = f"is {unhealthy}, which is less than maxBatchInstancePercent, {batch}"
        yield CheckFailure(f"{path}.maxUnhealthyInstancePercent", wrong)
