"""A simulated plugin: the table of the types that it models, and of the functions that it answers."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from crosscloud.plugins.base import Call, PluginError, Provider, Resource, Values
from crosscloud.plugins.simulated import faults, rehearsal
from crosscloud.plugins.simulated.cloud import Cloud
from crosscloud.plugins.simulated.resource import SimulatedResource
from crosscloud.plugins.simulated.schema import sdk_version

Function = Callable[[Call, Values], Mapping[str, Any]]


class SimulatedProvider(Provider):
    """Serves simulated resources; a type or a function that is not among them is an error that names it.

    ``functions`` maps tokens ("aws:ec2/getAmi:getAmi") to what answers them. ``internal_error`` is what the cloud says
    when something within it fails. It does not start outside of a rehearsal.
    """

    def __init__(
        self,
        name: str,
        sdk_package: str,
        resources: Sequence[SimulatedResource],
        functions: Mapping[str, Function] | None = None,
        *,
        internal_error: str = "InternalError: an internal error has occurred",
    ) -> None:
        try:
            rehearsal.folder()
            faults.asked()
        except PluginError as error:
            raise SystemExit(f"{name}: {error}") from None
        super().__init__(name, f"{sdk_version(sdk_package)}+simulated")
        self.functions = dict(functions or {})
        self.internal_error = internal_error
        #: The provider's own inputs (a region, a project), as the program or the stack gave them.
        self.config = Values()
        #: Tokens of the records whose creation was answered in this run.
        self.answered: set[str] = set()
        self._engine = os.getppid()
        self.simulated = list(resources)
        for resource in self.simulated:
            resource.provider = self

    def resource(self, token: str) -> Resource:
        """Return what handles the type. Classes are told by name first, so that only a type that is used is read."""
        if token not in self.resources:
            last = token.rpartition(":")[2]
            candidates = [one for one in self.simulated if one.sdk.rpartition(":")[2] == last]
            self.resources.update({one.description.token: one for one in candidates})
        if token not in self.resources:
            known = ", ".join(sorted({one.sdk.rpartition(":")[2] for one in self.simulated}))
            raise PluginError(
                f"the rehearsal does not model {token}: it would say nothing about it. It has {known}. "
                f"Add a class for it to crosscloud/plugins/simulated_{self.name.replace('-', '_')}"
            )
        return self.resources[token]

    def configure(self, config: Values) -> None:
        """Keep the configuration."""
        self.config = config

    def close(self) -> None:
        """If the engine ends in order it has written down what it was answered; killed, it may not have."""
        if self.answered and os.getppid() == self._engine:
            Cloud().settle(self.answered)

    def invoke(self, call: Call, token: str, arguments: Values) -> Mapping[str, Any]:
        """Answer from the table of functions."""
        if token not in self.functions:
            known = ", ".join(sorted(self.functions)) or "none"
            raise PluginError(f"the rehearsal does not model the function {token}; it has {known}")
        return self.functions[token](call, arguments)
