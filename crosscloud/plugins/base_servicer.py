"""Turns the engine's requests into calls of a `Provider`, and what those raise into clean errors."""

import os
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import grpc
from google.protobuf import empty_pb2

from crosscloud.errors import CrosscloudError
from crosscloud.plugins.base_diff import Diff
from crosscloud.plugins.base_proto import (
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)
from crosscloud.plugins.base_resource import Call, CheckFailure, PartialFailure, Provider, Read, Severity
from crosscloud.plugins.base_values import Values, decode, encode

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")
_KINDS = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


def debugging() -> bool:
    """Whether the environment asks for tracebacks (they go to standard error, never into a message)."""
    return any(os.environ.get(name) for name in ("CROSSCLOUD_DEBUG", "PULUMI_DEBUG"))


def _clean(
    method: Callable[["Servicer", _Request, grpc.ServicerContext], _Response],
) -> Callable[["Servicer", _Request, grpc.ServicerContext], _Response]:
    """Give failures the form in which the engine shows them: one message, or a partial state with its reasons."""

    def guarded(self: "Servicer", request: _Request, context: grpc.ServicerContext) -> _Response:
        try:
            return method(self, request, context)
        except PartialFailure as failure:
            if debugging():
                traceback.print_exc(file=sys.stderr)
            _send_partial(failure, request, context)
            raise  # not reached: sending ends the request
        except Exception as error:
            if debugging():
                traceback.print_exc(file=sys.stderr)
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, _message(error, method.__name__))
            raise

    guarded.__name__ = method.__name__
    return guarded


def _message(error: Exception, operation: str) -> str:
    if isinstance(error, CrosscloudError):
        return str(error)
    hint = "" if debugging() else " (CROSSCLOUD_DEBUG=1 shows where)"
    return f"{operation} failed: {type(error).__name__}: {error}{hint}"


def _send_partial(failure: PartialFailure, request: Any, context: grpc.ServicerContext) -> None:
    """End the request with the error that carries the state of something made but not working."""
    updating = hasattr(request, "news")
    inputs = decode(request.news if updating else request.properties)
    secrets = inputs.secret_paths | (decode(request.olds).secret_paths if updating else frozenset())
    detail = provider_pb2.ErrorResourceInitFailed(
        id=failure.id,
        properties=encode(failure.outputs, secrets),
        reasons=failure.reasons,
        inputs=encode(inputs if failure.inputs is None else failure.inputs, inputs.secret_paths),
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(failure))
    status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(failure))


def _diff_response(diff: Diff) -> provider_pb2.DiffResponse:
    replaces = set(diff.replaces)
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if diff.any else provider_pb2.DiffResponse.DIFF_NONE,
        replaces=list(diff.replaces),
        deleteBeforeReplace=diff.delete_before_replace,
        diffs=sorted({path.split(".")[0].split("[")[0] for path in diff.detailed}),
        detailedDiff={
            path: provider_pb2.PropertyDiff(kind=_KINDS[kind, path in replaces], inputDiff=diff.inputs)
            for path, kind in diff.detailed.items()
        },
        hasDetailedDiff=bool(diff.detailed),
    )


