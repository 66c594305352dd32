"""What is deployed: the Kubernetes of the release, its images, and the charts (lines 8, 9 and 10 of the checklist)."""

import re
from collections.abc import Iterator, Sequence

from policy.rules.rule import ALL_CLOUDS, Known, Level, Resource, ResourceRule, StackRule

RELEASE = "kubernetes:helm.sh/v3:Release"
_STACK = "pulumi:pulumi:Stack"
#: An exact version as helm takes it: https://helm.sh/docs/topics/charts/#the-chartyaml-file
_EXACT = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")


def kubernetes_is_supported(resources: Sequence[Resource], _: Known) -> Iterator[tuple[Resource, str]]:
    """Yield the stack if the Kubernetes that it asks for, or that it has, gets no more fixes from its project."""
    from crosscloud import kubernetes_support

    for one in (each for each in resources if each.type == _STACK):
        for name in ("kubernetesAsked", "kubernetesVersion"):
            version = one.shown.get(name)
            if isinstance(version, str) and (why := kubernetes_support.unsupported(version)):
                yield one, f"{name} is {version}: {why}"


def images_are_pinned(resources: Sequence[Resource], _: Known) -> Iterator[tuple[Resource, str]]:
    """Yield the stack with each image of its release that is named by a tag, behind which anything may be put."""
    for one in (each for each in resources if each.type == _STACK):
        release = one.props.get("release") or {}
        for project in release:
            if "@sha256:" not in release[project]:
                yield one, f"{project} is {release[project]}, without a digest"


def charts_are_pinned(one: Resource, _: Known) -> Iterator[str]:
    """Yield helm releases whose chart is of no exact version."""
    version = str(one.props.get("version") or "")
    if not _EXACT.fullmatch(version):
        said = f"version {version}, which is not exact" if version else "no version"
        yield f"{one}: the chart {one.props.get('chart')} is of {said}"


RULES = (
    StackRule(
        "kubernetes-supported",
        8,
        Level.ADVISORY,
        ALL_CLOUDS,
        "Kubernetes is of a version that its project still mends.",
        "Set crosscloud:releaseFile to a release with a newer KUBERNETES_TAG, "
        "or crosscloud:existing to a newer cluster",
        "releaseFile",
        check=kubernetes_is_supported,
    ),
    StackRule(
        "images-pinned",
        9,
        Level.ADVISORY,
        ALL_CLOUDS,
        "The release's images are named by digest.",
        "Set crosscloud:releaseFile to a release with digests, as `crosscloud artifacts collect` writes it",
        "releaseFile",
        check=images_are_pinned,
    ),
    ResourceRule(
        "charts-pinned",
        10,
        Level.MANDATORY,
        ALL_CLOUDS,
        "Every chart is of one exact version.",
        "Set crosscloud:chartSource to charts whose Chart.yaml has an exact version",
        "chartSource",
        types=("kubernetes:helm.sh/*",),
        check=charts_are_pinned,
    ),
)
