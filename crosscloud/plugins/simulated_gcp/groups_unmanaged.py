"""Unmanaged instance groups, and instances in them."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from crosscloud.plugins.base import Call, CheckFailure, Values
from crosscloud.plugins.simulated_gcp import names, wiring
from crosscloud.plugins.simulated_gcp.base import GoogleResource
from crosscloud.plugins.simulated_gcp.machines import machine


class InstanceGroup(GoogleResource):
    """A group of a zone; instances come into it by memberships."""

    sdk = "pulumi_gcp.compute:InstanceGroup"
    collection, level = "instanceGroups", "zone"
    computed = ("selfLink", "size", "instances")
    replace_on = frozenset({"name", "zone", "description", "network", "project"})
    references: ClassVar = {"network": "Network"}

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold the named ports to Google's rules."""
        yield from super().rules(call, new)
        for index, port in enumerate(new.get("namedPorts") or []):
            yield from names.name(f"namedPorts[{index}].name", port.get("name"))
        if new.get("instances"):
            yield CheckFailure(
                "instances", "the rehearsal models groups whose instances come by InstanceGroupMembership"
            )

    def outputs(self, call: Call, resource_id: str, inputs: Values) -> Mapping[str, Any]:
        """Begin empty."""
        return {**super().outputs(call, resource_id, inputs), "size": 0, "instances": []}


class InstanceGroupMembership(GoogleResource):
    """An instance in a group; it goes with its instance."""

    sdk = "pulumi_gcp.compute:InstanceGroupMembership"
    collection, level = "instanceGroups", "zone"
    autoname = ""
    computed = ()
    replace_on = frozenset({"instance", "instanceGroup", "zone", "project"})
    references: ClassVar = {"instance": "Instance", "instanceGroup": "InstanceGroup"}

    def identify(self, _call: Call, inputs: Values) -> str:
        """Return the provider's id, "PROJECT/ZONE/GROUP/INSTANCE"."""
        zone = self.location(inputs).partition("/")[2]
        group, instance = names.last(inputs["instanceGroup"]), names.last(inputs["instance"])
        return f"{self.project(inputs)}/{zone}/{group}/{instance}"

    def outputs(self, _call: Call, _id: str, inputs: Values) -> Mapping[str, Any]:
        """Return where it is."""
        return {"project": self.project(inputs), "zone": self.location(inputs).partition("/")[2]}

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Put the instance behind the load balancers of its group."""
        self._ensure_together(inputs)
        made = super().make(call, inputs)
        wiring.apply(self.cloud)
        return made

    def look(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> Mapping[str, Any] | None:
        """There is none without its instance."""
        if self.find("Instance", inputs.get("instance") or "") is None:
            self.cloud.drop(self.kind, resource_id)
            return None
        return super().look(call, resource_id, inputs, outputs)

    def remove(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Take the instance from behind the load balancers."""
        super().remove(call, resource_id, inputs, outputs)
        wiring.apply(self.cloud)

    def _ensure_together(self, inputs: Values) -> None:
        """An instance and its group are in one zone and one network."""
        instance, group = self.find("Instance", inputs["instance"]), self.find("InstanceGroup", inputs["instanceGroup"])
        if instance is None or group is None:
            return  # what is missing is told by the base
        if instance.outputs["zone"] != group.outputs["zone"]:
            why = f"the group '{group.id}' is in another zone"
            raise self.invalid("instances", instance.id, why)
        subnetwork = self.cloud.get("Subnetwork", machine(instance).subnetwork)
        if subnetwork is not None and not {*subnetwork.refers} & {*group.refers}:
            raise self.invalid("instances", instance.id, f"the group '{group.id}' is in another network")
