"""The API server by plain requests: what the plugin asks of it, and nothing that takes long to import."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from crosscloud.plugins.base import PluginError
from crosscloud.plugins.kubernetes.connection import Connection

#: Seconds for a request to be answered; dry runs pass admission webhooks, which may take ten each.
_PATIENCE = 60
#: Seconds for the first sign of life: a preview must not hang on a cluster that is gone.
_REACH_PATIENCE = 5
_APPLY = "application/apply-patch+yaml"
_NOT_FOUND = 404
#: Seconds before each further attempt when the API server can't be reached or is overloaded: it may be restarting.
_PAUSES = (0.2, 1.0, 3.0)
_OVERLOADED = (429, 502, 503, 504)
#: What the audit log shows.
_AGENT = "pulumi-kubernetes (crosscloud)"


class ApiError(PluginError):
    """The API server refused a request; its own words are the message."""

    def __init__(self, status: int, message: str, body: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.reason: str = (body or {}).get("reason", "")
        self.causes: list[Mapping[str, Any]] = ((body or {}).get("details") or {}).get("causes") or []


class NoSuchKindError(ApiError):
    """The API server doesn't know the kind: its custom resource definition isn't there."""


class UnreachableError(PluginError):
    """The API server does not answer."""


@dataclass(frozen=True)
class Mapped:
    """How the API server names a kind."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool


class Api:
    """Requests to one cluster. Safe for use by many threads."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._lock = threading.Lock()
        self._pool: Any = None
        self._headers: dict[str, str] = {}
        self._kinds: dict[str, dict[str, Mapped]] = {}

    def _open(self) -> Any:
        with self._lock:
            if self._pool is None:
                import urllib3

                helper = self.connection.run_helper()
                settings: dict[str, Any] = {"maxsize": 32, "retries": False}
                if self.connection.server.startswith("https"):
                    settings["ssl_context"] = self.connection.tls(helper)
                    if self.connection.server_name:
                        settings |= {
                            "server_hostname": self.connection.server_name,
                            "assert_hostname": self.connection.server_name,
                        }
                self._headers = self.connection.headers(helper)
                proxy = self.connection.proxy
                self._pool = urllib3.ProxyManager(proxy, **settings) if proxy else urllib3.PoolManager(**settings)
            return self._pool

    def request(  # noqa: PLR0913 - a request has these parts
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        content: str = "application/json",
        accept: str = "application/json",
        patience: float = _PATIENCE,
    ) -> Any:
        """Send a request and return the decoded answer (text for logs); raise `ApiError` or `UnreachableError`."""
        import urllib3

        url = self.connection.server + path + (f"?{urlencode(query)}" if query else "")
        # Everything that is asked here may be asked twice: it is read, applied, patched or deleted.
        for pause in (*(() if patience == _REACH_PATIENCE else _PAUSES), None):
            parts: dict[str, Any] = {
                "headers": {"Accept": accept, "Content-Type": content, "User-Agent": _AGENT},
                "body": None if body is None else json.dumps(body).encode(),
                "timeout": urllib3.Timeout(connect=min(_REACH_PATIENCE, patience), read=patience),
            }
            try:
                answer = self._send(method, url, parts)
            except urllib3.exceptions.HTTPError as error:
                if pause is None or isinstance(error, urllib3.exceptions.SSLError):
                    words = str(getattr(error, "reason", error))
                    raise UnreachableError(
                        f"the API server {self.connection.server} does not answer: {words}"
                    ) from None
            else:
                if answer.status not in _OVERLOADED or pause is None:
                    return _read(answer)
            time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _send(self, method: str, url: str, parts: dict[str, Any]) -> Any:
        pool = self._open()
        return pool.request(method, url, **{**parts, "headers": {**parts["headers"], **self._headers}})

    def reach(self) -> str:
        """Return the server's version, or raise `UnreachableError`."""
        return str(self.request("GET", "/version", patience=_REACH_PATIENCE)["gitVersion"])

    def kind(self, api_version: str, kind: str) -> Mapped:
        """Look up how a kind is asked for; `NoSuchKindError` when the server doesn't know it."""
        known = self._kinds.get(api_version)
        if known is None or kind not in known:
            known = self._kinds[api_version] = self._discover(api_version)
        if kind not in known:
            raise NoSuchKindError(
                _NOT_FOUND,
                f"the API server knows no kind {kind} in {api_version}; if it is a custom resource, "
                "its CustomResourceDefinition has to be made first",
            )
        return known[kind]

    def _discover(self, api_version: str) -> dict[str, Mapped]:
        path = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        try:
            found = self.request("GET", path)["resources"]
        except ApiError as error:
            if error.status == _NOT_FOUND:
                return {}
            raise
        return {
            r["kind"]: Mapped(api_version, r["kind"], r["name"], r["namespaced"]) for r in found if "/" not in r["name"]
        }

    def forget_kinds(self) -> None:
        """Ask discovery anew from now on: a definition was made or removed."""
        self._kinds.clear()

    def path(self, mapped: Mapped, namespace: str = "", name: str = "") -> str:
        """Return the URL path of a kind's collection, or of one object."""
        root = f"/apis/{mapped.api_version}" if "/" in mapped.api_version else f"/api/{mapped.api_version}"
        inside = f"/namespaces/{quote(namespace)}" if mapped.namespaced and namespace else ""
        return f"{root}{inside}/{mapped.plural}" + (f"/{quote(name)}" if name else "")

    def get(self, api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        """Return an object, or ``None`` when it (or its kind, or its namespace) isn't there."""
        try:
            found: dict[str, Any] = self.request("GET", self.path(self.kind(api_version, kind), namespace, name))
        except ApiError as error:
            if error.status == _NOT_FOUND:
                return None
            raise
        return found

    def list(self, api_version: str, kind: str, namespace: str = "", **query: str) -> list[dict[str, Any]]:
        """Return the objects of a kind; ``labelSelector`` and ``fieldSelector`` narrow them down."""
        found = self.request("GET", self.path(self.kind(api_version, kind), namespace), query=query)
        return [{"apiVersion": api_version, "kind": kind, **item} for item in found.get("items") or []]

    def apply(
        self, wanted: Mapping[str, Any], manager: str, *, dry_run: bool = False, force: bool = False
    ) -> dict[str, Any]:
        """Apply an object on the server's side under ``manager``, and return what came of it."""
        metadata = wanted.get("metadata") or {}
        mapped = self.kind(wanted["apiVersion"], wanted["kind"])
        query = {"fieldManager": manager, "fieldValidation": "Warn", "force": "true" if force else "false"}
        if dry_run:
            query["dryRun"] = "All"
        path = self.path(mapped, metadata.get("namespace", ""), metadata["name"])
        applied: dict[str, Any] = self.request("PATCH", path, query=query, body=wanted, content=_APPLY)
        return applied


def _read(answer: Any) -> Any:
    if answer.status >= 400:  # noqa: PLR2004 - HTTP's own border
        raise _error(answer.status, answer.data)
    return json.loads(answer.data) if "json" in answer.headers.get("Content-Type", "") else answer.data.decode()


def _error(status: int, data: bytes) -> ApiError:
    try:
        body = json.loads(data)
        message = str(body.get("message") or body)
    except (ValueError, AttributeError):
        body, message = None, data.decode(errors="replace").strip() or f"HTTP status {status}"
    return ApiError(status, message, body)
