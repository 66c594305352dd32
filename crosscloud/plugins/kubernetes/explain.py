"""Why something doesn't get ready: which pod, which container, what happened to it, and what it said last."""

from collections.abc import Iterable, Mapping
from typing import Any

from crosscloud.plugins.base import PluginError
from crosscloud.plugins.kubernetes.api import Api

#: Last lines of a container's log that are shown, and the longest of them (characters).
_LOG_LINES, _LINE_LENGTH = 10, 300
#: Pods that are explained for each object, and warnings for each.
_PODS, _EVENTS = 3, 3
_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"})
#: A waiting container with one of these reasons is only on its way.
_ON_ITS_WAY = frozenset({"ContainerCreating", "PodInitializing"})

Live = Mapping[str, Any]


def explain(api: Api, objects: Iterable[Live]) -> list[str]:
    """Return what is wrong with live objects, worst first; empty when nothing can be seen.

    Whatever can't be read (no rights, gone meanwhile) is left out: an explanation must not hide the failure.
    """
    reasons: list[str] = []
    for live in objects:
        try:
            reasons += _explain_one(api, live)
        except PluginError:
            continue
    return list(dict.fromkeys(reasons))


def _explain_one(api: Api, live: Live) -> list[str]:
    kind, metadata = live.get("kind", ""), live["metadata"]
    namespace = metadata.get("namespace", "")
    if kind == "Pod":
        return [_pod(api, live)] if not _is_fine(live) else []
    if kind in _WORKLOADS:
        pods = [p for p in _pods(api, live) if not _is_fine(p)]
        found = [_pod(api, pod) for pod in pods[:_PODS]]
        if len(pods) > _PODS:
            found.append(f"and {len(pods) - _PODS} more pods of {kind.lower()} {namespace}/{metadata['name']}")
        return found or _without_pods(api, live)
    if kind in ("Service", "PersistentVolumeClaim", "Ingress"):
        return [f"{kind} {namespace}/{metadata['name']}: {e}" for e in _warnings(api, live)]
    return []


def _pods(api: Api, live: Live) -> list[dict[str, Any]]:
    selector = (live.get("spec") or {}).get("selector") or {}
    labels = selector.get("matchLabels", selector if live.get("kind") == "ReplicationController" else {})
    if not labels:
        return []
    query = ",".join(f"{k}={v}" for k, v in labels.items())
    pods = api.list("v1", "Pod", live["metadata"].get("namespace", ""), labelSelector=query)
    return [p for p in pods if not p["metadata"].get("deletionTimestamp")]


def _is_fine(pod: Live) -> bool:
    status = pod.get("status") or {}
    if status.get("phase") == "Succeeded":
        return True
    return any(c.get("type") == "Ready" and c.get("status") == "True" for c in status.get("conditions") or [])


def _pod(api: Api, pod: Live) -> str:
    metadata, status = pod["metadata"], pod.get("status") or {}
    where = f"pod {metadata['namespace']}/{metadata['name']}"
    containers = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    for container in containers:
        trouble, ran = _container(container)
        if trouble:
            return f"{where}: container {container['name']}: {trouble}" + _log(api, pod, container["name"], ran)
    scheduled: Live = next((c for c in status.get("conditions") or [] if c.get("type") == "PodScheduled"), {})
    if scheduled.get("status") == "False":
        return f"{where}: not scheduled: {scheduled.get('message', scheduled.get('reason', ''))}"
    warnings = _warnings(api, pod)
    why = "; ".join(warnings) or status.get("message") or status.get("reason") or f"phase {status.get('phase')}"
    unready = next((c["name"] for c in containers if not c.get("ready") and "running" in (c.get("state") or {})), "")
    if unready:
        return f"{where}: container {unready}: running but not ready: {why}" + _log(api, pod, unready, True)
    return f"{where}: {why}"


def _container(container: Live) -> tuple[str, bool]:
    """Return what is wrong with a container (or nothing), and whether it ever ran, so that it has a log."""
    state, last = container.get("state") or {}, (container.get("lastState") or {}).get("terminated")
    waiting, ended = state.get("waiting"), state.get("terminated")
    if waiting and waiting.get("reason") not in _ON_ITS_WAY:
        what = waiting.get("reason", "waiting")
        if last:
            return f"{what} ({_exit(last)})", True
        message = waiting.get("message", "")
        return (f"{what}: {message}" if message else what), False
    if ended and ended.get("exitCode"):
        return f"{ended.get('reason', 'terminated')} ({_exit(ended)})", True
    if "running" in state and not container.get("ready") and last and container.get("restartCount"):
        return f"restarted {container['restartCount']} times ({_exit(last)})", True
    return "", False


def _exit(ended: Live) -> str:
    reason = ended.get("reason", "")
    words = f"exit {ended.get('exitCode')}"
    return words if reason in ("", "Error", "Completed") else f"{words}, {reason}"


def _log(api: Api, pod: Live, container: str, ran: bool) -> str:
    if not ran:
        return ""
    metadata = pod["metadata"]
    path = api.path(api.kind("v1", "Pod"), metadata["namespace"], metadata["name"]) + "/log"
    for previous in ("false", "true"):
        query = {"container": container, "tailLines": str(_LOG_LINES), "previous": previous}
        try:
            said = str(api.request("GET", path, query=query, accept="*/*")).strip()
        except PluginError:
            continue
        if said:
            lines = "".join(f"\n    {line[:_LINE_LENGTH]}" for line in said.splitlines())
            return f", last log lines:{lines}"
    return ", no log lines"


def _without_pods(api: Api, live: Live) -> list[str]:
    """Say why a workload has no pods (a quota, an admission refusal): its controller's warnings and conditions."""
    metadata, kind = live["metadata"], live["kind"]
    where = f"{kind} {metadata.get('namespace', '')}/{metadata['name']}"
    conditions = (live.get("status") or {}).get("conditions") or []
    found = [str(c.get("message")) for c in conditions if c.get("type") == "ReplicaFailure" and c.get("message")]
    if kind == "Deployment":
        sets = api.list("apps/v1", "ReplicaSet", metadata["namespace"])
        owned = [s for s in sets if _owned_by(s, metadata["uid"])]
        found += [w for s in owned for w in _warnings(api, s)]
    return [f"{where}: {words}" for words in dict.fromkeys([*found, *_warnings(api, live)])]


def _owned_by(live: Live, uid: str) -> bool:
    return any(owner.get("uid") == uid for owner in live["metadata"].get("ownerReferences") or [])


def _warnings(api: Api, live: Live) -> list[str]:
    metadata = live["metadata"]
    events = api.list(
        "v1",
        "Event",
        metadata.get("namespace", ""),
        fieldSelector=f"involvedObject.uid={metadata.get('uid', '')},type=Warning",
    )
    events.sort(key=lambda e: str(e.get("lastTimestamp") or e.get("eventTime") or ""), reverse=True)
    said = dict.fromkeys(f"{e.get('reason')}: {str(e.get('message', '')).strip()}" for e in events)
    return list(said)[:_EVENTS]
