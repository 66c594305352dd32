"""When an object that was applied is also working, kind by kind, and how to wait for that."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from crosscloud.plugins.base import Call
from crosscloud.plugins.kubernetes.api import Api

#: Seconds to wait, by kind; others get the last. They are those of Pulumi's own plugin.
_TIMEOUTS = {"Deployment": 600, "StatefulSet": 600, "DaemonSet": 600, "Service": 600, "Ingress": 600, "Job": 600}
_TIMEOUT = 300
#: Seconds between two looks: short at first, for what is ready at once, then growing to the second.
_FIRST_LOOK, _SLOWEST_LOOK = 0.1, 2.0


@dataclass(frozen=True)
class Readiness:
    """``why`` it is not ready yet, or, with ``failed``, why it never will be."""

    ready: bool
    why: str = ""
    failed: bool = False


_READY = Readiness(ready=True)
Live = Mapping[str, Any]


def timeout_of(call: Call, live: Live) -> float:
    """Return the seconds to wait: the program's own, the annotation's, or the kind's."""
    asked = annotation(live, "timeoutSeconds")
    return call.timeout or (float(asked) if asked.isdigit() else _TIMEOUTS.get(str(live.get("kind")), _TIMEOUT))


def annotation(live: Live, name: str) -> str:
    """Return the value of a ``pulumi.com/`` annotation, or nothing."""
    metadata = live.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    return str(annotations.get(f"pulumi.com/{name}", "")) if isinstance(annotations, Mapping) else ""


def wait(api: Api, call: Call, live: dict[str, Any], check: Callable[[Api, Live], Readiness]) -> tuple[Live, Readiness]:
    """Look at the object until it is ready, has failed, is gone or the time is over; return how it was last."""
    metadata = live["metadata"]
    end, pause = time.monotonic() + timeout_of(call, live), _FIRST_LOOK
    readiness = check(api, live)
    while not readiness.ready and not readiness.failed:
        if time.monotonic() > end:
            return live, Readiness(ready=False, why=f"timed out: {readiness.why}", failed=True)
        if call.cancelled.wait(pause):
            return live, Readiness(ready=False, why=f"cancelled: {readiness.why}", failed=True)
        pause = min(pause * 1.5, _SLOWEST_LOOK)
        found = api.get(live["apiVersion"], live["kind"], metadata.get("namespace", ""), metadata["name"])
        if found is None:
            return live, Readiness(ready=False, why="it was deleted while waiting for it", failed=True)
        live = found
        readiness = check(api, live)
        if not readiness.ready:
            call.status(readiness.why)
    return live, readiness


def check(api: Api, live: Live) -> Readiness:
    """Say whether an object works; kinds that just exist are ready at once."""
    rule = _RULES.get(str(live.get("kind")))
    return rule(api, live) if rule and _group(live) in _GROUPS else _READY


_GROUPS = frozenset({"", "apps", "batch", "networking.k8s.io", "apiextensions.k8s.io"})


def _group(live: Live) -> str:
    version = str(live.get("apiVersion", ""))
    return version.partition("/")[0] if "/" in version else ""


def _counts(done: int, wanted: int, what: str) -> Readiness:
    return _READY if done >= wanted else Readiness(ready=False, why=f"{done} of {wanted} {what}")


def condition(live: Live, kind: str) -> Mapping[str, Any]:
    """Return one of the object's conditions, or nothing."""
    conditions = (live.get("status") or {}).get("conditions") or []
    return next((c for c in conditions if c.get("type") == kind), {})


def _observed(live: Live) -> bool:
    seen: int = (live.get("status") or {}).get("observedGeneration", 0)
    return seen >= int(live["metadata"].get("generation", 0))


def _deployment(_api: Api, live: Live) -> Readiness:
    status, wanted = live.get("status") or {}, (live.get("spec") or {}).get("replicas", 1)
    if not _observed(live):
        return Readiness(ready=False, why="waiting for the deployment controller")
    progressing = condition(live, "Progressing")
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return Readiness(ready=False, why=str(progressing.get("message")), failed=True)
    updated = status.get("updatedReplicas", 0)
    if updated < wanted:
        return _counts(updated, wanted, "replicas are updated")
    if status.get("replicas", 0) > updated:
        return Readiness(ready=False, why=f"{status['replicas'] - updated} old replicas are still there")
    return _counts(status.get("availableReplicas", 0), wanted, "replicas are available")


