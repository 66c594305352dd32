"""Instance templates: what a managed group makes its machines of. Nothing of one ever changes."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, Values
from crosscloud.plugins.simulated_gcp import catalogue, instance_rules, names
from crosscloud.plugins.simulated_gcp.base import GoogleResource, number
from crosscloud.plugins.simulated_gcp.instances import ensure_account

_PLACES = {"machineType": "machineType", "image": "disks[0].sourceImage", "disk": "disks[0].diskType"}


class InstanceTemplate(GoogleResource):
    """A global instance template."""

    sdk = "pulumi_gcp.compute:InstanceTemplate"
    collection = "instanceTemplates"
    computed = (
        "selfLink", "selfLinkUnique", "creationTimestamp", "numericId", "metadataFingerprint", "tagsFingerprint",
        "effectiveLabels", "pulumiLabels",
    )  # fmt: skip
    replace_on = frozenset({"*"})
    labelled = ("labels", "disks[0].labels")
    references: ClassVar = {"networkInterfaces[].subnetwork": "Subnetwork", "networkInterfaces[].network": "Network"}

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold it to what instances are held to, but for what depends on the zone."""
        yield from names.name("name", new.get("name"))
        for place in self.labelled:
            yield from names.labels(place, catalogue.at_place(new, place))
        yield from instance_rules.machine(new)
        yield from catalogue.machine_rules(_PLACES, new, zone=None)
        disks = new.get("disks")
        if isinstance(disks, list) and not any(one is UNKNOWN or one.get("boot", True) for one in disks):
            yield CheckFailure("disks", "one of them has to be the boot disk")

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make it, if its service account is there."""
        ensure_account(self, inputs)
        return super().make(call, inputs)

    def outputs(self, call: Call, resource_id: str, inputs: Values) -> Mapping[str, Any]:
        """Return its links, of which the unique one tells two of the same name apart."""
        own = number(resource_id, call.urn)
        link = names.API + resource_id
        return {
            **super().outputs(call, resource_id, inputs),
            "selfLinkUnique": f"{link}?uniqueId={own}",
            "numericId": own,
            "metadataFingerprint": own[:10],
            "tagsFingerprint": own[-10:],
        }
