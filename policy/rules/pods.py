"""Pods run without root, with a seccomp profile, and without paths of the host (line 12 of the checklist).

Of what helm deploys the engine knows the values, so the rule looks at what the charts' values say of each pod. Raw
workloads are looked at as they are.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policy.rules.releases import RELEASE
from policy.rules.rule import Known, Level, Resource, ResourceRule, Values
from policy.rules.values import at

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
#: Where raw workloads have their pods' specification.
WORKLOADS: Mapping[str, str] = {
    "kubernetes:core/v1:Pod": "spec",
    "kubernetes:apps/v1:Deployment": "spec.template.spec",
    "kubernetes:apps/v1:DaemonSet": "spec.template.spec",
    "kubernetes:apps/v1:StatefulSet": "spec.template.spec",
    "kubernetes:batch/v1:Job": "spec.template.spec",
    "kubernetes:batch/v1:CronJob": "spec.jobTemplate.spec.template.spec",
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
        yield from (f"{one}: {why}" for why in _contexts(values, pod, container))
    yield from (f"{one}: {path} lets pods see the host" for path in _host_paths(values))


def _contexts(values: Values, pod: str, container: str) -> Iterator[str]:
    own, inner = at(values, pod, {}), at(values, container, {})
    yield from (f"{why} ({pod})" for why in _restricted(own, inner))


def _restricted(pod: Values, container: Values) -> Iterator[str]:
    """Yield what a container may do too much, whose own security context counts before its pod's."""
    both = {**{key: pod[key] for key in pod}, **{key: container[key] for key in container}}
    if both.get("runAsNonRoot") is not True or both.get("runAsUser") == 0:
        yield "may run as root"
    if at(both, "seccompProfile.type") not in _SECCOMP:
        yield "has no seccomp profile"
    if both.get("privileged") or both.get("allowPrivilegeEscalation") is not False:
        yield "may gain privileges"


def _host_paths(values: Any, path: str = "") -> Iterator[str]:
    """Yield where values give pods a path or a namespace of the host, except node-exporter's."""
    if isinstance(values, Mapping):
        for key in values:
            inner = f"{path}.{key}" if path else key
            if _SEES_THE_HOST not in inner:
                if (key in _HOST and values[key]) or key == "hostPath":
                    yield inner
                yield from _host_paths(values[key], inner)
    elif isinstance(values, Sequence) and not isinstance(values, str):
        for index in range(len(values)):
            yield from _host_paths(values[index], f"{path}.{index}")


def pods_are_restricted(one: Resource, _: Known) -> Iterator[str]:
    """Yield containers of raw workloads that may be root, have no seccomp profile, may gain rights, or see the host."""
    spec: Values = at(one.props, WORKLOADS[one.type], {})
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        found = _restricted(spec.get("securityContext") or {}, container.get("securityContext") or {})
        yield from (f"{one}: the container {container.get('name')} {why}" for why in found)
    if _SEES_THE_HOST not in one.name:
        yield from (f"{one}: {path} lets pods see the host" for path in _host_paths(spec))


_EVERYWHERE = ("aws", "azure", "gce", "gke", "packet", "local", "existing")

RULES = (
    ResourceRule(
        "charts-restrict-pods",
        12,
        Level.MANDATORY,
        _EVERYWHERE,
        "What helm deploys runs without root, with a seccomp profile, and without the host's paths.",
        "Set crosscloud:chartSource to charts that this pack knows, and mend their values in crosscloud/helm_values",
        "chartSource",
        types=(RELEASE,),
        check=pods_of_charts_are_restricted,
    ),
    ResourceRule(
        "pods-restricted",
        12,
        Level.MANDATORY,
        _EVERYWHERE,
        "Every other pod runs without root, with a seccomp profile, and without the host's paths.",
        "No key of the stack's file changes this: mend the pod's securityContext",
        types=tuple(WORKLOADS),
        check=pods_are_restricted,
    ),
)
