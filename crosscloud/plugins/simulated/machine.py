"""Machines of clouds that nobody simulates well: records, each with a real machine of this host behind it."""

from collections.abc import Mapping
from typing import Any

from crosscloud.plugins.base import Call, Values
from crosscloud.plugins.simulated import fabric
from crosscloud.plugins.simulated.recorded import RecordedResource


class RecordedMachine(RecordedResource):
    """A machine, which `fabric` knows by the record's id.

    One that has died is gone, as one that was deleted by hand: a refresh takes note of it, and removes what is left.
    Beside a cloud's own base class this one stands first.
    """

    def look(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> Mapping[str, Any] | None:
        """Return it as it is, if it runs."""
        found = super().look(call, resource_id, inputs, outputs)
        if found is None or fabric.running(resource_id):
            return found
        self.remove_dead(call, resource_id, inputs, outputs)
        return None

    def remove_dead(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Remove one that has died; extend it by what goes with it."""
        self.remove(call, resource_id, inputs, outputs)
