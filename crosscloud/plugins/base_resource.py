"""What a provider plugin is made of: one `Resource` for each type, and a `Provider` that holds them."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from crosscloud.errors import CrosscloudError
from crosscloud.plugins.base_diff import Diff, diff_values
from crosscloud.plugins.base_values import Values

Severity = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True)
class Call:
    """The circumstances of one request of the engine."""

    urn: str
    #: Whether nothing may be changed; inputs may hold `UNKNOWN`.
    preview: bool = False
    #: Seconds the program allows for the operation (``customTimeouts``); 0 when it says nothing.
    timeout: float = 0
    #: Bytes from which a check derives random names, the same ones each time it is asked again.
    seed: bytes = b""
    #: Set when the user cancels: long operations should end soon, with an error.
    cancelled: threading.Event = field(default_factory=threading.Event)
    ignore_changes: Sequence[str] = ()
    logger: Callable[[Severity, str, str, bool], None] = lambda _severity, _text, _urn, _passing: None

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return self.urn.rpartition("::")[2]

    @property
    def type(self) -> str:
        """The resource's own type token."""
        return self.urn.split("::")[2].rpartition("$")[2] if self.urn.count("::") > 1 else ""

    def log(self, severity: Severity, message: str) -> None:
        """Show a message beside the resource."""
        self.logger(severity, message, self.urn, False)

    def status(self, message: str) -> None:
        """Show a passing status ("waiting for the API server, 12 s") in the resource's line of the live display."""
        self.logger("info", message, self.urn, True)


@dataclass(frozen=True)
class CheckFailure:
    """One wrong input: which property, and what is wrong with it and what is allowed."""

    property: str
    reason: str


class PluginError(CrosscloudError):
    """An operation failed, and nothing of it is left that the state should know of."""


class PartialFailure(PluginError):  # noqa: N818 - what failed is a part
    """It was made or changed, but doesn't work: the engine keeps ``outputs`` as its state and shows ``reasons``."""

    def __init__(self, resource_id: str, outputs: Mapping[str, Any], reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.id = resource_id
        self.outputs = outputs
        self.reasons = list(reasons)
        #: The inputs to record instead of those that were asked for (read only).
        self.inputs: Mapping[str, Any] | None = None


class Resource(ABC):
    """One type of resource. Its methods are called from several threads at once, for different resources."""

    #: Inputs whose change asks for a replacement (``"*"``: all).
    replace_on: Collection[str] = ()
    delete_before_replace = False

    def check(self, _call: Call, _old: Values, new: Values) -> tuple[Mapping[str, Any], list[CheckFailure]]:
        """Validate and complete inputs; secret inputs stay secret. ``_old`` is empty for a new resource."""
        return new, []

    def diff(self, call: Call, _id: str, old_inputs: Values, _old_outputs: Values, new_inputs: Values) -> Diff:
        """Say what an update would change; by default every changed input, in place unless in ``replace_on``."""
        return diff_values(
            old_inputs,
            new_inputs,
            replace_on=self.replace_on,
            delete_before_replace=self.delete_before_replace,
            ignore=call.ignore_changes,
        )

    @abstractmethod
    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Make it: return its id and outputs. In a preview: change nothing, return ``("", outputs with UNKNOWN)``."""

    @abstractmethod
    def read(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> Mapping[str, Any] | None:
        """Return the live outputs, or ``None`` when it is gone.

        Both bags are empty in an import. `Read` may be returned to change the recorded inputs (or the id) too.
        """

    def update(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new_inputs: Values
    ) -> Mapping[str, Any]:
        """Change it in place and return its outputs; called only when ``diff`` finds changes that don't replace."""
        raise NotImplementedError(f"{call.type} can't be updated in place")

    @abstractmethod
    def delete(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Remove it; something that is already gone is no error."""


class Read(dict[str, Any]):
    """What `Resource.read` returns when the inputs, or the id, of the state are to be changed too."""

    def __init__(self, outputs: Mapping[str, Any], *, inputs: Mapping[str, Any] | None = None, id: str = "") -> None:  # noqa: A002
        super().__init__(outputs)
        self.inputs = inputs
        self.id = id


class Provider:
    """A plugin: its name, version, and resources by type token. Subclass it to use configuration or invokes."""

    def __init__(self, name: str, version: str, resources: Mapping[str, Resource] | None = None) -> None:
        self.name = name
        self.version = version
        self.resources = dict(resources or {})

    def resource(self, token: str) -> Resource:
        """Return what handles resources of this type."""
        if token not in self.resources:
            known = ", ".join(sorted(self.resources))
            raise PluginError(f"provider {self.name} has no resource {token}; it has {known}")
        return self.resources[token]

    def check_config(self, _call: Call, _old: Values, new: Values) -> tuple[Mapping[str, Any], list[CheckFailure]]:
        """Validate and complete the provider's own inputs."""
        return new, []

    def diff_config(self, _call: Call, old: Values, new: Values) -> Diff:
        """Say what a change of the provider's own inputs means; no replacement by default."""
        return diff_values(old, new)

    def configure(self, config: Values) -> None:
        """Take the provider's own inputs, once, before any resource is handled."""

    def invoke(self, _call: Call, token: str, _arguments: Values) -> Mapping[str, Any]:
        """Answer a function of the provider."""
        raise PluginError(f"provider {self.name} has no function {token}")

    def schema(self) -> str:
        """Return the package schema as JSON; by default one that only names the package."""
        return f'{{"name": "{self.name}", "version": "{self.version}"}}'

    def close(self) -> None:
        """Stop what this process has started; called when the plugin ends, in whatever way but SIGKILL."""
