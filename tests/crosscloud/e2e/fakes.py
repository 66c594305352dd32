"""A cluster that answers from a dictionary: two nodes, a control plane, CoreDNS, Prometheus and Alertmanager, all well.

Its objects have the shape of a real API server's answers, cut to what matters; a test takes one and breaks it.
"""

import json
from collections.abc import Mapping
from typing import Any

from crosscloud.e2e.bench import Bench
from crosscloud.e2e.cluster import ApiError
from crosscloud.e2e.model import Context, Options
from crosscloud.e2e.wait import Deadline
from crosscloud.release import PROJECTS, Image, Release

Object = dict[str, Any]

VERSIONS = {
    "alertmanager": "0.28.1",
    "coredns": "1.15.0",
    "kubernetes": "1.37.2",
    "node_exporter": "1.12.1",
    "prometheus": "3.15.0",
}


def digest(project: str) -> str:
    """A digest that is the project's own."""
    return f"sha256:{sorted(VERSIONS).index(project) + 1:064x}"


def image(project: str, *, pinned: bool = True) -> Image:
    """The image of a release."""
    name = f"registry.cncf.ci/{project}/{project}"
    return Image(name, f"ci-v{VERSIONS[project]}.fd07e315.6097", digest(project) if pinned else None)


def release(*, pinned: bool = True) -> Release:
    """A release of all five projects."""
    return Release(**{project: image(project, pinned=pinned) for project in PROJECTS.values()})


class FakeApi:
    """Answers from ``objects`` (collection's path → list) and ``answers`` (path → anything); remembers what is done."""

    def __init__(self) -> None:
        self.objects: dict[str, list[Object]] = {}
        self.answers: dict[str, Any] = {}
        self.done: list[str] = []
        self.reports: dict[str, Any] = {}

    def get(self, path: str, **query: str) -> Any:
        answer = self.answers.get(f"{path}?{query['query']}" if "query" in query else path)
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        if path in self.objects:
            return {"items": [o for o in self.objects[path] if selected(o, query.get("labelSelector", ""))]}
        raise ApiError(404, f"GET {path}: 404: not found")

    def create(self, path: str, body: Mapping[str, Any]) -> Any:  # noqa: ARG002
        self.done.append(f"create {body['kind']} {body['metadata']['name']}")
        return {**body, "spec": {"clusterIP": "10.96.7.7", **body.get("spec", {})}}

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        self.done.append(f"patch {path} {json.dumps(body)}")

    def post(self, path: str) -> None:
        self.done.append(f"post {path}")

    def delete(self, path: str, **query: str) -> None:
        self.done.append(f"delete {path}" + "".join(f" {key}={value}" for key, value in query.items()))

    def execute(self, namespace: str, pod: str, command: list[str], line: str, timeout: float) -> str:  # noqa: ARG002
        requests = json.loads(line)["requests"]
        answer = self.reports[pod]
        results = [{"id": r["id"], **answer(r)} for r in requests]
        resolver = {"nameservers": ["10.96.0.10"], "search": [f"{namespace}.svc.cluster.local", "svc.cluster.local"]}
        return json.dumps({"pod": pod, "results": results, **resolver})


def selected(thing: Object, selector: str) -> bool:
    """Whether an object has all labels of an equality selector."""
    labels = thing["metadata"].get("labels") or {}
    return all(labels.get(k) == v for k, _, v in (part.partition("=") for part in selector.split(",") if part))


def condition(kind: str, status: str = "True", **more: str) -> Object:
    """A condition of a node or pod."""
    return {"type": kind, "status": status, **more}


def node(name: str, address: str, *, control_plane: bool = False, version: str = "v1.37.2") -> Object:
    """A Linux node that is Ready."""
    labels = {"kubernetes.io/os": "linux", "kubernetes.io/hostname": name}
    if control_plane:
        labels["node-role.kubernetes.io/control-plane"] = ""
    addresses = [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}]
    status = {"addresses": addresses, "nodeInfo": {"kubeletVersion": version}, "conditions": [condition("Ready")]}
    return {"metadata": {"name": name, "labels": labels}, "status": status}


def pod(place: str, on: str, reference: str, runs: str, address: str = "", **labels: str) -> Object:
    """A pod ``namespace/name`` that is Ready, with one container of this image that runs this digest."""
    namespace, _, name = place.partition("/")
    running = {"name": "main", "image": reference, "imageID": runs, "state": {"running": {}}}
    return {
        "metadata": {
            "namespace": namespace,
            "name": name,
            "labels": {k.replace("__", "/"): v for k, v in labels.items()},
        },
        "spec": {"nodeName": on, "containers": [{"name": "main", "image": reference}]},
        "status": {
            "phase": "Running",
            "podIP": address,
            "conditions": [condition("Ready")],
            "containerStatuses": [running],
        },
    }


def service(place: str, address: str, port: int, selector: dict[str, str], labels: dict[str, str]) -> Object:
    """A service ``namespace/name`` with one port."""
    namespace, _, name = place.partition("/")
    spec = {"clusterIP": address, "ports": [{"port": port, "protocol": "TCP"}], "selector": selector}
    return {"metadata": {"namespace": namespace, "name": name, "labels": labels}, "spec": spec}


def of_release(place: str, on: str, project: str, address: str = "", **labels: str) -> Object:
    """A pod that runs a project's image by its digest."""
    one = image(project)
    return pod(place, on, f"{one.image}:{one.tag}", f"{one.image}@{one.digest}", address, **labels)


def context(api: FakeApi, *, timeout: float = 0.0, pinned: bool = True, managed: bool = False) -> Context:
    """What a check is given; by default it looks once."""
    options = Options("probe:1", timeout, managed_kubernetes=managed)
    return Context(api, release(pinned=pinned), Bench(api, "probe:1"), Deadline(timeout), options)
