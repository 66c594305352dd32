"""A simulated resource: inputs held against the SDK's types, previews, faults; what it does is left to its class."""

import hashlib
from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, Diff, Read, Resource, Values
from crosscloud.plugins.simulated import faults, shapes
from crosscloud.plugins.simulated.schema import Description, describe

if TYPE_CHECKING:
    from crosscloud.plugins.simulated.provider import SimulatedProvider


class SimulatedResource(Resource):
    """One type of a cloud's resources, told by its SDK class: ``sdk = "pulumi_aws.ec2:Instance"``.

    A class of it sets ``sdk``, ``computed`` and ``replace_on``, and does its work in `make`, `look`, `change` and
    `remove`, which are called for real work only. All names are the SDK's property names (camelCase).
    """

    sdk: ClassVar[str]
    #: Outputs that are not known in a preview of a creation; the others are those that echo inputs.
    computed: ClassVar[Collection[str]] = ()
    #: Of those, the ones that any update may change: not known in its preview.
    recomputed: ClassVar[Collection[str]] = ()
    #: The input that the provider fills in with a name of its own ("NAME-1a2b3c4") when the program gives none.
    autoname: ClassVar[str] = ""

    def __init__(self) -> None:
        #: The plugin that this belongs to, with its configuration (``self.provider.config``); set by it.
        self.provider: SimulatedProvider | None = None
        #: URNs that the engine's state has: what it was asked about by their old inputs, or by their id.
        self._known: set[str] = set()

    @property
    def description(self) -> Description:
        """What the SDK says of this type."""
        return describe(self.sdk)

    # What a class adds

    def rules(self, _call: Call, _new: Values) -> Iterator[CheckFailure]:
        """Yield what is wrong beyond types (names, lengths, ranges); `UNKNOWN` and missing values are to be passed."""
        return iter(())

    @abstractmethod
    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make it: return its id and its outputs; the inputs are among them by themselves."""

    @abstractmethod
    def look(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> Mapping[str, Any] | None:
        """Return the outputs as they are, or None when it is gone; an input among them that differs has drifted."""

    def change(
        self, call: Call, _id: str, _old_inputs: Values, _old_outputs: Values, _new: Values
    ) -> Mapping[str, Any]:
        """Change it in place: return the outputs that are new; the other ones stay, and inputs are echoed."""
        raise NotImplementedError(f"{call.type} can't be updated in place")

    @abstractmethod
    def remove(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Remove it; something that is already gone is no error."""

    # What the engine asks

    def check(self, call: Call, old: Values, new: Values) -> tuple[Mapping[str, Any], list[CheckFailure]]:
        """Hold the inputs against the SDK's types and, when those are right, against the rules."""
        if old:
            self._known.add(call.urn)
        named = self._named(call, old, new)
        found = shapes.failures(self.description, named)
        return named, found or list(self.rules(call, named))

    def diff(self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new_inputs: Values) -> Diff:
        """Every changed input counts, one that was taken away too; those of ``replace_on`` replace."""
        self._known.add(call.urn)
        return super().diff(call, resource_id, old_inputs, old_outputs, new_inputs)

    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """In a preview: the inputs, and what is computed as unknown."""
        if call.preview:
            return "", {**inputs, **dict.fromkeys(self.computed, UNKNOWN)}
        with faults.creation(call, self._internal_error()):
            resource_id, outputs = self.make(call, inputs)
        return resource_id, {**inputs, **outputs}

    def read(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> Mapping[str, Any] | None:
        """Take inputs over that have drifted, so that the next update puts them right."""
        self._known.add(call.urn)
        live = self.look(call, resource_id, inputs, outputs)
        if live is None or isinstance(live, Read):
            return live
        drifted = {key: live[key] for key in inputs if key in live and key in outputs and live[key] != outputs[key]}
        return Read({**outputs, **live}, inputs=Values({**inputs, **drifted}, inputs.secret_paths))

    def update(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new_inputs: Values
    ) -> Mapping[str, Any]:
        """Outputs that echo no input stay as they were unless `change` gives new ones."""
        kept = {key: value for key, value in old_outputs.items() if key not in old_inputs}
        if call.preview:
            return {**kept, **new_inputs, **dict.fromkeys(self.recomputed, UNKNOWN)}
        changed = self.change(call, resource_id, old_inputs, old_outputs, new_inputs)
        return {**kept, **new_inputs, **changed}

    def delete(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """See `remove`."""
        self.remove(call, resource_id, inputs, outputs)

    def _named(self, call: Call, old: Values, new: Values) -> Values:
        if not self.autoname or new.get(self.autoname) is not None:
            return new
        name = old.get(self.autoname) or f"{call.name}-{hashlib.sha256(call.seed + call.urn.encode()).hexdigest()[:7]}"
        return Values({**new, self.autoname: name}, new.secret_paths)

    def _internal_error(self) -> str:
        return self.provider.internal_error if self.provider is not None else "InternalError"