def _stateful_set(_api: Api, live: Live) -> Readiness:
    status, spec = live.get("status") or {}, live.get("spec") or {}
    wanted = spec.get("replicas", 1)
    if not _observed(live):
        return Readiness(ready=False, why="waiting for the stateful set controller")
    strategy = spec.get("updateStrategy") or {}
    partition = (strategy.get("rollingUpdate") or {}).get("partition", 0)
    if strategy.get("type") != "OnDelete" and status.get("updatedReplicas", 0) < wanted - partition:
        return _counts(status.get("updatedReplicas", 0), wanted - partition, "replicas are updated")
    return _counts(status.get("readyReplicas", 0), wanted, "replicas are ready")


def _daemon_set(_api: Api, live: Live) -> Readiness:
    status = live.get("status") or {}
    if not _observed(live):
        return Readiness(ready=False, why="waiting for the daemon set controller")
    wanted = status.get("desiredNumberScheduled", 0)
    strategy = ((live.get("spec") or {}).get("updateStrategy") or {}).get("type")
    if strategy != "OnDelete" and status.get("updatedNumberScheduled", 0) < wanted:
        return _counts(status.get("updatedNumberScheduled", 0), wanted, "pods are updated")
    return _counts(status.get("numberAvailable", 0), wanted, "pods are available")


def _replicas(_api: Api, live: Live) -> Readiness:
    if not _observed(live):
        return Readiness(ready=False, why="waiting for its controller")
    return _counts(
        (live.get("status") or {}).get("readyReplicas", 0), (live.get("spec") or {}).get("replicas", 1), "ready"
    )


def _pod(_api: Api, live: Live) -> Readiness:
    phase = (live.get("status") or {}).get("phase")
    if phase == "Failed":
        return Readiness(ready=False, why="the pod failed", failed=True)
    if phase == "Succeeded" or condition(live, "Ready").get("status") == "True":
        return _READY
    return Readiness(ready=False, why=f"the pod is {phase or 'not scheduled'}")


def _job(_api: Api, live: Live) -> Readiness:
    failed = condition(live, "Failed")
    if failed.get("status") == "True":
        return Readiness(ready=False, why=f"the job failed: {failed.get('message')}", failed=True)
    done = condition(live, "Complete").get("status") == "True" or (live.get("spec") or {}).get("suspend")
    return _READY if done else Readiness(ready=False, why="the job is not complete")


def _service(api: Api, live: Live) -> Readiness:
    spec = live.get("spec") or {}
    if spec.get("type") == "LoadBalancer" and not ((live.get("status") or {}).get("loadBalancer") or {}).get("ingress"):
        return Readiness(ready=False, why="waiting for the load balancer's address")
    if spec.get("type") == "ExternalName" or not spec.get("selector") or spec.get("clusterIP") == "None":
        return _READY
    metadata = live["metadata"]
    slices = api.list(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        metadata["namespace"],
        labelSelector=f"kubernetes.io/service-name={metadata['name']}",
    )
    endpoints = [e for s in slices for e in s.get("endpoints") or []]
    ready = any((e.get("conditions") or {}).get("ready", True) for e in endpoints)
    return _READY if ready else Readiness(ready=False, why="the service has no ready pod behind it")


def _ingress(_api: Api, live: Live) -> Readiness:
    ready = ((live.get("status") or {}).get("loadBalancer") or {}).get("ingress")
    return _READY if ready else Readiness(ready=False, why="waiting for the ingress controller to give it an address")


def _claim(api: Api, live: Live) -> Readiness:
    if (live.get("status") or {}).get("phase") == "Bound":
        return _READY
    name = (live.get("spec") or {}).get("storageClassName")
    storage = api.get("storage.k8s.io/v1", "StorageClass", "", name) if name else None
    if storage and storage.get("volumeBindingMode") == "WaitForFirstConsumer":
        return _READY
    return Readiness(ready=False, why="the claim is not bound to a volume")


def _phase(*phases: str) -> Callable[[Api, Live], Readiness]:
    def rule(_api: Api, live: Live) -> Readiness:
        phase = (live.get("status") or {}).get("phase", "Pending")
        return _READY if phase in phases else Readiness(ready=False, why=f"it is {phase}")

    return rule


def _definition(_api: Api, live: Live) -> Readiness:
    refused = condition(live, "NamesAccepted")
    if refused.get("status") == "False":
        return Readiness(ready=False, why=str(refused.get("message")), failed=True)
    ready = condition(live, "Established").get("status") == "True"
    return _READY if ready else Readiness(ready=False, why="the definition is not established")


_RULES: Mapping[str, Callable[[Api, Live], Readiness]] = {
    "CustomResourceDefinition": _definition,
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "Ingress": _ingress,
    "Job": _job,
    "Namespace": _phase("Active"),
    "PersistentVolume": _phase("Available", "Bound"),
    "PersistentVolumeClaim": _claim,
    "Pod": _pod,
    "ReplicaSet": _replicas,
    "ReplicationController": _replicas,
    "Service": _service,
    "StatefulSet": _stateful_set,
}
