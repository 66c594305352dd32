"""Regional managed instance groups, and their autoscalers."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, Diff, Values
from crosscloud.plugins.simulated_gcp import catalogue, names, wiring
from crosscloud.plugins.simulated_gcp.base import GoogleResource, number
from crosscloud.plugins.simulated_gcp.members import Members, reconcile

#: A member's name has the group's base name, a hyphen and four characters.
_LONGEST_BASE = 58
_SHAPES = ("EVEN", "BALANCED", "ANY", "ANY_SINGLE_ZONE")


class RegionInstanceGroupManager(GoogleResource):
    """A managed group: it looks after its machines whenever it is made, changed, compared or looked at."""

    sdk = "pulumi_gcp.compute:RegionInstanceGroupManager"
    collection, level = "instanceGroupManagers", "region"
    computed = ("selfLink", "creationTimestamp", "fingerprint", "instanceGroup", "instanceGroupManagerId", "statuses")
    replace_on = frozenset(
        {"baseInstanceName", "name", "region", "description", "project", "distributionPolicyZones", "params"}
    )
    references: ClassVar = {"versions[].instanceTemplate": "InstanceTemplate"}

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold it to what the API asks of groups over zones."""
        yield from super().rules(call, new)
        yield from names.name("baseInstanceName", new.get("baseInstanceName"), _LONGEST_BASE)
        versions = new.get("versions")
        if isinstance(versions, list) and len(versions) != 1:
            yield CheckFailure("versions", f"the rehearsal models groups with one version, not {len(versions)}")
        zones = new.get("distributionPolicyZones")
        for index, zone in enumerate(zones if isinstance(zones, list) else []):
            if zone is not UNKNOWN and zone not in catalogue.all_zones():
                yield CheckFailure(f"distributionPolicyZones[{index}]", f"{zone!r} is no zone of Google's")
        policy = new.get("updatePolicy")
        shape = new.get("distributionPolicyTargetShape", "EVEN")
        if shape not in (*_SHAPES, UNKNOWN):
            yield CheckFailure("distributionPolicyTargetShape", f"{shape!r} is none of {', '.join(_SHAPES)}")
        if isinstance(policy, Mapping):
            yield from _policy(policy, len(zones) if isinstance(zones, list) else 3, shape)

    def outputs(self, call: Call, resource_id: str, inputs: Values) -> Mapping[str, Any]:
        """Return the links of the group and of its manager."""
        own = number(resource_id, call.urn)
        group = resource_id.replace("/instanceGroupManagers/", "/instanceGroups/")
        return {
            **super().outputs(call, resource_id, inputs),
            "instanceGroup": names.API + group,
            "instanceGroupManagerId": int(own) % 10**12,
            "fingerprint": own[:12],
            "statuses": [{"isStable": True}],
        }

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make the group and its machines."""
        made, outputs = super().make(call, inputs)
        reconcile(self, call, made)
        return made, outputs

    def diff(self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new_inputs: Values) -> Diff:
        """Let pass what Google would have done by itself by now, too: a program that is run again asks for no look."""
        reconcile(self, call, resource_id)
        return super().diff(call, resource_id, old_inputs, old_outputs, new_inputs)

    def look(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> Mapping[str, Any] | None:
        """Google puts back a machine that died by itself: here that happens when the group is looked at."""
        found = super().look(call, resource_id, inputs, outputs)
        if found is not None:
            reconcile(self, call, resource_id)
        return found

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Roll its machines over to a new template, and have as many as asked for."""
        changed = super().change(call, resource_id, old_inputs, old_outputs, new)
        reconcile(self, call, resource_id)
        return changed

    def remove(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Remove the group with its machines."""
        record = self.cloud.get(self.kind, resource_id)
        if record is not None:
            Members(self, call, record).end()
        super().remove(call, resource_id, inputs, outputs)
        wiring.apply(self.cloud)


class RegionAutoscaler(GoogleResource):
    """An autoscaler: in the rehearsal it keeps its group's size within its bounds; it measures no load."""

    sdk = "pulumi_gcp.compute:RegionAutoscaler"
    collection, level = "autoscalers", "region"
    replace_on = frozenset({"name", "region", "project"})
    references: ClassVar = {"target": "RegionInstanceGroupManager"}

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold the bounds to each other."""
        yield from super().rules(call, new)
        policy = new.get("autoscalingPolicy")
        if not isinstance(policy, Mapping):
            return
        fewest, most = policy.get("minReplicas"), policy.get("maxReplicas")
        if isinstance(fewest, int) and isinstance(most, int) and fewest > most:
            yield CheckFailure("autoscalingPolicy.minReplicas", "is more than maxReplicas")

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Bring the group within the bounds."""
        made, outputs = super().make(call, inputs)
        self._scale(call, made)
        return made, outputs

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Bring the group within the bounds."""
        changed = super().change(call, resource_id, old_inputs, old_outputs, new)
        self._scale(call, resource_id)
        return changed

    def _scale(self, call: Call, resource_id: str) -> None:
        record = self.cloud.get(self.kind, resource_id)
        for group in record.refers if record else []:
            reconcile(self, call, group)


def _policy(policy: Mapping[str, Any], zones: int, shape: Any) -> Iterator[CheckFailure]:
    for key in ("maxSurgeFixed", "maxUnavailableFixed"):
        value = policy.get(key)
        if isinstance(value, int) and 0 < value < zones:
            yield CheckFailure(
                f"updatePolicy.{key}",
                f"Fixed updatePolicy.{key.removesuffix('Fixed')} for regional managed instance group has to be either "
                f"0 or at least equal to the number of zones, {zones}",
            )
    if policy.get("maxSurgeFixed") == 0 and policy.get("maxUnavailableFixed") == 0:
        yield CheckFailure("updatePolicy.maxSurgeFixed", "is 0, and so is maxUnavailableFixed: one has to be more")
    redistribution = policy.get("instanceRedistributionType", "PROACTIVE")
    if shape not in ("EVEN", UNKNOWN) and redistribution not in ("NONE", UNKNOWN):
        reason = f"has to be NONE for the target shape {shape}"
        yield CheckFailure("updatePolicy.instanceRedistributionType", reason)
