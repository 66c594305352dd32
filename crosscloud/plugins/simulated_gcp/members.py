"""The machines of a managed instance group: what Google does by itself to have as many as asked for, all alike."""

import secrets
import string
import time
from collections.abc import Sequence

from crosscloud.plugins.base import Call, PluginError
from crosscloud.plugins.simulated import Record, fabric, faults, rehearsal
from crosscloud.plugins.simulated_gcp import catalogue, names, wiring
from crosscloud.plugins.simulated_gcp.base import GoogleResource
from crosscloud.plugins.simulated_gcp.instances import ensure_account, exhausted, interface_of
from crosscloud.plugins.simulated_gcp.machines import user_data

KIND = "ManagedInstance"
_LETTERS = string.ascii_lowercase + string.digits
#: How long a new machine at most is waited for (``minReadySec``) before an old one goes: machines on this host boot
#: faster than Google's, and a rehearsal is not to wait for nothing.
_LONGEST_WAIT = 30.0


class Members:
    """The members of one group, whose record has to be there."""

    def __init__(self, manager: GoogleResource, call: Call, group: Record) -> None:
        self._manager, self._call, self._group, self._cloud = manager, call, group, manager.cloud
        self._zones: Sequence[str] = group.inputs.get("distributionPolicyZones") or catalogue.zones(
            group.outputs["region"]
        )

    def all(self) -> list[Record]:
        """Return the records of the members."""
        return [one for one in self._cloud.records(KIND) if self._group.id in one.refers]

    def reconcile(self) -> None:
        """Put back what died, roll over to the group's template, and have as many as asked for.

        Where a zone has no room another one gets the machine; where none has, it is missing, as it is at Google until
        there is room, and the group goes on trying whenever it is looked at.
        """
        template = self._template()
        for member in self.all():
            if not fabric.running(member.id):
                self._repair(member, template)
        old = [one for one in self.all() if one.outputs["template"] != template.id]
        self._grow(template, more=min(len(old), self._surge()))
        self._replace(old, template)
        while len(self.all()) > self.size():
            self._end(self._one_too_many())

    def size(self) -> int:
        """Return how many there are to be: the group's size, within the bounds of an autoscaler if it has one."""
        wanted = int(self._group.inputs.get("targetSize") or 0)
        for scaler in self._cloud.records("RegionAutoscaler"):
            if self._group.id in scaler.refers:
                policy = scaler.inputs["autoscalingPolicy"]
                wanted = min(max(wanted, int(policy["minReplicas"])), int(policy["maxReplicas"]))
        return wanted

    def end(self) -> None:
        """Remove all of them."""
        for member in self.all():
            self._end(member)

    def _surge(self) -> int:
        return int((self._group.inputs.get("updatePolicy") or {}).get("maxSurgeFixed") or len(self._zones))

    def _replace(self, old: Sequence[Record], template: Record) -> None:
        """Remove the old ones, a batch at a time, each after as many new ones have had time to begin."""
        step = max(1, self._surge())
        for start in range(0, len(old), step):
            self._wait()
            for member in old[start : start + step]:
                self._end(member)
            self._grow(template, more=min(len(old[start + step :]), step))

    def _wait(self) -> None:
        seconds = min(float((self._group.inputs.get("updatePolicy") or {}).get("minReadySec") or 0), _LONGEST_WAIT)
        if seconds and rehearsal.machines():
            self._call.status(f"new machines of {self._group.inputs['name']} have {seconds:.0f} s to begin")
            time.sleep(seconds)

    def _grow(self, template: Record, *, more: int) -> None:
        """Boot machines until there are ``more`` than asked for, as long as there is room."""
        while len(self.all()) < self.size() + more:
            if not self._add(template):
                where = ", ".join(self._zones)
                self._call.log("warning", f"{self._group.id}: no zone of {where} has room for a machine")
                return

    def _repair(self, member: Record, template: Record) -> None:
        """Make a machine that died anew under its own name, as Google does; one of an older template only goes.

        https://cloud.google.com/compute/docs/instance-groups/about-repair-in-mig
        """
        if member.outputs["template"] != template.id:
            self._end(member)
        elif self._has_room(member.outputs["zone"], template):
            fabric.halt(member.id)
            self._start(member)

    def _add(self, template: Record) -> bool:
        """Boot a machine in the zone that has the fewest, of those that have room; return whether there was any."""
        count = {zone: sum(one.outputs["zone"] == zone for one in self.all()) for zone in self._zones}
        for zone in sorted(self._zones, key=lambda zone: (count[zone], zone)):
            if self._has_room(zone, template):
                self._start(self._new(template, zone))
                return True
        return False

    def _has_room(self, zone: str, template: Record) -> bool:
        size = template.inputs["machineType"]
        if size not in {one["name"] for one in catalogue.machine_types(zone)}:
            raise PluginError(f"Machine type with name '{size}' does not exist in zone '{zone}'")
        try:
            faults.capacity(zone, exhausted(self._group.outputs["project"], zone, size))
        except PluginError as error:
            self._call.log("warning", str(error).partition("\n")[0])
            return False
        return True

    def _new(self, template: Record, zone: str) -> Record:
        """Note a new member, with an address."""
        ensure_account(self._manager, template.inputs)
        name = f"{self._group.inputs['baseInstanceName']}-{''.join(secrets.choice(_LETTERS) for _ in range(4))}"
        member = f"projects/{self._group.outputs['project']}/zones/{zone}/instances/{name}"
        with self._cloud.transaction():
            interface = interface_of(self._manager, self._call, template.inputs["networkInterfaces"][0])
            outputs = {"zone": zone, "name": name, "template": template.id, "networkInterfaces": [interface]}
            refers = [self._group.id, names.identifier(interface["subnetwork"])]
            return self._cloud.put(KIND, member, template.inputs, outputs, urn=self._call.urn, refers=refers)

    def _start(self, member: Record) -> None:
        wiring.apply(self._cloud)  # before it boots: what it reaches first is the outside
        interface = member.outputs["networkInterfaces"][0]
        fabric.boot(
            member.id,
            names.identifier(interface["subnetwork"]),
            hostname=member.outputs["name"],
            address=interface["networkIp"],
            user_data=user_data(member.inputs),
            report=self._call.status,
        )

    def _end(self, member: Record) -> None:
        fabric.halt(member.id)
        self._cloud.drop(KIND, member.id)
        wiring.apply(self._cloud)

    def _one_too_many(self) -> Record:
        """Return the member to go: of the zone that has most."""
        members = self.all()
        return max(
            members, key=lambda one: (sum(other.outputs["zone"] == one.outputs["zone"] for other in members), one.id)
        )

    def _template(self) -> Record:
        reference = self._group.inputs["versions"][0]["instanceTemplate"]
        found = self._manager.find("InstanceTemplate", reference)
        if found is None:
            raise PluginError(self._manager.missing(self._call, "versions", "InstanceTemplate", reference))
        return found


def reconcile(manager: GoogleResource, call: Call, group: str) -> None:
    """Reconcile the members of the group with this id, if it is there."""
    record = manager.cloud.get("RegionInstanceGroupManager", group)
    if record is not None:
        Members(manager, call, record).reconcile()
