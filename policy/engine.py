"""What the engine tells a policy pack and the SDK keeps to itself: the stack's configuration, and what is secret.

The engine sends both (``AnalyzerStackConfigureRequest.config``, and secrets marked as such in every request); the SDK
drops them before a policy is called. So its servant of the engine is given a listener here. It also asks a policy only
about the types of resources that it is about: the SDK prepares all of a resource's values anew for each policy. This is
the one place that touches private names of the SDK, whose version is pinned.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

from google.protobuf import json_format
from pulumi.runtime import rpc
from pulumi_policy import policy as sdk

from policy.rules.rule import Known
from policy.rules.values import SECRET

_SDKS: Any = sdk._PolicyAnalyzerServicer

_READER = ThreadPoolExecutor(max_workers=1)
_reading: list[Future[Known]] = []
_shown: dict[str, Mapping[str, Any]] = {}
_about: dict[str, Callable[[str], bool]] = {}
#: The type of the resource that this thread is asked about.
_type: ContextVar[str] = ContextVar("type", default="")


class _Listening(_SDKS):  # type: ignore[misc]  # the SDK leaves it untyped
    """The SDK's answers, after the request was listened to."""

    def ConfigureStack(self, request: Any, context: Any) -> Any:  # noqa: N802
        _reading.append(_READER.submit(_read, dict(request.config), request.stack))
        return super().ConfigureStack(request, context)

    def Analyze(self, request: Any, context: Any) -> Any:  # noqa: N802
        _note([request])
        _type.set(request.type)
        return super().Analyze(request, context)

    def AnalyzeStack(self, request: Any, context: Any) -> Any:  # noqa: N802
        _note(request.resources)
        return super().AnalyzeStack(request, context)

    def _get_enforcement_level(self, policy: sdk.Policy) -> sdk.EnforcementLevel:
        if policy.name in _about and not _about[policy.name](_type.get()):
            return sdk.EnforcementLevel.DISABLED
        level: sdk.EnforcementLevel = super()._get_enforcement_level(policy)
        return level


def install() -> None:
    """Let the SDK answer the engine by way of this module."""
    sdk._PolicyAnalyzerServicer = _Listening  # type: ignore[misc]  # see the module's docstring


def only_about(policy: sdk.Policy, concerns: Callable[[str], bool]) -> None:
    """Have a policy asked about those types of resources alone."""
    _about[policy.name] = concerns


def known() -> Known:
    """Return what the configuration of the stack says; it is read while the program starts."""
    if not _reading:
        raise RuntimeError("this engine tells policy packs no configuration; `crosscloud doctor` says which one does")
    return _reading[-1].result()


def _read(values: Mapping[str, str], stack: str) -> Known:
    from crosscloud.config import ConfigErrors

    try:
        return Known.of(values, stack=stack)
    except ConfigErrors:  # the program says so, and makes nothing; nothing is configured then
        return Known()


def shown(urn: str) -> Mapping[str, Any]:
    """Return what of a resource's values is in the clear, of the request that is being answered."""
    return _shown[urn]


def _note(resources: Iterable[Any]) -> None:
    for resource in resources:
        _shown[resource.urn] = hidden(json_format.MessageToDict(resource.properties))


def hidden(value: Any) -> Any:
    """Return a value of the engine's with what is secret replaced by `SECRET`."""
    if rpc.is_rpc_secret(value):
        return SECRET
    if isinstance(value, dict):
        return {key: hidden(inner) for key, inner in value.items()}
    return [hidden(inner) for inner in value] if isinstance(value, list) else value
