"""The base of Google's resources: ids, self links, autonaming, and the words of the API for what is wrong."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from crosscloud.plugins.base import Call, CheckFailure, PluginError, Values
from crosscloud.plugins.simulated import Record, RecordedResource
from crosscloud.plugins.simulated_gcp import names


class GoogleResource(RecordedResource):
    """A resource of Compute Engine.

    ``collection`` is its part of the path ("networks"), ``level`` where it is: "global", "region" or "zone".
    """

    collection: ClassVar[str]
    level: ClassVar[str] = "global"
    autoname = "name"
    computed: ClassVar[Collection[str]] = ("selfLink", "creationTimestamp")
    #: Inputs that hold labels.
    labelled: ClassVar[Sequence[str]] = ()

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold the name and the labels to Google's rules."""
        yield from names.name("name", new.get("name"))
        for place in self.labelled:
            yield from names.labels(place, new.get(place))

    def project(self, inputs: Mapping[str, Any]) -> str:
        """Return the resource's project, or the provider's."""
        project = inputs.get("project") or (self.provider.config.get("project") if self.provider else None)
        if not project:
            raise PluginError(
                "project: required field is not set; set crosscloud:gce.project, gcp:project or $GOOGLE_PROJECT"
            )
        return str(project)

    def location(self, inputs: Mapping[str, Any]) -> str:
        """Return the part of the path that says where: "global", "regions/R" or "zones/Z"."""
        if self.level == "global":
            return "global"
        place = inputs.get(self.level) or (self.provider.config.get(self.level) if self.provider else None)
        if not place:
            raise PluginError(f"{self.level}: required field is not set")
        return f"{self.level}s/{names.last(place)}"

    def identify(self, _call: Call, inputs: Values) -> str:
        """Return "projects/P/global/networks/NAME"."""
        return f"projects/{self.project(inputs)}/{self.location(inputs)}/{self.collection}/{inputs['name']}"

    def outputs(self, _call: Call, resource_id: str, inputs: Values) -> Mapping[str, Any]:
        """Return the self link and, where it takes labels, those that the provider adds."""
        known = self.description.outputs
        found: dict[str, Any] = {"selfLink": names.API + resource_id, "project": self.project(inputs)}
        if self.level != "global":
            found[self.level] = self.location(inputs).partition("/")[2]
        if "creationTimestamp" in known:
            found["creationTimestamp"] = datetime.now(UTC).isoformat(timespec="milliseconds")
        return {**found, **self._labels(inputs)}

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Write the new inputs, and the labels that follow from them."""
        super().change(call, resource_id, old_inputs, old_outputs, new)
        return self.note(resource_id, **self._labels(new))

    def find(self, kind: str, reference: str) -> Record | None:
        """Find by self link or id; by a bare name where an input takes one."""
        wanted = names.identifier(reference)
        if "/" in wanted:
            return self.cloud.get(kind, wanted)
        return next((one for one in self.cloud.records(kind) if one.inputs.get("name") == wanted), None)

    def note(self, resource_id: str, **outputs: Any) -> Mapping[str, Any]:
        """Add outputs to a record, and return all of them."""
        with self.cloud.transaction():
            record = self.cloud.get(self.kind, resource_id)
            if record is None:
                return outputs
            new = {**record.outputs, **outputs}
            self.cloud.put(self.kind, resource_id, record.inputs, new, urn=record.urn, refers=record.refers)
        return new

    def missing(self, _call: Call, _place: str, kind: str, reference: str) -> str:
        """Return Google's words."""
        return (
            f"Error creating {self.kind}: googleapi: Error 404: The {kind} resource '{names.identifier(reference)}' "
            "was not found, notFound"
        )

    def in_use(self, _call: Call, record: Record, referrers: Sequence[Record]) -> str:
        """Return Google's words."""
        return (
            f"Error deleting {self.kind}: googleapi: Error 400: The {self.collection} resource '{record.id}' is "
            f"already being used by '{referrers[0].id}', resourceInUseByAnotherResource"
        )

    def taken(self, _call: Call, record: Record) -> str:
        """Return Google's words."""
        return (
            f"Error creating {self.kind}: googleapi: Error 409: The resource '{record.id}' already exists, "
            "alreadyExists"
        )

    def invalid(self, field: str, value: Any, why: str) -> PluginError:
        """Return the error by which Google refuses a value that only other resources make wrong."""
        return PluginError(
            f"Error creating {self.kind}: googleapi: Error 400: Invalid value for field 'resource.{field}': '{value}'. "
            f"{why}, invalid"
        )

    def _labels(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        if "effectiveLabels" not in self.description.outputs:
            return {}
        every = {**(inputs.get("labels") or {}), "goog-pulumi-provisioned": "true"}
        return {"effectiveLabels": every, "pulumiLabels": every}


def number(resource_id: str, urn: str) -> str:
    """Return a number as Google gives everything: its own for each creation of a resource of the same name."""
    seed = f"{resource_id} {urn} {datetime.now(UTC).isoformat()}"
    return str(int(hashlib.sha256(seed.encode()).hexdigest()[:15], 16))
