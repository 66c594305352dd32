"""Every running image is the one that the release names, by digest, and every image of the release runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from crosscloud import registry
from crosscloud.e2e.cluster import items
from crosscloud.e2e.model import Check, Context, Failed, NotYet
from crosscloud.e2e.pods import CONTROL_PLANE, is_ready, name, why_not_ready
from crosscloud.e2e.running import Running, containers, image_name
from crosscloud.problems import counted
from crosscloud.release import Image

#: The short names of images that are a project's, wherever they come from. One line adds a project.
NAMES: Mapping[str, frozenset[str]] = {
    "kubernetes": frozenset({"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "hyperkube"}),
    "coredns": frozenset({"coredns"}),
    "prometheus": frozenset({"prometheus"}),
    "node_exporter": frozenset({"node-exporter"}),
    "alertmanager": frozenset({"alertmanager"}),
}
#: The static pods of every machine of the control plane, by kubeadm's label ``component``.
STATIC_PODS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
#: Projects that a managed or an existing cluster brings itself: theirs may run beside the release's.
BROUGHT = frozenset({"kubernetes", "coredns"})


@dataclass(frozen=True)
class Expected:
    """A project's image, and a way to ask the registry for all digests that it is known by."""

    project: str
    image: Image
    ask: Callable[[], frozenset[str]]

    def is_one_of(self, container: Running) -> bool:
        """Say whether the container's image should be this project's, judged by its name."""
        return container.image == self.image.image or container.short_name in NAMES[self.project]


def run(context: Context) -> list[str]:
    """Compare all running containers with the release, and wait for those that are still coming."""
    projects = [p for p in NAMES if not (context.options.managed_kubernetes and p == "kubernetes")]
    expected = [_expected(context, project) for project in projects]
    return context.deadline.until(lambda: compare(context, expected))


def compare(context: Context, expected: list[Expected]) -> list[str]:
    """Look at the cluster once."""
    pods = items(context.api, "/api/v1/pods")
    running = containers(pods, except_in=context.bench.namespace)
    wrong, absent, seen = [], [], []
    for one in expected:
        ours = [container for container in running if one.is_one_of(container)]
        if context.options.managed_kubernetes and one.project in BROUGHT:
            ours = [container for container in ours if container.image == one.image.image]
        problems = judge(one, ours)
        wrong += problems
        if ours and not problems:
            seen.append(f"{one.project} {one.image.tag}: {counted(len(ours), 'container')} of {_digest(ours)}")
        elif not ours:
            absent.append(f"{one.project}: nothing runs {one.image.reference}{_why(one, pods)}")
    if not context.options.managed_kubernetes:
        absent += missing_static_pods(items(context.api, "/api/v1/nodes"), pods)
    if wrong:
        raise Failed("\n".join(wrong))
    if absent:
        raise NotYet("\n".join(absent))
    return [*seen, _others(running, expected)]


def judge(expected: Expected, running: list[Running]) -> list[str]:
    """Return a line for each digest that runs and is not the expected image's, with where it runs."""
    pinned, hint = expected.image.digest, ""
    if pinned and all(container.digest == pinned for container in running):
        return []
    try:
        known = expected.ask()
    except registry.RegistryError as error:
        if not pinned:
            raise NotYet(str(error)) from None
        # The pin is enough to tell; the registry could only have said that it is the same image by another digest.
        known, hint = frozenset({pinned}), f"; {error}"
    wrong: dict[str, list[Running]] = {}
    for container in running:
        if container.digest not in known:
            wrong.setdefault(f"{container.image}@{container.digest or 'unknown'}", []).append(container)
    names = f"{expected.image.image}@{pinned or ' or '.join(sorted(known))} ({expected.image.tag})"
    return [
        f"{expected.project}: the release names {names}, but {', '.join(c.where for c in found)} runs {what}{hint}"
        for what, found in wrong.items()
    ]


def missing_static_pods(nodes: list[dict[str, Any]], pods: list[dict[str, Any]]) -> list[str]:
    """Return a line for each part of the control plane that is not ready on a machine of the control plane."""
    ready = [pod for pod in pods if is_ready(pod)]
    there = {(p["spec"].get("nodeName"), (p["metadata"].get("labels") or {}).get("component")) for p in ready}
    names = [n["metadata"]["name"] for n in nodes if CONTROL_PLANE in (n["metadata"].get("labels") or {})]
    return [
        f"kubernetes: no {part} is ready on {node}"
        for node in names
        for part in STATIC_PODS
        if (node, part) not in there
    ]


def _expected(context: Context, project: str) -> Expected:
    image: Image = getattr(context.release, project)
    name, wanted = image.image, image.digest or image.tag
    # Asked at most once a run, and not at all if all digests are the pinned one.
    return Expected(project, image, cache(lambda: registry.digests(name, wanted, registry=context.options.registry)))


def _why(expected: Expected, pods: list[dict[str, Any]]) -> str:
    """Return what keeps the pods that should run the image from running it, or nothing if there are none."""
    asking = [
        pod for pod in pods if any(image_name(c["image"]) == expected.image.image for c in pod["spec"]["containers"])
    ]
    return "".join(f"; pod {name(pod)}: {why_not_ready(pod)}" for pod in asking if not is_ready(pod))


def _digest(running: list[Running]) -> str:
    return ", ".join(sorted({container.digest[: len("sha256:") + 12] for container in running}))


def _others(running: list[Running], expected: list[Expected]) -> str:
    strangers = {c.image for c in running if not any(one.is_one_of(c) for one in expected)}
    return f"not the release's: {', '.join(sorted(strangers)) or 'none'}"


CHECK = Check("images", "Every running image is the one that the release names", run)
