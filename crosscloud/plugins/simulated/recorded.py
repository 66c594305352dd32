"""Resources of clouds that nobody simulates well: kept as records, with the rules that every cloud has.

What a resource refers to has to exist, what is referred to can't be deleted, and names are unique in their scope.
"""

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from crosscloud.errors import CrosscloudError
from crosscloud.plugins.base import Call, PartialFailure, PluginError, Read, Values
from crosscloud.plugins.simulated.cloud import Cloud, Record
from crosscloud.plugins.simulated.resource import SimulatedResource
from crosscloud.plugins.simulated.values import at


class RecordedResource(SimulatedResource):
    """A resource whose record is kept by `Cloud`; extend `make`, `look`, `change`, `remove` by what the host is to do.

    `make` takes over what an interrupted run left for the same URN. If an extended `make` fails, what was begun is
    removed again by `remove`, as a cloud rolls back.
    """

    #: Where inputs hold ids, and of which kinds of records ("Subnet", or "Subnet|Network").
    references: ClassVar[Mapping[str, str]] = {}
    #: Inputs whose values together no other record of the kind and `scope` has.
    unique: ClassVar[Collection[str]] = ()

    cloud = Cloud()

    def __init__(self) -> None:
        super().__init__()
        #: Ids by URN of what the latest creation of each made, or took over.
        self._begun: dict[str, str] = {}

    @property
    def kind(self) -> str:
        """What its records are filed under: the name of the SDK's class."""
        return self.sdk.rpartition(":")[2]

    # What a class adds

    def identify(self, _call: Call, _inputs: Values) -> str:
        """Return the id that the cloud would give."""
        return f"{self.kind.lower()}-{secrets.token_hex(8)}"

    def outputs(self, _call: Call, _id: str, _inputs: Values) -> Mapping[str, Any]:
        """Return the computed outputs of a new one; it runs within a transaction, so it has to be quick."""
        return {}

    def scope(self, _inputs: Mapping[str, Any]) -> Any:
        """Return what names have to be unique in (a resource group, a project)."""
        return ""

    def find(self, kind: str, reference: str) -> Record | None:
        """Return the record that an input refers to; by default the one with that id."""
        return self.cloud.get(kind, reference)

    def missing(self, call: Call, place: str, kind: str, reference: str) -> str:
        """Return the cloud's words for a reference that leads nowhere."""
        return f"{kind} {reference!r} was not found: {place} of {self.kind} {call.name!r} refers to it"

    def in_use(self, _call: Call, record: Record, referrers: Sequence[Record]) -> str:
        """Return the cloud's words for a deletion of what is still needed."""
        return f"{record} can't be deleted: it is in use by {', '.join(map(str, referrers))}"

    def taken(self, _call: Call, record: Record) -> str:
        """Return the cloud's words for a name that another resource has."""
        return f"{record} already exists"

    # What the cloud does

    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Roll back a creation that fails half-way, unless it says that there is something all the same."""
        if call.preview:
            return super().create(call, inputs)
        self._begun.pop(call.urn, None)
        try:
            made = super().create(call, inputs)
        except PartialFailure as failure:
            self._answered(failure.id)
            raise
        except Exception:
            self._roll_back(call)
            raise
        self._answered(made[0])
        return made

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Write the record, if everything that it needs is there; extend it by ``super().make``."""
        for left in self._orphans(call):
            if left.inputs == inputs:
                self._begun[call.urn] = left.id
                return left.id, left.outputs
            self.remove(call, left.id, Values(left.inputs), Values(left.outputs))
        with self.cloud.transaction():
            refers = self._resolve(call, inputs)
            self._ensure_unique(call, inputs)
            identifier = self.identify(call, inputs)
            there = self.cloud.get(self.kind, identifier)
            if there is not None:
                raise PluginError(self.taken(call, there))
            outputs = {**inputs, **self.outputs(call, identifier, inputs)}
            self.cloud.put(self.kind, identifier, inputs, outputs, urn=call.urn, refers=refers)
            self._begun[call.urn] = identifier
        return identifier, outputs

    def look(self, _call: Call, resource_id: str, inputs: Values, _outputs: Values) -> Mapping[str, Any] | None:
        """Return what the record holds, or None when it is gone; an import takes its inputs from there too."""
        record = self.cloud.get(self.kind, resource_id)
        if record is None:
            return None
        return record.outputs if inputs else Read(record.outputs, inputs=record.inputs)

    def change(
        self, call: Call, resource_id: str, _old_inputs: Values, _old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Write the new inputs into the record."""
        with self.cloud.transaction():
            record = self.cloud.get(self.kind, resource_id)
            if record is None:
                raise PluginError(f"{self.kind} {resource_id} was not found: `pulumi refresh` takes note of that")
            refers = self._resolve(call, new)
            self._ensure_unique(call, new, own=resource_id)
            kept = {key: value for key, value in record.outputs.items() if key not in record.inputs}
            outputs = {**kept, **new}
            self.cloud.put(self.kind, resource_id, new, outputs, urn=call.urn, refers=refers)
        return outputs

    def remove(self, call: Call, resource_id: str, _inputs: Values, _outputs: Values) -> None:
        """Drop the record, unless another one refers to it."""
        with self.cloud.transaction():
            record = self.cloud.get(self.kind, resource_id)
            if record is None:
                return
            referrers = self.cloud.referrers(resource_id)
            if referrers:
                raise PluginError(self.in_use(call, record, referrers))
            self.cloud.drop(self.kind, resource_id)

    def _roll_back(self, call: Call) -> None:
        begun = self.cloud.get(self.kind, self._begun.pop(call.urn, ""))
        if begun is None:
            return
        try:
            self.remove(call, begun.id, Values(begun.inputs), Values(begun.outputs))
        except CrosscloudError as error:
            call.log("warning", f"{begun} was begun, and can't be removed: {error}")

    def _answered(self, resource_id: str) -> None:
        record = self.cloud.get(self.kind, resource_id)
        if record is not None and self.provider is not None:
            self.provider.answered.add(record.token)

    def _orphans(self, call: Call) -> list[Record]:
        """Return what a run that was killed made for this URN, whose answer did not reach the engine any more."""
        found = [record for record in self.cloud.records(self.kind) if record.urn == call.urn]
        if not found or call.urn in self._known:
            return []
        settled = self.cloud.settled()
        return [record for record in found if record.token not in settled]

    def _resolve(self, call: Call, inputs: Values) -> set[str]:
        found, lost = set(), []
        for path, kinds in self.references.items():
            for place, reference in at(inputs, path):
                records = [self.find(kind, reference) for kind in kinds.split("|")]
                ids = [record.id for record in records if record is not None]
                found.update(ids)
                if not ids:
                    lost.append(self.missing(call, place, kinds.replace("|", " or "), reference))
        if lost:
            raise PluginError("\n".join(lost))
        return found

    def _ensure_unique(self, call: Call, inputs: Values, own: str = "") -> None:
        wanted = self._identity(inputs)
        if not self.unique:
            return
        for other in self.cloud.records(self.kind):
            if other.id != own and self._identity(other.inputs) == wanted:
                raise PluginError(self.taken(call, other))

    def _identity(self, inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        return (self.scope(inputs), *(inputs.get(name) for name in self.unique))


def declared(resource: SimulatedResource) -> Iterator[str]:
    """Yield what a class declares and its SDK does not know: a check for the tests of plugins."""
    known = resource.description
    inputs, outputs = set(known.inputs["properties"]), set(known.outputs)
    for name in {*resource.computed, *resource.recomputed} - outputs:
        yield f"{resource.sdk}: {name} is no output"
    tops = {path.split(".")[0].split("[")[0] for path in {*resource.replace_on} - {"*"}}
    if isinstance(resource, RecordedResource):
        tops |= {path.split(".")[0].split("[")[0] for path in resource.references} | set(resource.unique)
    tops |= {resource.autoname} if resource.autoname else set()
    for name in sorted(tops - inputs):
        yield f"{resource.sdk}: {name} is no input"
