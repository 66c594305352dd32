"""Clusters of the simulated Kubernetes Engine keep GKE's rules."""

from pathlib import Path
from typing import Any

import pytest

from crosscloud.plugins.base import UNKNOWN, PluginError, Values
from crosscloud.plugins.simulated import OPERATOR, declared, fabric
from crosscloud.plugins.simulated_gcp import resources_gke
from tests.crosscloud.plugins.simulated_gcp.google import Google
from tests.crosscloud.plugins.simulated_gcp.kubernetes_engine import KubernetesEngine, cluster, range_of

ANYWHERE = {"network": "n", "id": "s"}


@pytest.fixture
def gke(google: Google) -> KubernetesEngine:
    assert google  # which sets the rehearsal up
    return KubernetesEngine()


@pytest.mark.parametrize("resource", resources_gke.RESOURCES, ids=lambda each: each.kind)
def test_every_class_declares_what_its_sdk_knows(resource: Any) -> None:
    assert not list(declared(resource))


@pytest.mark.parametrize(
    ("inputs", "place", "said"),
    [
        pytest.param({"name": "d" * 41}, "name", "1 to 40", id="a name of 41 characters"),
        pytest.param({"name": "Demo"}, "name", "lower-case", id="a name with a capital"),
        pytest.param(
            {"releaseChannel": {"channel": "FAST"}}, "releaseChannel.channel", "RAPID, REGULAR", id="no such channel"
        ),
        pytest.param(
            {"minMasterVersion": "1.12.0-gke.1"}, "minMasterVersion", 'must be one of "RAPID" channel',
            id="a version that is not offered",
        ),
        pytest.param(
            {"releaseChannel": {"channel": "STABLE"}}, "minMasterVersion", 'must be one of "STABLE" channel',
            id="a version of another channel",
        ),
        pytest.param(
            {"privateClusterConfig": {"masterIpv4CidrBlock": "172.16.0.0/24"}},
            "privateClusterConfig.masterIpv4CidrBlock", "has to be a /28", id="a wide control plane",
        ),
        pytest.param(
            {"privateClusterConfig": {"masterIpv4CidrBlock": "8.8.8.0/28"}},
            "privateClusterConfig.masterIpv4CidrBlock", "has to be a private range", id="a public control plane",
        ),
        pytest.param(
            {"masterAuthorizedNetworksConfig": {"cidrBlocks": [{"cidrBlock": "203.0.113.7/24"}]}},
            "masterAuthorizedNetworksConfig.cidrBlocks[0].cidrBlock", "not a network's address", id="not a network",
        ),
        pytest.param({"resourceLabels": {"Owner": "x"}}, "resourceLabels.Owner", "no label's key", id="a label"),
        pytest.param({"networkingMode": "ROUTES"}, "networkingMode", "VPC_NATIVE alone", id="routes"),
        pytest.param({"enableShieldedNode": True}, "enableShieldedNode", "enableShieldedNodes", id="a typing error"),
    ],
)  # fmt: skip
def test_what_gke_refuses_is_refused_by_its_place(
    gke: KubernetesEngine, inputs: dict[str, Any], place: str, said: str
) -> None:
    wrong = gke.refused("Cluster", **{"name": "demo", **cluster(ANYWHERE), **inputs})
    assert list(wrong) == [place]
    assert said in wrong[place]


def test_a_cluster_has_the_ranges_of_its_subnetwork_an_endpoint_and_a_ca(gke: KubernetesEngine) -> None:
    made = gke.cluster(gke.place())
    assert made["id"] == "projects/p/locations/us-central1/clusters/demo"
    assert made["servicesIpv4Cidr"] == "10.96.0.0/16"
    assert made["masterVersion"] == made["minMasterVersion"]
    (balancer,) = gke.fabric("Balancer")
    assert made["endpoint"] == balancer.outputs["address"]
    assert (balancer.inputs["port"], balancer.inputs["targetPort"]) == (443, 6443)
    assert made["masterAuth"]["clusterCaCertificate"]


def test_a_preview_knows_neither_endpoint_nor_ca(gke: KubernetesEngine) -> None:
    checked, _ = gke.check("Cluster", "demo", name="demo", **cluster(ANYWHERE))
    _, outputs = gke.kinds["Cluster"].create(gke.call("Cluster", "demo", preview=True), checked)
    assert {outputs[name] for name in ("endpoint", "masterAuth", "masterVersion")} == {UNKNOWN}


def test_the_preview_of_a_change_still_knows_endpoint_and_ca(gke: KubernetesEngine) -> None:
    made = gke.cluster(gke.place(), masterAuth={"clientCertificateConfig": {"issueClientCertificate": False}})
    old = Values(gke.record("Cluster", made).inputs)
    call, new = gke.call("Cluster", "demo", preview=True), Values({**old, "resourceLabels": {"a": "b"}})
    previewed = gke.kinds["Cluster"].update(call, made["id"], old, Values(made), new)
    assert previewed["endpoint"] == made["endpoint"]
    assert previewed["masterAuth"]["clusterCaCertificate"] == made["masterAuth"]["clusterCaCertificate"]
    changed = gke.change("Cluster", made, resourceLabels={"a": "b"})
    assert changed["masterAuth"]["clusterCaCertificate"]


def test_secondary_ranges_have_to_be_there(gke: KubernetesEngine) -> None:
    place = gke.place(secondaryIpRanges=[range_of("pods", "10.244.0.0/16")])
    with pytest.raises(PluginError, match="Service secondary range 'services' does not exist"):
        gke.cluster(place)
    assert not gke.cloud.records("Cluster")


