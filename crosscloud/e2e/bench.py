"""The probes: one pod on every node, in a namespace of their own that is gone afterwards, whatever happened."""

import json
import secrets
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from crosscloud.e2e import manifests
from crosscloud.e2e.cluster import Api, ApiError, items
from crosscloud.e2e.model import NO_PROBE, Failed, NotYet
from crosscloud.e2e.pods import why_not_ready
from crosscloud.e2e.wait import Deadline

#: Seconds that the cluster is given to remove the namespace.
REMOVAL = 45.0
#: Seconds after which pods are dropped whose node has not said that they ended; it takes seven with healthy nodes.
PATIENCE = 12.0
#: Seconds beyond a plan's own time limits for starting the command in the pod.
START = 15.0


@dataclass(frozen=True)
class Probe:
    """One probe pod that is ready: where it runs, and its address in the pod network."""

    name: str
    node: str
    address: str


@dataclass(frozen=True)
class Services:
    """What the probes stand behind: a service with an address of its own, and one without (headless)."""

    namespace: str
    address: str
    name: str = manifests.SERVICE
    headless: str = manifests.HEADLESS


class Bench:
    """The probes of one run. ``start`` makes them, ``probes`` waits for them, ``remove`` takes everything away."""

    def __init__(self, api: Api, image: str) -> None:
        self.namespace = f"{manifests.PREFIX}{secrets.token_hex(4)}"
        self._api, self._image = api, image
        self._started = threading.Event()
        self._problem = ""
        self._address = ""

    def start(self) -> None:
        """Make the namespace, the services and the pods; a failure is told to the checks that need them."""
        try:
            sweep(self._api)
            self._api.create("/api/v1/namespaces", manifests.namespace(self.namespace, now=time.time()))
            for service in (manifests.service(), manifests.headless_service()):
                made = self._api.create(f"/api/v1/namespaces/{self.namespace}/services", service)
                self._address = self._address or made["spec"]["clusterIP"]
            path = f"/apis/apps/v1/namespaces/{self.namespace}/daemonsets"
            self._api.create(path, manifests.daemon_set(self._image))
        except (NotYet, Failed) as error:
            self._problem = f"the probes could not be made: {error}"
        finally:
            self._started.set()

    def services(self, deadline: Deadline) -> Services:
        """Return the services once they exist."""
        self._wait_for_start(deadline)
        return Services(namespace=self.namespace, address=self._address)

    def probes(self, deadline: Deadline, nodes: Iterable[str]) -> list[Probe]:
        """Return the probe of each of ``nodes``, or fail with the reason for each that is not ready in time."""
        self._wait_for_start(deadline)
        wanted = sorted(nodes)
        return deadline.until(lambda: self._ready(wanted))

    def ask(self, probe: Probe, requests: list[dict[str, Any]]) -> dict[str, Any]:
        """Make the requests from a probe and return its report: ``results`` by the requests' ids, and its resolver."""
        longest = max((request["timeout_ms"] for request in requests), default=0) / 1000
        plan = json.dumps({"requests": requests})
        text = self._api.execute(self.namespace, probe.name, ["probe", "run"], plan, longest + START)
        try:
            report: dict[str, Any] = json.loads(text)
        except ValueError:
            raise NotYet(f"the probe in pod {probe.name} on {probe.node} answered no JSON: {text[:80]!r}") from None
        report["results"] = {result["id"]: result for result in report["results"]}
        return report

    def remove(self) -> str:
        """Delete the namespace and wait for it to be gone; return what is left to say, empty if it is gone."""
        path = f"/api/v1/namespaces/{self.namespace}"
        deadline = Deadline(REMOVAL)

        def gone() -> None:
            self._api.delete(path)
            if deadline.remaining < REMOVAL - PATIENCE:
                self._force()
            try:
                state = self._api.get(path)["status"]
            except ApiError as error:
                if error.status == 404:  # noqa: PLR2004 - HTTP's "not found"
                    return
                raise
            blocked = [c["message"] for c in state.get("conditions") or [] if c["status"] == "True"]
            raise NotYet(f"namespace {self.namespace} is not gone yet: {'; '.join(blocked) or state['phase']}")

        try:
            deadline.until(gone)
        except Failed as error:
            return f"{error}\nremove it by: kubectl delete namespace {self.namespace}"
        return ""

    def _force(self) -> None:
        """Drop pods whose node does not say that they ended; their containers, if any, end when the node comes back."""
        for pod in items(self._api, f"/api/v1/namespaces/{self.namespace}/pods"):
            path = f"/api/v1/namespaces/{self.namespace}/pods/{pod['metadata']['name']}"
            self._api.delete(path, gracePeriodSeconds="0")

    def _wait_for_start(self, deadline: Deadline) -> None:
        if not self._started.wait(deadline.remaining):
            raise Failed(f"the API server took more than {deadline.seconds:.0f} s to make the probes' objects")
        if self._problem:
            raise Failed(self._problem)

    def _ready(self, wanted: list[str]) -> list[Probe]:
        pods = items(self._api, f"/api/v1/namespaces/{self.namespace}/pods", labelSelector=manifests.SELECTOR)
        found = {pod["spec"].get("nodeName") or manifests.intended_node(pod): pod for pod in pods}
        problems = []
        for node in wanted:
            reason = why_not_ready(found[node]) if node in found else "the DaemonSet has made no pod for it"
            if reason:
                problems.append(f"{NO_PROBE}{node}: {reason}")
        if problems:
            raise NotYet("\n".join(problems))
        return [Probe(found[n]["metadata"]["name"], n, found[n]["status"]["podIP"]) for n in wanted]


def sweep(api: Api) -> None:
    """Delete the namespaces of runs that were killed: those whose time is up, never one that may still be at work."""
    for found in items(api, "/api/v1/namespaces", labelSelector=manifests.NAMESPACE_SELECTOR):
        if manifests.is_abandoned(found, now=time.time()):
            api.delete(f"/api/v1/namespaces/{found['metadata']['name']}")
