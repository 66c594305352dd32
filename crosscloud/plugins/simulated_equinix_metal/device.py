"""The resource ``Device``: a machine of a project, which boots on this host."""

import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, Values
from crosscloud.plugins.simulated import RecordedMachine, data, fabric, faults
from crosscloud.plugins.simulated_equinix_metal import metro
from crosscloud.plugins.simulated_equinix_metal.account import project_rule
from crosscloud.plugins.simulated_equinix_metal.reserved_ip_block import metro_rule

_HOSTNAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*", re.IGNORECASE)
_LONGEST_HOSTNAME = 255
#: Equinix documents no limit; this is what a text column of its kind holds, so that no stack relies on more.
USER_DATA_LIMIT = 65535
#: https://deploy.equinix.com/developers/docs/metal/server-metadata/user-data
_FORMATS = ("#cloud-config", "#!")


class Device(RecordedMachine):
    """A device has a private address in its project's network of the metro, and a public one that is told alone."""

    sdk = "pulumi_equinix_metal:Device"
    computed = (
        *("accessPrivateIpv4", "accessPublicIpv4", "accessPublicIpv6", "created", "deployedFacility"),
        *("deployedHardwareReservationId", "locked", "networkType", "networks", "ports", "rootPassword"),
        *("sshKeyIds", "state", "updated"),
    )
    #: ForceNew in terraform-provider-metal's resource_metal_device.go, user and custom data by its CustomizeDiff.
    replace_on = (
        *("projectId", "operatingSystem", "metro", "facilities", "plan", "billingCycle", "hardwareReservationId"),
        *("storage", "projectSshKeyIds", "userData", "customData"),
    )
    references: ClassVar[Mapping[str, str]] = {"projectSshKeyIds[]": "ProjectSshKey"}

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        """What Equinix answers 422 to."""
        yield from project_rule(new)
        yield from metro_rule(new)
        if not new.get("metro"):
            yield CheckFailure("metro", "one of facilities and metro must be configured; rehearsed are metros alone")
        hostname = new.get("hostname", UNKNOWN)
        if hostname is not UNKNOWN and (len(hostname) > _LONGEST_HOSTNAME or not _HOSTNAME.fullmatch(hostname)):
            reason = "422 Hostname must be a valid hostname: letters, digits, hyphens and dots"
            yield CheckFailure("hostname", f"{reason}; {hostname!r} is not")
        if new.get("billingCycle", "hourly") not in ("hourly", "monthly", UNKNOWN):
            yield CheckFailure("billingCycle", f"{new['billingCycle']!r} is neither hourly nor monthly")
        yield from _hardware(new)
        yield from _user_data(new)
        kinds = [one.get("type") for one in new.get("ipAddresses") or []]
        if kinds and "private_ipv4" not in kinds:
            yield CheckFailure("ipAddresses", "422 a private_ipv4 address is required")

    def identify(self, _call: Call, _inputs: Values) -> str:
        """Return a UUID."""
        return str(uuid.uuid4())

    def outputs(self, _call: Call, _id: str, inputs: Values) -> Mapping[str, Any]:
        """Give it its addresses."""
        catalogue = data("crosscloud.plugins.simulated_equinix_metal", "catalogue")
        place = metro.network(self.cloud, inputs["projectId"], inputs["metro"])
        private = metro.next_address(self.cloud, place)
        networks = metro.addresses_of(place, private)
        return {
            "accessPrivateIpv4": private,
            "accessPublicIpv4": networks[0]["address"],
            "deployedFacility": catalogue["metros"][inputs["metro"]],
            "locked": False,
            "networkType": "layer3",
            "networks": networks,
            "sshKeyIds": inputs.get("projectSshKeyIds") or [],
            "state": "active",
        }

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Boot it."""
        place, plan = inputs["metro"], inputs["plan"]
        faults.capacity(place, f"422 The metro {place} has no provisionable {plan} servers matching your criteria")
        made, outputs = super().make(call, inputs)
        metro.sync(self.cloud, inputs["projectId"], place)
        metro.boot(self.cloud, made, call.status)
        return made, outputs

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Tell the device of it by its metadata."""
        outputs = super().change(call, resource_id, old_inputs, old_outputs, new)
        metro.sync(self.cloud, new["projectId"], new["metro"])
        return outputs

    def remove(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """End it; its BGP session goes with it."""
        for session in self.cloud.records("BgpSession"):
            if session.inputs["deviceId"] == resource_id:
                self.cloud.drop("BgpSession", session.id)
        fabric.halt(resource_id)
        super().remove(call, resource_id, inputs, outputs)
        metro.sync(self.cloud, inputs["projectId"], inputs["metro"])


def _hardware(new: Values) -> Iterator[CheckFailure]:
    catalogue = data("crosscloud.plugins.simulated_equinix_metal", "catalogue")
    plans, systems = catalogue["plans"], catalogue["operating_systems"]
    plan, system = new.get("plan", UNKNOWN), new.get("operatingSystem", UNKNOWN)
    if plan is not UNKNOWN and plan not in plans:
        yield CheckFailure("plan", f"422 {plan} is not a valid plan; there are {', '.join(plans)}")
    if system is not UNKNOWN and system not in systems:
        reason = f"422 {system} is not a valid operating_system; there are {', '.join(systems)}"
        yield CheckFailure("operatingSystem", reason)
    elif system is not UNKNOWN and plan in plans and plans[plan] not in systems[system]:
        yield CheckFailure("operatingSystem", f"422 {system} can't be provisioned on {plan}")


def _user_data(new: Values) -> Iterator[CheckFailure]:
    text = new.get("userData")
    if not isinstance(text, str):
        return
    if not text.startswith(_FORMATS):
        yield CheckFailure("userData", "422 Userdata unrecognized userdata format; it begins with #cloud-config or #!")
    if len(text.encode()) > USER_DATA_LIMIT:
        yield CheckFailure("userData", f"has {len(text.encode())} bytes; at most {USER_DATA_LIMIT}")