@pytest.mark.parametrize(
    ("pods", "services", "control_plane", "said"),
    [
        ("10.244.0.0/16", "10.244.128.0/20", "172.16.0.0/28", r"services range 10.244.128.0/20 overlaps .* pods"),
        ("10.244.0.0/16", "10.96.0.0/16", "10.0.1.0/28", r"overlaps with the range of control plane, 10.0.1.0/28"),
    ],
)
def test_no_two_ranges_overlap(gke: KubernetesEngine, pods: str, services: str, control_plane: str, said: str) -> None:
    place = gke.place(secondaryIpRanges=[range_of("pods", pods), range_of("services", services)])
    with pytest.raises(PluginError, match=said):
        gke.cluster(place, privateClusterConfig={"masterIpv4CidrBlock": control_plane})


def test_its_nodes_account_has_to_be_there(gke: KubernetesEngine) -> None:
    place = gke.place()
    with pytest.raises(PluginError, match="does not have access to service account 'nobody@p"):
        gke.cluster(place, nodeConfig={"serviceAccount": "nobody@p.iam.gserviceaccount.com"})


def test_only_authorized_networks_reach_the_endpoint(gke: KubernetesEngine) -> None:
    place = gke.place()
    made = gke.cluster(place)
    assert [OPERATOR, made["endpoint"], "tcp", [443, 443]] in allowed(gke)
    gke.change("Cluster", made, masterAuthorizedNetworksConfig={"cidrBlocks": [{"cidrBlock": "198.51.100.0/24"}]})
    assert [OPERATOR, made["endpoint"], "tcp", [443, 443]] not in allowed(gke)
    gke.change("Cluster", made, masterAuthorizedNetworksConfig=None)
    assert [OPERATOR, made["endpoint"], "tcp", [443, 443]] in allowed(gke)


def allowed(gke: KubernetesEngine) -> list[list[Any]]:
    (network,) = gke.fabric("Network")
    return list(network.outputs["allows"])


def test_a_protected_cluster_is_not_destroyed_before_protection_is_taken_away(gke: KubernetesEngine) -> None:
    made = gke.cluster(gke.place(), deletionProtection=True)
    with pytest.raises(PluginError, match=r"deletion_protection is set to true.*crosscloud:gke.deletionProtection"):
        gke.remove("Cluster", made)
    gke.change("Cluster", made, deletionProtection=False)
    gke.remove("Cluster", made)
    assert not [*gke.cloud.records("Cluster"), *gke.fabric("Machine"), *gke.fabric("Balancer")]


def test_protection_is_the_default(gke: KubernetesEngine) -> None:
    made = gke.cluster(gke.place(), deletionProtection=None)
    with pytest.raises(PluginError, match="deletion_protection"):
        gke.remove("Cluster", made)


def test_a_cluster_in_use_and_a_subnetwork_with_a_cluster_stay(gke: KubernetesEngine) -> None:
    place = gke.place()
    made = gke.cluster(place)
    pool = gke.pool(made)
    with pytest.raises(PluginError, match="already being used by"):
        gke.remove("Cluster", made)
    with pytest.raises(PluginError, match="already being used by"):
        gke.remove("Subnetwork", place)
    gke.remove("NodePool", pool)
    gke.remove("Cluster", made)
    gke.remove("Subnetwork", place)


def test_a_control_plane_that_died_is_seen_by_refresh(gke: KubernetesEngine) -> None:
    made = gke.cluster(gke.place())
    assert gke.look("Cluster", made)
    fabric.halt(made["id"])
    assert gke.look("Cluster", made) is None


@pytest.mark.parametrize(
    ("change", "replaces"),
    [
        ({"location": "us-east1"}, True),
        ({"privateClusterConfig": {"enablePrivateNodes": True, "masterIpv4CidrBlock": "172.16.1.0/28"}}, True),
        ({"privateClusterConfig": {"enablePrivateNodes": False, "masterIpv4CidrBlock": "172.16.0.0/28"}}, False),
        ({"datapathProvider": "ADVANCED_DATAPATH"}, True),
        ({"releaseChannel": {"channel": "REGULAR"}}, False),
        ({"minMasterVersion": "1.37.2-gke.1"}, False),
        ({"deletionProtection": True}, False),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_the_provider_replaces_is_replaced(gke: KubernetesEngine, change: dict[str, Any], replaces: bool) -> None:
    before = Values(cluster(ANYWHERE))
    diff = gke.kinds["Cluster"].diff(gke.call("Cluster", "demo"), "id", before, before, Values({**before, **change}))
    assert diff.any
    assert bool(diff.replaces) == diff.delete_before_replace == replaces


def test_secrets_of_a_control_plane_are_for_their_owner_alone(gke: KubernetesEngine) -> None:
    gke.cluster(gke.place())
    for file in (gke.cloud.folder / "ControlPlane").iterdir():
        assert Path(file).stat().st_mode & 0o077 == 0


def test_a_role_is_given_to_accounts_that_are_there(gke: KubernetesEngine) -> None:
    gke.make("Account", "nodes", accountId="demo-nodes")
    role = {"project": "p", "role": "roles/container.defaultNodeServiceAccount"}
    gke.make("IAMMember", "m", **role, member="serviceAccount:demo-nodes@p.iam.gserviceaccount.com")
    with pytest.raises(PluginError, match=r"Service account nobody@p.* does not exist"):
        gke.make("IAMMember", "n", **role, member="serviceAccount:nobody@p.iam.gserviceaccount.com")
    wrong = gke.refused("IAMMember", project="", role="admin", member="me")
    assert set(wrong) == {"project", "role", "member"}
