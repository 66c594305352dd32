"""Prometheus and Alertmanager, found by the labels that their charts give them and asked through the API server."""

from collections.abc import Mapping
from typing import Any

from crosscloud.e2e.cluster import Api, ApiError, items, proxied
from crosscloud.e2e.model import NotYet

_NAME, _COMPONENT = "app.kubernetes.io/name", "app.kubernetes.io/component"


def prometheus_service(api: Api) -> dict[str, Any]:
    """Return the service of the Prometheus server (the chart gives it the component ``server``)."""
    return _service(api, "prometheus", component="server")


def alertmanager_service(api: Api) -> dict[str, Any]:
    """Return the service of Alertmanager."""
    return _service(api, "alertmanager", component=None)


def prometheus(api: Api, path: str, **query: str) -> Any:
    """Return the ``data`` of an answer of Prometheus' API, or raise ``NotYet`` with the error that it gives."""
    answer = _ask(api, prometheus_service(api), "Prometheus", path, query)
    if answer.get("status") != "success":
        raise NotYet(f"Prometheus answers {path} with {answer.get('errorType')}: {answer.get('error')}")
    return answer["data"]


def query(api: Api, expression: str) -> list[dict[str, Any]]:
    """Return the samples of an instant query: each with ``metric`` (labels) and ``value`` (time, text)."""
    data = prometheus(api, "/api/v1/query", query=expression)
    samples: list[dict[str, Any]] = data["result"]
    return samples


def alertmanager(api: Api, path: str, **query: str) -> Any:
    """Return an answer of Alertmanager's API."""
    return _ask(api, alertmanager_service(api), "Alertmanager", path, query)


def _ask(api: Api, service: Mapping[str, Any], who: str, path: str, query: Mapping[str, str]) -> Any:
    try:
        return api.get(proxied(service, path), **query)
    except ApiError as error:
        raise NotYet(f"{who} does not answer: {error.reason}") from None


def pods_of(api: Api, service: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the pods behind a service."""
    selector = ",".join(f"{key}={value}" for key, value in service["spec"]["selector"].items())
    return items(api, f"/api/v1/namespaces/{service['metadata']['namespace']}/pods", labelSelector=selector)


def _service(api: Api, name: str, *, component: str | None) -> dict[str, Any]:
    selector = f"{_NAME}={name}" + (f",{_COMPONENT}={component}" if component else "")
    # The charts give stateful sets a second, headless service, which the API server can't forward to.
    found = [s for s in items(api, "/api/v1/services", labelSelector=selector) if s["spec"].get("clusterIP") != "None"]
    if not found:
        raise NotYet(f"the cluster has no service with the labels {selector}")
    return found[0]
