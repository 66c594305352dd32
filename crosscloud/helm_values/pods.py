"""What holds for every pod that is deployed: no root, the runtime's seccomp profile, no capability, small requests."""

from typing import Any

#: The user ``nobody``, as the upstream images of Prometheus have it. Numeric, since a kubelet can't check a name.
NOBODY = 65534

#: Lets a pod run on the machines of the control plane, which ordinary pods keep off.
ON_CONTROL_PLANES: list[dict[str, Any]] = [
    {"key": "node-role.kubernetes.io/control-plane", "operator": "Exists", "effect": "NoSchedule"}
]


def pod_security(user: int = NOBODY, **more: Any) -> dict[str, Any]:
    """Return a pod's security context: ``user`` for user and group and the volumes' group, never root."""
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "seccompProfile": {"type": "RuntimeDefault"},
        **more,
    }


def container_security(*, capabilities: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a container's security context: nothing to gain, a root that can't be written, only these capabilities."""
    allowed: dict[str, Any] = {"drop": ["ALL"]}
    if capabilities:
        allowed["add"] = list(capabilities)
    return {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": allowed}


def resources(*, cpu: str, memory: str, memory_limit: str, cpu_limit: str = "2") -> dict[str, Any]:
    """Return requests and limits.

    Requests are what the pod needs at rest, so that all fit on machines that share two cores. The processor's limit is
    written out although it is wide: helm merges maps, so a chart's narrower default (100m in coredns') would stay.
    """
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"cpu": cpu_limit, "memory": memory_limit}}
