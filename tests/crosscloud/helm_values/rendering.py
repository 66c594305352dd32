"""Renders charts with the genuine helm, and looks into what comes out."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from crosscloud.config import StackConfig
from crosscloud.helm_values import HelmProject
from crosscloud.release import Image, Release

Object = dict[str, Any]


class RenderError(Exception):
    """Helm refused; the text is helm's own."""


def render(helm: str, chart: Path, project: HelmProject, values: dict[str, Any]) -> list[Object]:
    """Return the chart's objects, sorted by kind and name."""
    deployment = project.DEPLOYMENT
    # A chart may ask for a minimum, and helm built without its makefile believes in a very old Kubernetes.
    command = [helm, "template", deployment.name, str(chart), "--namespace", deployment.namespace]
    done = subprocess.run(
        [*command, "--kube-version", "1.37.2", "--values", "-"],
        input=json.dumps(values),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RenderError(done.stderr)
    objects = [one for one in yaml.safe_load_all(done.stdout) if one]
    return sorted(objects, key=lambda one: (one["kind"], one["metadata"]["name"]))


def pods(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    """Yield each workload's name with its pod's spec."""
    for one in objects:
        if one["kind"] in {"DaemonSet", "Deployment", "StatefulSet"}:
            yield one["metadata"]["name"], one["spec"]["template"]["spec"]


def containers(objects: list[Object]) -> Iterator[Object]:
    """Yield every container of every pod, those that run before others too."""
    for _, pod in pods(objects):
        yield from pod.get("initContainers", [])
        yield from pod["containers"]


def the(objects: list[Object], kind: str, name: str) -> Object:
    """Return the one object of this kind and name."""
    (found,) = (one for one in objects if one["kind"] == kind and one["metadata"]["name"] == name)
    return found


def names(image: Image) -> set[str]:
    """Return the references that run exactly this image: by digest where it is known, whatever the tag beside it."""
    if image.digest:
        return {f"{image.image}@{image.digest}", f"{image.image}:{image.tag}@{image.digest}"}
    return {f"{image.image}:{image.tag}"}


def assert_holds_for_every_chart(
    objects: list[Object], project: HelmProject, release: Release, config: StackConfig
) -> None:
    """Assert what the values promise, whichever chart they are given to."""
    images = list(project.images(release).values())
    running = [container["image"] for container in containers(objects)]
    assert len(running) == len(images), f"as many containers as images: {running}"
    for image in images:
        assert names(image) & set(running), f"{image.reference} is not among {running}"
    for name, pod in pods(objects):
        assert_confined(name, pod)
    if project.DEPLOYMENT.name == "coredns":
        assert_serves_dns(objects, config)


def assert_confined(name: str, pod: Object) -> None:
    """Assert that a pod is no root, can't become one, and sees nothing of its node unless it measures it."""
    security = pod["securityContext"]
    assert security["runAsNonRoot"] is True, name
    assert security["runAsUser"] > 0, name
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
    assert not pod.get("hostPID"), name
    assert not pod.get("hostIPC"), name
    measures_the_node = name == "prometheus-node-exporter"
    assert bool(pod.get("hostNetwork")) is measures_the_node, name
    mounted = [volume["name"] for volume in pod["volumes"] if "hostPath" in volume]
    assert bool(mounted) is measures_the_node, f"{name} mounts {mounted} of its node"
    for container in pod["containers"]:
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False, name
        assert security["readOnlyRootFilesystem"] is True, name
        assert security["capabilities"]["drop"] == ["ALL"], name
        assert {"requests", "limits"} <= container["resources"].keys(), name
        for mount in container["volumeMounts"]:
            assert mount["name"] not in mounted or mount["readOnly"] is True, f"{name} can write {mount['name']}"


def assert_serves_dns(objects: list[Object], config: StackConfig) -> None:
    """Assert that the service has the address that every pod is told, on UDP and TCP, and selects the pods."""
    service = the(objects, "Service", "kube-dns")["spec"]
    assert service["clusterIP"] == str(config.dns_service_ip)
    assert {(port["port"], port["protocol"]) for port in service["ports"]} == {(53, "UDP"), (53, "TCP")}
    deployment = the(objects, "Deployment", "coredns")["spec"]
    assert service["selector"].items() <= deployment["template"]["metadata"]["labels"].items()
    assert deployment["template"]["spec"]["dnsPolicy"] == "Default"
    assert f"kubernetes {config.cluster_domain} " in the(objects, "ConfigMap", "coredns")["data"]["Corefile"]
