"""What is asked of a cluster's DNS, and the one right answer to each question (Kubernetes' DNS specification 1.1.0)."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crosscloud.e2e import manifests
from crosscloud.e2e.bench import Services


@dataclass(frozen=True)
class Question:
    """A question with the answer that is expected: ``data`` of every record, in any order, and nothing else."""

    #: What it is about, in a word: unique among the questions.
    kind: str
    type: str
    name: str
    data: frozenset[str] = frozenset()
    rcode: str = "NOERROR"

    def wrong(self, result: Mapping[str, Any]) -> str:
        """Return what is wrong with a probe's result, empty if the answer is exactly the expected one."""
        if result.get("error"):
            return brief(result["error"])
        if result["rcode"] != self.rcode:
            return f"{result['rcode']} instead of {self.rcode}"
        if result.get("truncated"):
            return "the answer is truncated"
        answers = result.get("answers") or []
        strangers = [a for a in answers if a["type"] != self.type or _absolute(a["name"]) != _absolute(self.name)]
        if strangers:
            return f"a record of {strangers[0]['name']} {strangers[0]['type']}, which was not asked for"
        found = sorted(normal(self.type, answer["data"]) for answer in answers)
        if found != sorted(self.data):
            return f"{_listed(found)} instead of {_listed(sorted(self.data))}"
        return ""


def about(services: Services, pods: Sequence[str], domain: str) -> list[Question]:
    """Return the questions about the run's services and the pods' addresses, in a cluster of this domain."""
    base = f"{services.namespace}.svc.{domain}"
    service, headless = f"{services.name}.{base}", f"{services.headless}.{base}"
    address_type = "AAAA" if ":" in services.address else "A"
    endpoints = {f"{manifests.PROBE_PORT} {_label(pod)}.{headless}." for pod in pods}
    pod = f"{_label(pods[0])}.{services.namespace}.pod.{domain}"
    pointer = ipaddress.ip_address(services.address).reverse_pointer
    return [
        Question(address_type, address_type, service, _addresses([services.address])),
        Question("SRV", "SRV", f"_http._tcp.{service}", frozenset({f"{manifests.HTTP_PORT} {service}."})),
        Question("PTR", "PTR", pointer, frozenset({f"{service}."})),
        Question("headless", address_type, headless, _addresses(pods)),
        Question("headless SRV", "SRV", f"_http._tcp.{headless}", frozenset(endpoints)),
        Question("pod", address_type, pod, _addresses(pods[:1])),
        Question("NXDOMAIN", address_type, f"absent.{base}", rcode="NXDOMAIN"),
    ]


def cluster_domain(search: Sequence[str], namespace: str) -> str | None:
    """Return the cluster's domain, told by the kubelet: a pod's resolver searches ``NAMESPACE.svc.DOMAIN`` first."""
    prefix = f"{namespace}.svc."
    return next((entry.removeprefix(prefix).rstrip(".") for entry in search if entry.startswith(prefix)), None)


def brief(error: str) -> str:
    """Return what a probe's error says without the socket's addresses, which differ from try to try."""
    return "no answer" if "timeout" in error.lower() else error.rpartition(": ")[2]


def normal(kind: str, data: str) -> str:
    """Return a record's data in one form: of SRV the port and the target (weights are free), names in lower case."""
    if kind == "SRV":
        return " ".join(data.lower().split()[2:])
    if kind in ("A", "AAAA"):
        return str(ipaddress.ip_address(data.strip()))
    return data.strip().lower()


def _addresses(addresses: Sequence[str]) -> frozenset[str]:
    return frozenset(str(ipaddress.ip_address(address)) for address in addresses)


def _label(address: str) -> str:
    return address.replace(".", "-").replace(":", "-")


def _absolute(name: str) -> str:
    return name.lower().rstrip(".") + "."


def _listed(values: Sequence[str]) -> str:
    return ", ".join(values) or "no record"
