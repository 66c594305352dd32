"""The etcd members of a cluster, seen and removed by etcdctl in the etcd pod of a control plane that lives.

etcd refuses a new member while another is down, so a control plane that dies has to be taken out before its replacement
can join. Only etcd's own certificates open etcd, and they stay on the control planes: so its own pod is asked.
"""

import json
from typing import Any

from crosscloud.plugins.base import Call, PluginError
from crosscloud.plugins.crosscloud.api import core

_PKI = "/etc/kubernetes/pki/etcd"
_ETCDCTL = [
    "etcdctl",
    "--endpoints=https://127.0.0.1:2379",
    f"--cacert={_PKI}/ca.crt",
    f"--cert={_PKI}/healthcheck-client.crt",
    f"--key={_PKI}/healthcheck-client.key",
]


def find(config: str, name: str) -> str:
    """Return the id (hexadecimal) of the member of this name; empty when there is none or no pod can be asked."""
    for pod in _pods(config):
        listed = _run(config, pod, ["member", "list", "--write-out=json", "--hex"])
        for member in _members(listed):
            if member.get("name") == name:
                return _identifier(member)
        if listed:
            return ""
    return ""


def remove(call: Call, config: str, name: str, identifier: str) -> None:
    """Take the member out, if it is there and not the last one."""
    others = [pod for pod in _pods(config) if not pod.endswith(f"-{name}")]
    if not others:
        return  # the last control plane takes its etcd along
    for pod in others:
        members = _members(_run(config, pod, ["member", "list", "--write-out=json", "--hex"]))
        if not members:
            continue
        wanted = [m for m in members if _identifier(m) == identifier or (not identifier and m.get("name") == name)]
        if not wanted:
            return
        call.status(f"removing {name} from etcd")
        _run(config, pod, ["member", "remove", _identifier(wanted[0])])
        return
    raise PluginError(
        f"{name} can't be taken out of etcd: no etcd pod of the other control planes ({', '.join(others)}) answers. "
        "Has etcd lost its quorum? `kubectl -n kube-system logs` of those pods tells"
    )


def _members(listed: str) -> list[dict[str, Any]]:
    try:
        return list(json.loads(listed).get("members", []))
    except (ValueError, AttributeError):
        return []


def _identifier(member: dict[str, Any]) -> str:
    value = member.get("ID", "")
    return f"{value:x}" if isinstance(value, int) else str(value)


def _pods(config: str) -> list[str]:
    pods = core(config).list_namespaced_pod("kube-system", label_selector="component=etcd")
    return [
        p.metadata.name for p in pods.items if p.status.phase == "Running" and p.metadata.deletion_timestamp is None
    ]


def _run(config: str, pod: str, arguments: list[str]) -> str:
    """Run etcdctl in a pod; what it printed, or nothing when the pod could not be asked."""
    from kubernetes.stream import stream

    try:
        answer: Any = stream(
            core(config).connect_get_namespaced_pod_exec,
            pod,
            "kube-system",
            container="etcd",
            command=[*_ETCDCTL, *arguments],
            stdout=True,
            stderr=False,
            stdin=False,
            tty=False,
            _request_timeout=20,
            _preload_content=False,
        )
        answer.run_forever(timeout=20)
        return str(answer.read_stdout() or "")
    except Exception:  # a pod on a dead machine: the caller asks the next one
        return ""
