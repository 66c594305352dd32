"""Images: what runs has to be what the release names, by digest, and all that it names has to run."""

import pytest

from crosscloud import registry
from crosscloud.e2e.checks import images
from crosscloud.e2e.model import Failed
from crosscloud.registry import RegistryError

from .fakes import FakeApi, context, digest, image, pod
from .healthy import cluster

OTHER = "sha256:" + "f" * 64


@pytest.fixture
def api() -> FakeApi:
    return cluster()


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, frozenset[str]]:
    """What the registry knows of an image at a tag or digest; anything else it can't be asked for."""
    known: dict[str, frozenset[str]] = {}

    def digests(name: str, reference: str, *, registry: str | None = None) -> frozenset[str]:
        try:
            return known[f"{name}:{reference}"]
        except KeyError:
            raise RegistryError(f"asking {registry} for {name}:{reference}: refused") from None

    monkeypatch.setattr(registry, "digests", digests)
    return known


def running(api: FakeApi, prefix: str) -> dict[str, str]:
    found = next(p for p in api.objects["/api/v1/pods"] if p["metadata"]["name"].startswith(prefix))
    status: dict[str, str] = found["status"]["containerStatuses"][0]
    return status


def test_a_cluster_that_runs_the_release_passes_without_asking_any_registry(api: FakeApi) -> None:
    seen = images.run(context(api))
    assert seen[0] == "kubernetes ci-v1.37.2.fd07e315.6097: 3 containers of sha256:000000000000"
    assert seen[-1] == "not the release's: none"


def test_a_container_of_another_digest_fails_and_is_named_with_both(api: FakeApi) -> None:
    running(api, "alertmanager")["imageID"] = f"registry.cncf.ci/alertmanager/alertmanager@{OTHER}"
    with pytest.raises(Failed) as caught:
        images.run(context(api, timeout=60))
    assert "monitoring/alertmanager-0 on worker runs" in str(caught.value)
    assert OTHER in str(caught.value)
    assert digest("alertmanager") in str(caught.value)


def test_an_image_from_elsewhere_in_place_of_the_releases_fails(api: FakeApi) -> None:
    """The mistake of the original: the chart's own Alertmanager ran, and the release's nowhere."""
    pods = api.objects["/api/v1/pods"]
    pods[:] = [p for p in pods if not p["metadata"]["name"].startswith("alertmanager")]
    stranger = "quay.io/prometheus/alertmanager"
    pods.append(pod("monitoring/alertmanager-0", "worker", f"{stranger}:v0.28.1", f"{stranger}@{OTHER}"))
    with pytest.raises(
        Failed, match=f"the release names {image('alertmanager').image}@.* but .* runs {stranger}@{OTHER}"
    ):
        images.run(context(api))


def test_the_same_image_under_another_name_passes(api: FakeApi) -> None:
    """kubeadm's static pods ask for a name of their own, which the one Kubernetes image was given."""
    for one in api.objects["/api/v1/pods"][:3]:
        one["spec"]["containers"][0]["image"] = f"registry.k8s.io/{one['metadata']['labels']['component']}:v1.37.2"
    images.run(context(api))


def test_a_component_of_the_control_plane_with_another_image_fails(api: FakeApi) -> None:
    status = running(api, "kube-scheduler")
    status["imageID"] = f"registry.k8s.io/kube-scheduler@{OTHER}"
    api.objects["/api/v1/pods"][2]["spec"]["containers"][0]["image"] = "registry.k8s.io/kube-scheduler:v1.37.2"
    with pytest.raises(Failed, match="kube-system/kube-scheduler-cp"):
        images.run(context(api))


def test_an_image_that_runs_nowhere_fails_after_the_wait(api: FakeApi) -> None:
    pods = api.objects["/api/v1/pods"]
    pods[:] = [p for p in pods if "exporter" not in p["metadata"]["name"]]
    with pytest.raises(Failed, match=f"node_exporter: nothing runs {image('node_exporter').reference}"):
        images.run(context(api))


def test_a_container_that_does_not_run_does_not_count(api: FakeApi) -> None:
    running(api, "prometheus-server").update(state={"waiting": {"reason": "CrashLoopBackOff"}})  # type: ignore[call-overload]
    with pytest.raises(Failed, match="prometheus: nothing runs"):
        images.run(context(api))


def test_a_pod_that_is_being_deleted_neither_counts_nor_fails(api: FakeApi) -> None:
    running(api, "alertmanager")["imageID"] = f"registry.cncf.ci/alertmanager/alertmanager@{OTHER}"
    leaving = next(p for p in api.objects["/api/v1/pods"] if p["metadata"]["name"] == "alertmanager-0")
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    with pytest.raises(
        Failed, match=r"alertmanager: nothing runs .*pod monitoring/alertmanager-0: its pod is being deleted"
    ):
        images.run(context(api))


def test_a_missing_part_of_the_control_plane_fails(api: FakeApi) -> None:
    del api.objects["/api/v1/pods"][1]
    with pytest.raises(Failed, match="kubernetes: no kube-controller-manager is ready on cp"):
        images.run(context(api))


def test_the_images_id_is_as_good_as_its_digest_if_the_registry_says_so(
    api: FakeApi, asked: dict[str, frozenset[str]]
) -> None:
    """A runtime that was given an image under a new name may tell only the digest of its configuration."""
    one = image("kubernetes")
    asked[f"{one.image}:{one.digest}"] = frozenset({digest("kubernetes"), OTHER})
    running(api, "kube-apiserver")["imageID"] = OTHER
    images.run(context(api))


def test_without_a_pin_the_registry_is_asked_for_the_tag(api: FakeApi, asked: dict[str, frozenset[str]]) -> None:
    for project in images.NAMES:
        one = image(project)
        asked[f"{one.image}:{one.tag}"] = frozenset({digest(project)})
    images.run(context(api, pinned=False))
    asked[f"{image('coredns').image}:{image('coredns').tag}"] = frozenset({OTHER})
    with pytest.raises(Failed, match=f"coredns: the release names .*@{OTHER} "):
        images.run(context(api, pinned=False))


def test_without_a_pin_an_unreachable_registry_fails_and_never_passes(api: FakeApi) -> None:
    with pytest.raises(Failed, match=r"asking None for registry\.cncf\.ci/kubernetes/kubernetes"):
        images.run(context(api, pinned=False))


def test_a_clusters_own_dns_may_run_beside_the_releases_where_kubernetes_is_managed(api: FakeApi) -> None:
    own = pod("kube-system/own", "worker", "registry.k8s.io/coredns/coredns:v1.12.0", f"x@{OTHER}")
    api.objects["/api/v1/pods"].append(own)
    with pytest.raises(Failed, match=r"coredns: .* but kube-system/own on worker runs"):
        images.run(context(api))
    seen = images.run(context(api, managed=True))
    assert not any(line.startswith("kubernetes") for line in seen)


def test_images_that_no_release_names_are_listed(api: FakeApi) -> None:
    api.objects["/api/v1/pods"].append(pod("kube-system/flannel", "cp", "registry.test/flannel:v1", f"x@{OTHER}"))
    assert images.run(context(api))[-1] == "not the release's: registry.test/flannel"
