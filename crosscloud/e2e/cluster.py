"""The cluster under test, seen through its API: plain JSON in and out, so that recorded answers can stand in for it."""

import json
import time
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

from crosscloud.e2e import keys
from crosscloud.e2e.model import UNREACHED, E2eError, Failed, NotYet
from crosscloud.kubeconfig import Kubeconfig

#: Seconds for one answer of the API server.
REQUEST_TIMEOUT = 10.0
#: The channel on which an executed command's end is told, as a Status object.
ERROR_CHANNEL = 3
#: Answers that waiting does not change: who we are, and what we may do.
REFUSED = (401, 403)


class ApiError(NotYet):
    """The API server did not give what was asked for. It may yet: a check that waits tries again."""

    def __init__(self, status: int, reason: str, what: str = "") -> None:
        super().__init__(f"{what}: {reason}" if what else reason)
        self.status = status
        #: What is wrong, without what was asked for.
        self.reason = reason


class Api(Protocol):
    """What the checks need of a cluster."""

    def get(self, path: str, **query: str) -> Any:
        """Return the JSON at ``path`` (``/api/v1/nodes``); raise ``ApiError``, or ``Failed`` when it is refused."""

    def create(self, path: str, body: Mapping[str, Any]) -> Any:
        """Create an object in the collection at ``path``."""

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """Merge ``body`` into the object at ``path``; a value of None takes the key away."""

    def post(self, path: str) -> None:
        """Post nothing to ``path`` and expect nothing back: what a service's own switches are like."""

    def delete(self, path: str, **query: str) -> None:
        """Delete the object at ``path``; one that is gone already is fine."""

    def execute(self, namespace: str, pod: str, command: list[str], line: str, timeout: float) -> str:
        """Run a command in a pod's first container with a line of input; return what it wrote, or raise ``NotYet``."""


def items(api: Api, path: str, **query: str) -> list[dict[str, Any]]:
    """Return the objects of a collection."""
    found: list[dict[str, Any]] = api.get(path, **query).get("items") or []
    return found


def proxied(service: Mapping[str, Any], path: str) -> str:
    """Return the path by which the API server reaches a service's own ``path`` on our behalf."""
    meta, ports = service["metadata"], service["spec"]["ports"]
    port = next((p for p in ports if p.get("name", "").startswith("http")), ports[0])["port"]
    return f"/api/v1/namespaces/{meta['namespace']}/services/{meta['name']}:{port}/proxy{path}"


class Cluster:
    """A real cluster. Keys of the kubeconfig lie in a private temporary folder for as long as this object is open."""

    def __init__(self, config: Kubeconfig) -> None:
        from kubernetes import client
        from kubernetes.config import ConfigException, load_kube_config_from_dict

        self._folder = keys.private_folder()
        self._configuration = client.Configuration()
        # A request that is repeated by the HTTP library hides for how long nothing answered.
        self._configuration.retries = False  # type: ignore[attr-defined, unused-ignore]
        try:
            load_kube_config_from_dict(
                dict(config.document), client_configuration=self._configuration, temp_file_path=str(self._folder)
            )
        except ConfigException as error:
            raise E2eError(f"the kubeconfig's context {config.current_context!r} can't be used: {error}") from None
        self._client: Any = client.ApiClient(self._configuration)

    def close(self) -> None:
        """Drop the connections and the keys."""
        self._client.close()
        keys.remove(self._folder)

    def get(self, path: str, **query: str) -> Any:
        """See ``Api``."""
        return self._request("GET", path, query=query)

    def create(self, path: str, body: Mapping[str, Any]) -> Any:
        """See ``Api``."""
        return self._request("POST", path, body=body)

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """See ``Api``."""
        return self._request("PATCH", path, body=body)

    def post(self, path: str) -> None:
        """See ``Api``."""
        self._request("POST", path)

    def delete(self, path: str, **query: str) -> None:
        """See ``Api``."""
        try:
            self._request("DELETE", path, query=query)
        except ApiError as error:
            if error.status != 404:  # noqa: PLR2004 - HTTP's "not found"
                raise

    def execute(self, namespace: str, pod: str, command: list[str], line: str, timeout: float) -> str:
        """See ``Api``."""
        from kubernetes import client
        from kubernetes.client.exceptions import ApiException
        from kubernetes.stream import stream

        # stream() changes its client for the time of the call, so each call has one of its own.
        core: Any = client.CoreV1Api(client.ApiClient(self._configuration))
        streams = {"stdin": True, "stdout": True, "stderr": True, "tty": False}
        try:
            session: Any = stream(
                core.connect_get_namespaced_pod_exec,
                pod, namespace, command=command, _preload_content=False, **streams,
            )  # fmt: skip
            session.write_stdin(line + "\n")
            return _transcript(session, f"{' '.join(command)} in pod {pod}", timeout)
        except (ApiException, OSError) as error:
            raise NotYet(f"running {' '.join(command)} in pod {pod}: {_first_line(error)}") from None

    def _request(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> Any:
        from urllib3 import exceptions

        content = "application/merge-patch+json" if method == "PATCH" else "application/json"
        parameters = self._client.param_serialize(
            method, quote(path, safe="/:@"),
            query_params=list((query or {}).items()), body=body, auth_settings=["BearerToken"],
            header_params={"Accept": "application/json", "Content-Type": content},
        )  # fmt: skip
        try:
            response = self._client.call_api(*parameters, _request_timeout=REQUEST_TIMEOUT)
            text = response.read().decode(errors="replace")
        except exceptions.ReadTimeoutError:
            raise ApiError(0, f"no answer in {REQUEST_TIMEOUT:.0f} s", f"{method} {path}") from None
        except (exceptions.HTTPError, OSError) as error:
            reason = _first_line(error).rpartition(": ")[2]
            raise ApiError(0, f"{self._configuration.host} {UNREACHED}{reason}") from None
        return _decode(response.status, text, f"{method} {path}")


def _decode(status: int, text: str, what: str) -> Any:
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP's successes
        try:
            return json.loads(text) if text else None
        except ValueError:
            raise ApiError(status, f"the answer is not JSON: {text[:80]!r}", what) from None
    try:
        message = json.loads(text)["message"]
    except (ValueError, KeyError, TypeError):
        message = text.strip()[:200] or "no text"
    if status in REFUSED:
        raise Failed(f"{what}: {status}: {message}")
    raise ApiError(status, message, f"{what}: {status}")


def _transcript(session: Any, what: str, timeout: float) -> str:
    """Read both streams to the command's end; a command that fails raises with what it wrote to standard error."""
    out, err, end = "", "", time.monotonic() + timeout
    try:
        while session.is_open():
            if time.monotonic() > end:
                raise NotYet(f"{what}: no end after {timeout:.0f} s")
            session.update(timeout=1)
            out += session.read_stdout(timeout=0)
            err += session.read_stderr(timeout=0)
        out += session.read_stdout(timeout=0)
        err += session.read_stderr(timeout=0)
        # The client's own reading of the status expects an exit status, which a command that never began has not.
        status = json.loads(session.read_channel(ERROR_CHANNEL) or "{}")
        if status.get("status") != "Success":
            raise NotYet(
                f"{what}: {status.get('message', 'the connection was lost')}: {err.strip()[:300]}".rstrip(": ")
            )
        return str(out)
    finally:
        session.close()


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
