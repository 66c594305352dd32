"""Instances: each is a real machine on this host."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, PluginError, Values
from crosscloud.plugins.simulated import RecordedMachine, fabric, faults
from crosscloud.plugins.simulated_gcp import catalogue, instance_rules, names, wiring
from crosscloud.plugins.simulated_gcp.base import GoogleResource, number
from crosscloud.plugins.simulated_gcp.machines import free_address, user_data

_PLACES = {
    "machineType": "machineType",
    "image": "bootDisk.initializeParams.image",
    "disk": "bootDisk.initializeParams.type",
}
#: What the provider changes in place, but only on a machine that is stopped.
_STOPPING = (
    "machineType", "minCpuPlatform", "networkInterfaces", "serviceAccount", "enableDisplay", "shieldedInstanceConfig",
)  # fmt: skip


class Instance(RecordedMachine, GoogleResource):
    """An instance: made of its image and user-data."""

    sdk = "pulumi_gcp.compute:Instance"
    collection, level = "instances", "zone"
    computed = (
        "selfLink", "creationTimestamp", "instanceId", "cpuPlatform", "currentStatus", "metadataFingerprint",
        "tagsFingerprint", "effectiveLabels", "pulumiLabels",
    )  # fmt: skip
    labelled = ("labels", "bootDisk.initializeParams.labels")
    #: The ones of the provider's schema that it marks ForceNew, of those that the rehearsal takes.
    replace_on = frozenset(
        {
            "name", "zone", "project", "hostname", "bootDisk.deviceName", "bootDisk.mode", "bootDisk.source",
            "bootDisk.initializeParams.image", "bootDisk.initializeParams.type", "bootDisk.initializeParams.snapshot",
            "bootDisk.initializeParams.architecture", "bootDisk.initializeParams.provisionedIops", "params",
            "confidentialInstanceConfig", "guestAccelerators", "scratchDisks", "reservationAffinity",
            "keyRevocationActionType", "scheduling.preemptible", "scheduling.provisioningModel",
            "instanceEncryptionKey",
        }
    )  # fmt: skip
    references: ClassVar = {"networkInterfaces[].subnetwork": "Subnetwork", "networkInterfaces[].network": "Network"}

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold the machine to what Google offers in its zone."""
        yield from names.name("name", new.get("name"))
        for place in self.labelled:
            yield from names.labels(place, catalogue.at_place(new, place))
        yield from instance_rules.machine(new)
        yield from catalogue.machine_rules(_PLACES, new, zone=new.get("zone"))

    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """In a preview the address is not known."""
        made, outputs = super().create(call, inputs)
        if call.preview:
            interfaces = inputs["networkInterfaces"]
            known = interfaces is not UNKNOWN
            outputs = {
                **outputs,
                "networkInterfaces": [{**one, "networkIp": UNKNOWN} for one in interfaces] if known else UNKNOWN,
            }
        return made, outputs

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Boot the machine."""
        zone, size = str(inputs["zone"]), inputs["machineType"]
        faults.capacity(zone, exhausted(self.project(inputs), zone, size))
        ensure_account(self, inputs)
        made, outputs = super().make(call, inputs)
        wiring.apply(self.cloud)  # before it boots: what it reaches first is the outside
        interface = outputs["networkInterfaces"][0]
        fabric.boot(
            made,
            names.identifier(interface["subnetwork"]),
            hostname=inputs["name"],
            address=interface["networkIp"],
            user_data=user_data(inputs),
            report=call.status,
        )
        return made, outputs

    def outputs(self, call: Call, resource_id: str, inputs: Values) -> Mapping[str, Any]:
        """Give it an address and a number."""
        own = number(resource_id, call.urn)
        return {
            **super().outputs(call, resource_id, inputs),
            "networkInterfaces": [interface_of(self, call, inputs["networkInterfaces"][0])],
            "instanceId": own,
            "cpuPlatform": "Intel Broadwell",
            "currentStatus": "RUNNING",
            "metadataFingerprint": own[:10],
            "tagsFingerprint": own[-10:],
        }

    def update(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new_inputs: Values
    ) -> Mapping[str, Any]:
        """Its interface keeps its address."""
        changed = super().update(call, resource_id, old_inputs, old_outputs, new_inputs)
        return {**changed, "networkInterfaces": old_outputs["networkInterfaces"]}

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Take new labels, metadata and tags; refuse what a machine has to be stopped for."""
        stopping = [key for key in _STOPPING if old_inputs.get(key) != new.get(key)]
        if stopping and not new.get("allowStoppingForUpdate"):
            raise PluginError(
                f"Changing the {', '.join(stopping)} on a started instance requires stopping it. To acknowledge this, "
                "please set allow_stopping_for_update = true in your config."
            )
        if stopping:
            raise PluginError(
                f"the rehearsal does not stop machines to change their {', '.join(stopping)}; Google does"
            )
        super().change(call, resource_id, old_inputs, old_outputs, new)
        changed = self.note(resource_id, networkInterfaces=old_outputs["networkInterfaces"])
        wiring.apply(self.cloud)
        return changed

    def remove(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """End the machine."""
        fabric.halt(resource_id)
        super().remove(call, resource_id, inputs, outputs)
        wiring.apply(self.cloud)

    def remove_dead(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Its membership in a group goes with it."""
        for membership in self.cloud.referrers(resource_id):
            self.cloud.drop(membership.kind, membership.id)
        super().remove_dead(call, resource_id, inputs, outputs)


def exhausted(project: str, zone: str, size: str) -> str:
    """Return Google's words for a zone that has no room."""
    return (
        f"Error creating instance: googleapi: Error 503: The zone 'projects/{project}/zones/{zone}' does not have "
        f"enough resources available to fulfill the request. A {size} VM instance is currently unavailable in the "
        f"{zone} zone., ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS"
    )


def ensure_account(resource: GoogleResource, inputs: Mapping[str, Any]) -> None:
    """Raise unless the machine's service account is there."""
    email = (inputs.get("serviceAccount") or {}).get("email")
    if email and not any(one.outputs["email"] == email for one in resource.cloud.records("Account")):
        raise PluginError(
            "Error creating instance: googleapi: Error 400: The user does not have access to service account "
            f"'{email}'. Ask a project owner to grant you the iam.serviceAccountUser role on the service account., "
            "SERVICE_ACCOUNT_ACCESS_DENIED"
        )


def interface_of(resource: GoogleResource, call: Call, interface: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a machine's interface with a free address; call it within a transaction."""
    subnetwork = resource.find("Subnetwork", interface["subnetwork"])
    if subnetwork is None:
        raise PluginError(resource.missing(call, "subnetwork", "Subnetwork", interface["subnetwork"]))
    return {
        **interface,
        "name": "nic0",
        "network": names.API + subnetwork.refers[0],
        "subnetwork": names.API + subnetwork.id,
        "networkIp": free_address(resource.cloud, subnetwork, interface.get("networkIp") or ""),
    }