def _check_response(result: tuple[Mapping[str, Any], list[CheckFailure]], news: Values) -> provider_pb2.CheckResponse:
    inputs, failures = result
    return provider_pb2.CheckResponse(
        inputs=encode(inputs, news.secret_paths),
        failures=[provider_pb2.CheckFailure(property=f.property, reason=f.reason) for f in failures],
    )


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """The engine's side of a `Provider`."""

    def __init__(self, provider: Provider, engine_address: str) -> None:
        self._provider = provider
        self._cancelled = threading.Event()
        self._engine: Any = None
        self._shown: dict[str, str] = {}
        if engine_address:
            self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(engine_address))

    def _call(self, request: Any) -> Call:
        return Call(
            urn=request.urn,
            preview=getattr(request, "preview", False),
            timeout=getattr(request, "timeout", 0),
            seed=getattr(request, "randomSeed", b""),
            cancelled=self._cancelled,
            ignore_changes=list(getattr(request, "ignoreChanges", ())),
            logger=self._log,
        )

    def _log(self, severity: Severity, message: str, urn: str, passing: bool) -> None:
        if self._engine is None or (passing and self._shown.get(urn) == message):
            return
        self._shown[urn] = message if passing else ""
        level = engine_pb2.LogSeverity.Value(severity.upper())
        try:
            self._engine.Log(
                engine_pb2.LogRequest(severity=level, message=message, urn=urn, ephemeral=passing), timeout=5
            )
        except grpc.RpcError:
            return  # the display is a courtesy: the operation goes on without it

    def _settled(self, urn: str) -> None:
        """Take the last passing status away: what it told of is over."""
        if self._shown.pop(urn, ""):
            self._log("info", "", urn, True)
            self._shown.pop(urn, None)

    @_clean
    def Handshake(self, _request: Any, _context: Any) -> provider_pb2.ProviderHandshakeResponse:  # noqa: N802, D102
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    @_clean
    def GetPluginInfo(self, _request: Any, _context: Any) -> plugin_pb2.PluginInfo:  # noqa: N802, D102
        return plugin_pb2.PluginInfo(version=self._provider.version)

    @_clean
    def GetSchema(self, _request: Any, _context: Any) -> provider_pb2.GetSchemaResponse:  # noqa: N802, D102
        return provider_pb2.GetSchemaResponse(schema=self._provider.schema())

    @_clean
    def CheckConfig(self, request: Any, _context: Any) -> provider_pb2.CheckResponse:  # noqa: N802, D102
        news = decode(request.news)
        return _check_response(self._provider.check_config(self._call(request), decode(request.olds), news), news)

    @_clean
    def DiffConfig(self, request: Any, _context: Any) -> provider_pb2.DiffResponse:  # noqa: N802, D102
        old = decode(request.old_inputs if request.HasField("old_inputs") else request.olds)
        return _diff_response(self._provider.diff_config(self._call(request), old, decode(request.news)))

    @_clean
    def Configure(self, request: Any, _context: Any) -> provider_pb2.ConfigureResponse:  # noqa: N802, D102
        self._provider.configure(decode(request.args))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    @_clean
    def Invoke(self, request: Any, _context: Any) -> provider_pb2.InvokeResponse:  # noqa: N802, D102
        arguments = decode(request.args)
        call = Call(urn="", preview=request.preview, cancelled=self._cancelled, logger=self._log)
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(encode(self._provider.invoke(call, request.tok, arguments)))
        return response

    @_clean
    def Check(self, request: Any, _context: Any) -> provider_pb2.CheckResponse:  # noqa: N802, D102
        call, news = self._call(request), decode(request.news)
        return _check_response(self._provider.resource(call.type).check(call, decode(request.olds), news), news)

    @_clean
    def Diff(self, request: Any, _context: Any) -> provider_pb2.DiffResponse:  # noqa: N802, D102
        call = self._call(request)
        bags = (decode(request.old_inputs), decode(request.olds), decode(request.news))
        return _diff_response(self._provider.resource(call.type).diff(call, request.id, *bags))

    @_clean
    def Create(self, request: Any, _context: Any) -> provider_pb2.CreateResponse:  # noqa: N802, D102
        call, inputs = self._call(request), decode(request.properties)
        made, outputs = self._provider.resource(call.type).create(call, inputs)
        self._settled(call.urn)
        return provider_pb2.CreateResponse(id=made, properties=encode(outputs, inputs.secret_paths))

    @_clean
    def Read(self, request: Any, _context: Any) -> provider_pb2.ReadResponse:  # noqa: N802, D102
        call, inputs, olds = self._call(request), decode(request.inputs), decode(request.properties)
        live = self._provider.resource(call.type).read(call, request.id, inputs, olds)
        if live is None:
            return provider_pb2.ReadResponse()
        read = live if isinstance(live, Read) else Read(live)
        return provider_pb2.ReadResponse(
            id=read.id or request.id,
            properties=encode(read, inputs.secret_paths | olds.secret_paths),
            inputs=encode(inputs if read.inputs is None else read.inputs, inputs.secret_paths),
        )

    @_clean
    def Update(self, request: Any, _context: Any) -> provider_pb2.UpdateResponse:  # noqa: N802, D102
        call, news = self._call(request), decode(request.news)
        bags = (decode(request.old_inputs), decode(request.olds), news)
        outputs = self._provider.resource(call.type).update(call, request.id, *bags)
        self._settled(call.urn)
        return provider_pb2.UpdateResponse(properties=encode(outputs, news.secret_paths | bags[1].secret_paths))

    @_clean
    def Delete(self, request: Any, _context: Any) -> empty_pb2.Empty:  # noqa: N802, D102
        call = self._call(request)
        bags = (decode(request.old_inputs), decode(request.properties))
        self._provider.resource(call.type).delete(call, request.id, *bags)
        self._settled(call.urn)
        return empty_pb2.Empty()

    @_clean
    def Cancel(self, _request: Any, _context: Any) -> empty_pb2.Empty:  # noqa: N802, D102
        self._cancelled.set()
        return empty_pb2.Empty()

    @_clean
    def Attach(self, request: Any, _context: Any) -> empty_pb2.Empty:  # noqa: N802, D102
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(request.address))
        return empty_pb2.Empty()
