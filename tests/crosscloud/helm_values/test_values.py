"""The values on their own: what follows from a release and a stack."""

import json
from typing import Any

import pytest

from crosscloud.helm_values import PROJECTS, coredns, images, prometheus, scrape
from crosscloud.release import Image

from .conftest import Configure
from .releases import RELEASES

DIGEST = "sha256:" + "0123456789abcdef" * 4
CI = RELEASES["ci-digest"]


def test_a_known_digest_is_always_what_a_chart_is_told(configure: Configure) -> None:
    config = configure("local")
    for project in PROJECTS:
        given = json.dumps(project.values(CI, config))
        for image in project.images(CI).values():
            assert str(image.digest) in given


def test_every_image_of_the_release_but_kubernetes_is_deployed() -> None:
    deployed = {name for project in PROJECTS for name in project.images(CI)}
    assert deployed | {"kubernetes"} == {name for name, _ in CI}


@pytest.mark.parametrize(
    ("name", "registry", "repository"),
    [
        ("registry.cncf.ci/prometheus/node_exporter", "registry.cncf.ci", "prometheus/node_exporter"),
        ("localhost:5000/node_exporter", "localhost:5000", "node_exporter"),
        ("localhost/a/b", "localhost", "a/b"),
        ("prom/node-exporter", "docker.io", "prom/node-exporter"),
        ("node-exporter", "docker.io", "library/node-exporter"),
    ],
)
def test_an_image_is_split_where_container_runtimes_split_it(name: str, registry: str, repository: str) -> None:
    block = images.by_registry(Image(name, "v1", DIGEST))
    assert (block["registry"], block["repository"]) == (registry, repository)


def test_a_tag_without_a_version_still_tells_the_node_exporter_chart_one(configure: Configure) -> None:
    values = prometheus.values(RELEASES["master-tag"], configure("local"))
    assert values["prometheus-node-exporter"]["version"] == prometheus.UNTOLD_VERSION
    values = prometheus.values(RELEASES["ci-tag"], configure("local"))
    assert values["prometheus-node-exporter"]["version"] == "1.12.1"


@pytest.mark.parametrize(("workers", "replicas"), [(1, 1), (2, 2), (5, 2)])
def test_dns_has_a_second_copy_where_a_second_machine_can_have_it(
    configure: Configure, workers: int, replicas: int
) -> None:
    assert coredns.values(CI, configure("local", workers={"count": workers}))["replicaCount"] == replicas


def test_a_rolling_update_never_takes_the_only_dns_server_away(configure: Configure) -> None:
    assert coredns.values(CI, configure("local"))["rollingUpdate"]["maxUnavailable"] == 0


def test_node_exporter_runs_on_every_node_and_prometheus_keeps_off_control_planes(configure: Configure) -> None:
    values = prometheus.values(CI, configure("local"))
    assert values["prometheus-node-exporter"]["tolerations"] == [{"operator": "Exists"}]
    assert "tolerations" not in values["server"] | values["alertmanager"]


def test_the_stacks_domain_and_address_reach_coredns(configure: Configure) -> None:
    values = coredns.values(CI, configure("local", clusterDomain="test.example", serviceCidr="10.50.0.0/20"))
    (server,) = values["servers"]
    (kubernetes,) = (plugin for plugin in server["plugins"] if plugin["name"] == "kubernetes")
    assert kubernetes["parameters"].split()[0] == "test.example"
    assert values["service"] == {"name": "kube-dns", "clusterIP": "10.50.0.10"}


@pytest.mark.parametrize("cloud", ["existing", "gke"])
def test_a_clusters_own_dns_is_left_alone(configure: Configure, cloud: str) -> None:
    values = coredns.values(CI, configure(cloud))
    taken = {"kube-dns", "coredns"}
    assert values["fullnameOverride"] not in taken
    assert values["service"]["name"] not in taken
    assert values["k8sAppLabelOverride"] not in taken


def test_an_existing_cluster_chooses_the_address_unless_it_is_given(configure: Configure) -> None:
    assert "clusterIP" not in coredns.values(CI, configure("existing"))["service"]
    given = coredns.values(CI, configure("existing", dnsServiceIp="10.96.0.77"))
    assert given["service"]["clusterIP"] == "10.96.0.77"


def test_a_changed_rule_or_job_makes_a_new_prometheus_pod(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    def checksum() -> str:
        return str(prometheus.values(CI, configure("local"))["server"]["podAnnotations"]["checksum/config"])

    before = checksum()
    assert checksum() == before
    monkeypatch.setattr(scrape, "UPSTREAM_JOBS", ())
    assert checksum() != before


def test_values_hold_no_null_which_helm_would_take_for_a_removal(configure: Configure) -> None:
    def nulls(value: Any, path: str = "") -> list[str]:
        if isinstance(value, dict):
            return [found for key, inner in value.items() for found in nulls(inner, f"{path}.{key}")]
        if isinstance(value, list):
            return [found for index, inner in enumerate(value) for found in nulls(inner, f"{path}[{index}]")]
        return [path] if value is None else []

    for name, release in RELEASES.items():
        for project in PROJECTS:
            assert nulls(project.values(release, configure("local"))) == [], name
