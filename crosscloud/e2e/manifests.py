"""What the checks make in the cluster. The pods meet the ``restricted`` standard, and their namespace enforces it."""

from collections.abc import Mapping
from typing import Any

#: Every namespace of a run begins with this.
PREFIX = "crosscloud-e2e-"
#: The service with an address of its own, and the one without.
SERVICE, HEADLESS = "web", "peers"
#: Where the probes answer, over TCP (HTTP) and over UDP.
PROBE_PORT = 8080
#: The service's ports: other than the pods', so that a port that is not translated is noticed.
HTTP_PORT, ECHO_PORT = 80, 7
#: Seconds after which a namespace belongs to a run that was killed; no run takes as long.
ABANDONED = 3600

_LABELS = {"app.kubernetes.io/name": "probe", "app.kubernetes.io/part-of": "crosscloud-e2e"}
_OWNER = {"app.kubernetes.io/managed-by": "crosscloud-e2e"}
_MADE = "crosscloud.cncf.ci/made"
SELECTOR = ",".join(f"{key}={value}" for key, value in _LABELS.items())
NAMESPACE_SELECTOR = ",".join(f"{key}={value}" for key, value in _OWNER.items())


def namespace(name: str, *, now: float) -> dict[str, Any]:
    """Return the run's namespace; ``now`` (seconds since 1970) is kept so that a later run knows an abandoned one."""
    labels = {**_OWNER, "pod-security.kubernetes.io/enforce": "restricted"}
    metadata = {"name": name, "labels": labels, "annotations": {_MADE: str(int(now))}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def is_abandoned(found: Mapping[str, Any], *, now: float) -> bool:
    """Say whether a namespace of ours is older than any run; one without our mark is somebody else's."""
    made = (found["metadata"].get("annotations") or {}).get(_MADE, "")
    name = found["metadata"]["name"]
    return bool(made.isdecimal() and now - int(made) > ABANDONED and name.startswith(PREFIX))


def service() -> dict[str, Any]:
    """Return the service with an address: TCP and UDP, on ports other than the pods'."""
    ports = [
        {"name": "http", "port": HTTP_PORT, "targetPort": PROBE_PORT, "protocol": "TCP"},
        {"name": "echo", "port": ECHO_PORT, "targetPort": PROBE_PORT, "protocol": "UDP"},
    ]
    return _service(SERVICE, {"ports": ports})


def headless_service() -> dict[str, Any]:
    """Return the service without an address: its name stands for the pods."""
    ports = [{"name": "http", "port": PROBE_PORT, "protocol": "TCP"}]
    return _service(HEADLESS, {"clusterIP": "None", "ports": ports})


def daemon_set(image: str) -> dict[str, Any]:
    """Return the probes: one on every Linux node, whatever its taints."""
    template = {"metadata": {"labels": _LABELS}, "spec": _pod(image)}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "probe", "labels": _LABELS},
        "spec": {"selector": {"matchLabels": _LABELS}, "template": template},
    }


def intended_node(pod: Mapping[str, Any]) -> str | None:
    """Return the node that a pod of a DaemonSet, not scheduled yet, is meant for."""
    try:
        required = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        return str(required["nodeSelectorTerms"][0]["matchFields"][0]["values"][0])
    except (KeyError, IndexError):
        return None


def _service(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": _LABELS},
        "spec": {"selector": _LABELS, **spec},
    }


def _pod(image: str) -> dict[str, Any]:
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"operator": "Exists"}],
        "terminationGracePeriodSeconds": 1,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "runAsGroup": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(image)],
    }


def _container(image: str) -> dict[str, Any]:
    fields = {"POD_NAME": "metadata.name", "NODE_NAME": "spec.nodeName"}
    return {
        "name": "probe",
        "image": image,
        "args": ["serve"],
        "env": [{"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}} for name, path in fields.items()],
        "ports": [
            {"name": "http", "containerPort": PROBE_PORT, "protocol": "TCP"},
            {"name": "echo", "containerPort": PROBE_PORT, "protocol": "UDP"},
        ],
        "readinessProbe": {"httpGet": {"path": "/", "port": PROBE_PORT}, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
