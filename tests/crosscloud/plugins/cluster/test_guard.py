"""What would destroy a live cluster is refused, all of it at once, with what to do instead."""

from typing import Any

import pytest

from crosscloud.plugins.base import UNKNOWN, Call, Values
from crosscloud.plugins.crosscloud.guard import ClusterGuard

RECORDED: dict[str, Any] = {
    "cloud": "aws",
    "clusterName": "demo",
    "clusterDomain": "cluster.local",
    "dnsServiceIp": "10.96.0.10",
    "cidrs": {"pod": "10.244.0.0/16", "service": "10.96.0.0/16", "network": "10.0.0.0/16"},
    "place": {"region": "us-east-1"},
    "controlPlanes": 1,
    "shape": {"size": "t3.medium", "image": "", "diskGb": "30", "kubernetesImage": "k@sha256:1", "images.etcd": "e:1"},
    "insist": False,
}


def refusals(old: dict[str, Any] | None, **changes: Any) -> dict[str, str]:
    """Return what is refused of a change, by property."""
    new = Values({**RECORDED, **changes})
    inputs, failures = ClusterGuard().check(Call("urn"), Values(old or {}), new)
    assert inputs == new
    return {failure.property: failure.reason for failure in failures}


def inside(block: str, **values: Any) -> dict[str, Any]:
    return {block: {**RECORDED[block], **values}}


DANGERS = [
    ({"clusterName": "other"}, "clusterName", "crosscloud:clusterName was demo and would be other"),
    ({"clusterDomain": "k8s.local"}, "clusterDomain", "crosscloud:clusterDomain was cluster.local"),
    ({"dnsServiceIp": "10.96.0.11"}, "dnsServiceIp", "crosscloud:dnsServiceIp was 10.96.0.10"),
    (inside("cidrs", pod="10.200.0.0/16"), "cidrs.pod", "crosscloud:podCidr was 10.244.0.0/16"),
    (inside("cidrs", service="10.97.0.0/16"), "cidrs.service", "crosscloud:serviceCidr was 10.96.0.0/16"),
    (inside("cidrs", network="10.1.0.0/16"), "cidrs.network", "crosscloud:aws.networkCidr was 10.0.0.0/16"),
    (inside("place", region="eu-west-1"), "place.region", "crosscloud:aws.region was us-east-1"),
]
RESHAPED = [
    ({"size": "t3.large"}, "shape.size", "crosscloud:controlPlanes.size was t3.medium and would be t3.large"),
    ({"image": "ami-1"}, "shape.image", "crosscloud:aws.image was not set and would be ami-1"),
    ({"diskGb": "50"}, "shape.diskGb", "crosscloud:controlPlanes.diskGb was 30"),
    ({"kubernetesImage": "k@sha256:2"}, "shape.kubernetesImage", "KUBERNETES_TAG of crosscloud:releaseFile was"),
    ({"images.etcd": "e:2"}, "shape.images.etcd", "crosscloud:images.etcd was e:1"),
]


@pytest.mark.parametrize(("change", "key", "words"), DANGERS, ids=[danger[1] for danger in DANGERS])
@pytest.mark.parametrize("count", [1, 3])
def test_what_is_fixed_for_a_clusters_life_is_refused(count: int, change: dict[str, Any], key: str, words: str) -> None:
    found = refusals({**RECORDED, "controlPlanes": count}, controlPlanes=count, **change)
    assert list(found) == [key]
    assert words in found[key]
    assert "make another stack" in found[key]
    assert "crosscloud:allowClusterReplacement true` insists" in found[key]


@pytest.mark.parametrize(("change", "key", "words"), RESHAPED, ids=[danger[1] for danger in RESHAPED])
def test_what_replaces_the_only_control_plane_is_refused(change: dict[str, str], key: str, words: str) -> None:
    found = refusals(RECORDED, **inside("shape", **change))
    assert list(found) == [key]
    assert words in found[key]
    assert "the only control plane would be replaced" in found[key]
    assert "crosscloud:controlPlanes.count: 3" in found[key]


def test_several_control_planes_are_replaced_in_turn() -> None:
    three = {**RECORDED, "controlPlanes": 3}
    assert not refusals(three, controlPlanes=3, **inside("shape", size="t3.large"))


@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1)])
def test_growing_or_shrinking_from_or_to_one_is_no_time_for_another_shape(before: int, after: int) -> None:
    old = {**RECORDED, "controlPlanes": before}
    assert not refusals(old, controlPlanes=after)
    assert list(refusals(old, controlPlanes=after, **inside("shape", size="t3.large"))) == ["shape.size"]


@pytest.mark.parametrize("after", ["ci-v1.37.9.0a.1", "v1.38.0", "head", ""])
def test_the_same_or_the_next_minor_version_passes_and_what_tells_no_version(after: str) -> None:
    recorded = {**RECORDED, "controlPlanes": 3, "kubernetes": "ci-v1.37.2.bf.0"}
    assert not refusals(recorded, controlPlanes=3, kubernetes=after)


@pytest.mark.parametrize("after", ["ci-v1.36.4.0a.1", "v1.39.0", "v2.0.0"])
def test_an_earlier_minor_version_or_one_left_out_is_refused(after: str) -> None:
    recorded = {**RECORDED, "controlPlanes": 3, "kubernetes": "ci-v1.37.2.bf.0"}
    found = refusals(recorded, controlPlanes=3, kubernetes=after)
    assert f"KUBERNETES_TAG of crosscloud:releaseFile was ci-v1.37.2.bf.0 and would be {after}" in found["kubernetes"]
    assert "insists" in found["kubernetes"]


def test_everything_is_refused_at_once() -> None:
    found = refusals(RECORDED, clusterName="other", **inside("cidrs", pod="10.2.0.0/16"), **inside("shape", size="x"))
    assert sorted(found) == ["cidrs.pod", "clusterName", "shape.size"]


def test_who_insists_gets_it_and_the_next_run_compares_with_that() -> None:
    assert not refusals(RECORDED, clusterName="other", insist=True)
    insisted = {**RECORDED, "clusterName": "other", "insist": True}
    assert not refusals(insisted, clusterName="other", insist=False)
    assert list(refusals(insisted, insist=False)) == ["clusterName"]


def test_a_new_cluster_may_be_anything() -> None:
    assert not refusals(None)


def test_what_is_not_known_yet_is_not_judged() -> None:
    assert not refusals(RECORDED, cidrs={**RECORDED["cidrs"], "network": UNKNOWN}, shape=UNKNOWN)


def test_a_part_that_an_older_program_did_not_record_is_not_refused() -> None:
    assert not refusals(RECORDED, **inside("shape", firstBoot="abc"))


def test_what_is_missing_is_named() -> None:
    _, failures = ClusterGuard().check(Call("urn"), Values(), Values({"clusterName": "demo"}))
    assert "controlPlanes" in {failure.property for failure in failures}
