"""Pods run without root, with a seccomp profile, and without paths of the host (line 12 of the checklist).

Of what helm deploys the engine knows the values, so the rule looks at what the charts' values say of each pod. Raw
workloads are looked at as they are.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from policy.rules.rule import ALL_CLOUDS, Known, Level, Resource, ResourceRule, Values, by_program
from policy.rules.values import at, mappings

#: Where the values of the charts that are deployed here have the security contexts of each pod: its own, and that of
#: its container.
CHARTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "coredns": (("podSecurityContext", "securityContext"),),
    "prometheus": (
        ("server.securityContext", "server.containerSecurityContext"),
        ("alertmanager.podSecurityContext", "alertmanager.securityContext"),
        ("prometheus-node-exporter.securityContext", "prometheus-node-exporter.containerSecurityContext"),
    ),
}
#: What charts deploy unless they are told not to, and nobody here has looked at.
EXTRAS: Mapping[str, tuple[str, ...]] = {
    "prometheus": ("kube-state-metrics", "prometheus-pushgateway", "configmapReload.prometheus"),
}
#: Where raw workloads, of whatever version, have their pods' specification.
WORKLOADS: Mapping[str, str] = {
    "Pod": "spec",
    "CronJob": "spec.jobTemplate.spec.template.spec",
    "PodTemplate": "template.spec",
    **dict.fromkeys(
        ("DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet"), "spec.template.spec"
    ),
}
#: Whose pods have to see the host.
_SEES_THE_HOST = "node-exporter"
_HOST = ("hostNetwork", "hostPID", "hostIPC")
_SECCOMP = ("RuntimeDefault", "Localhost")


def pods_of_charts_are_restricted(one: Resource, _: Known) -> Iterator[str]:
    """Yield pods of a helm release that may be root, have no seccomp profile, may gain rights, or see the host."""
    chart = str(one.props.get("chart") or "").rstrip("/").rpartition("/")[2]
    values: Values = one.props.get("values") or {}
    if chart not in CHARTS:
        yield f"{one}: it is not known where the values of the chart {chart} restrict its pods"
    for pod, container in CHARTS.get(chart, ()):
        yield from (f"{one}: {why} ({pod})" for why in _restricted(at(values, pod, {}), at(values, container, {})))
    for extra in EXTRAS.get(chart, ()):
        if at(values, f"{extra}.enabled") is not False:
            yield f"{one}: it is not known what restricts the pods of {extra}, which is not switched off"
    for path, each in mappings(values):
        if isinstance(each.get("image"), str):  # a container of its own: charts describe theirs by a map
            yield from (f"{one}: {why} ({path})" for why in _restricted({}, each.get("securityContext") or {}))
    yield from (f"{one}: {path} lets pods see the host" for path in _host_paths(values))


def _restricted(pod: Values, container: Values) -> Iterator[str]:
    """Yield what a container may do too much, whose own security context counts before its pod's."""
    both = {**{key: pod[key] for key in pod}, **{key: container[key] for key in container}}
    if both.get("runAsNonRoot") is not True or both.get("runAsUser") == 0:
        yield "may run as root"
    if at(both, "seccompProfile.type") not in _SECCOMP:
        yield "has no seccomp profile"
    if both.get("privileged") or both.get("allowPrivilegeEscalation") is not False:
        yield "may gain privileges"


def _host_paths(values: Any) -> Iterator[str]:
    """Yield where values give pods a path or a namespace of the host, except node-exporter's."""
    for path, each in mappings(values):
        for key in each:
            inner = f"{path}.{key}" if path else key
            if _SEES_THE_HOST not in inner and (key == "hostPath" or (key in _HOST and each[key])):
                yield inner


def pods_are_restricted(one: Resource, _: Known) -> Iterator[str]:
    """Yield containers of raw workloads that may be root, have no seccomp profile, may gain rights, or see the host."""
    spec: Values = at(one.props, WORKLOADS[one.kind], {})
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    if not containers:
        yield f"{one}: no container is found at {WORKLOADS[one.kind]}"
    for container in containers:
        found = _restricted(spec.get("securityContext") or {}, container.get("securityContext") or {})
        yield from (f"{one}: the container {container.get('name')} {why}" for why in found)
    if _SEES_THE_HOST not in one.name:
        yield from (f"{one}: {path} lets pods see the host" for path in _host_paths(spec))


RULES = (
    ResourceRule(
        "charts-restrict-pods",
        12,
        Level.MANDATORY,
        ALL_CLOUDS,
        "What helm deploys runs without root, with a seccomp profile, and without the host's paths.",
        by_program("the values", "crosscloud/helm_values/coredns.py", "crosscloud/helm_values/prometheus.py"),
        types=("kubernetes:helm.sh/*",),
        check=pods_of_charts_are_restricted,
    ),
    ResourceRule(
        "pods-restricted",
        12,
        Level.MANDATORY,
        ALL_CLOUDS,
        "Every other pod runs without root, with a seccomp profile, and without the host's paths.",
        by_program("the pod", "components/cross_project.py"),
        types=tuple(f"kubernetes:*:{kind}" for kind in WORKLOADS),
        check=pods_are_restricted,
    ),
)
