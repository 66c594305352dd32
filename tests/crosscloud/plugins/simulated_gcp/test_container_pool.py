"""Node pools of simulated clusters keep GKE's rules, and have the nodes that they say."""

from typing import Any

import pytest

from crosscloud.plugins.base import PluginError, Values
from crosscloud.plugins.simulated import fabric
from tests.crosscloud.plugins.simulated_gcp.google import REGION, Google
from tests.crosscloud.plugins.simulated_gcp.kubernetes_engine import KubernetesEngine, pool

A, B = f"{REGION}-a", f"{REGION}-b"


@pytest.fixture
def gke(google: Google) -> KubernetesEngine:
    assert google  # which sets the rehearsal up
    return KubernetesEngine()


@pytest.fixture
def cluster(gke: KubernetesEngine) -> dict[str, Any]:
    return gke.cluster(gke.place())


@pytest.mark.parametrize(
    ("inputs", "place", "said"),
    [
        pytest.param({"name": "w" * 41}, "name", "1 to 40", id="a long name"),
        pytest.param({"nodeConfig": {"machineType": "e3-huge"}}, "nodeConfig.machineType", "'e3-huge' does not exist",
                     id="no such size"),
        pytest.param({"nodeConfig": {"diskSizeGb": 5}}, "nodeConfig.diskSizeGb", "10 or more", id="a small disk"),
        pytest.param({"nodeConfig": {"labels": {"node.kubernetes.io/x": "y"}}},
                     "nodeConfig.labels.node.kubernetes.io/x", "Kubernetes keeps for itself", id="a reserved label"),
        pytest.param({"nodeLocations": ["us-central1-z"]}, "nodeLocations[0]", "no zone of us-central1", id="no zone"),
        pytest.param({"version": "1.2.3-gke.4"}, "version", '"1.2.3-gke.4" is unsupported', id="no such version"),
        pytest.param({"upgradeSettings": {"maxSurge": 0, "maxUnavailable": 0}}, "upgradeSettings", "can't both be 0",
                     id="upgrades that can't begin"),
        pytest.param({"autoscaling": {"totalMinNodeCount": 1, "totalMaxNodeCount": 3}}, "nodeCount",
                     "beside autoscaling", id="a count that the autoscaler changes"),
        pytest.param({"nodeCount": None, "autoscaling": {"totalMinNodeCount": 3, "totalMaxNodeCount": 1}},
                     "autoscaling", "more than the most", id="limits the wrong way round"),
        pytest.param({"nodeCount": None, "autoscaling": {"minNodeCount": 1, "totalMaxNodeCount": 3}},
                     "autoscaling", "one kind or the other", id="limits of two kinds"),
        pytest.param({"nodeCount": None, "initialNodeCount": 4,
                      "autoscaling": {"totalMinNodeCount": 1, "totalMaxNodeCount": 3}},
                     "initialNodeCount", "makes 4 nodes", id="more to begin with than allowed"),
    ],
)  # fmt: skip
def test_what_gke_refuses_is_refused_by_its_place(
    gke: KubernetesEngine, inputs: dict[str, Any], place: str, said: str
) -> None:
    wrong = gke.refused("NodePool", **{"name": "workers", **pool({"id": "c"}), **inputs})
    assert said in wrong[place]


def test_a_pool_has_as_many_nodes_in_each_zone_as_it_says(gke: KubernetesEngine, cluster: dict[str, Any]) -> None:
    made = gke.pool(cluster, nodeLocations=[A, B], nodeCount=2)
    assert made["id"] == f"{cluster['id']}/nodePools/workers"
    assert gke.nodes() == [A, A, B, B]
    assert len(made["instanceGroupUrls"]) == 2


def test_it_grows_shrinks_and_moves(gke: KubernetesEngine, cluster: dict[str, Any]) -> None:
    made = gke.pool(cluster)
    gke.change("NodePool", made, nodeCount=3)
    assert gke.nodes() == [A, A, A]
    gke.change("NodePool", made, nodeLocations=[A, B], nodeCount=1)
    assert gke.nodes() == [A, B]


def test_a_pool_that_scales_begins_with_its_initial_nodes(gke: KubernetesEngine, cluster: dict[str, Any]) -> None:
    scaling = {"totalMinNodeCount": 2, "totalMaxNodeCount": 4}
    gke.pool(cluster, nodeCount=None, initialNodeCount=1, nodeLocations=[A, B], autoscaling=scaling)
    assert gke.nodes() == [A, B]


def test_a_machine_that_died_is_seen_and_put_back_under_its_name(
    gke: KubernetesEngine, cluster: dict[str, Any]
) -> None:
    made = gke.pool(cluster, nodeCount=2)
    victim = gke.cloud.records("ManagedInstance")[0]
    fabric.halt(victim.id)
    resource, record = gke.kinds["NodePool"], gke.record("NodePool", made)
    inputs, outputs = Values(record.inputs), Values(record.outputs)
    assert resource.diff(gke.call("NodePool", "workers"), made["id"], inputs, outputs, inputs).any
    refreshed = gke.look("NodePool", made)
    assert (refreshed["nodeCount"], refreshed.inputs["nodeCount"]) == (1, 1)
    gke.change("NodePool", made)
    assert gke.nodes() == [A, A]
    assert fabric.running(victim.id)
    assert not resource.diff(gke.call("NodePool", "workers"), made["id"], inputs, outputs, inputs).any


def test_another_size_replaces_every_node_and_another_label_none(
    gke: KubernetesEngine, cluster: dict[str, Any]
) -> None:
    made = gke.pool(cluster, nodeCount=2)
    before = {one.id for one in gke.cloud.records("ManagedInstance")}
    config = pool(cluster)["nodeConfig"]
    gke.change("NodePool", made, nodeConfig={**config, "labels": {"crosscloud/generation": "two"}})
    assert {one.id for one in gke.cloud.records("ManagedInstance")} == before
    gke.change("NodePool", made, nodeConfig={**config, "machineType": "e2-standard-4"})
    after = {one.id for one in gke.cloud.records("ManagedInstance")}
    assert len(after) == 2
    assert not after & before


@pytest.mark.parametrize(
    ("change", "replaces"),
    [
        ({"nodeCount": 2}, False),
        ({"version": "1.37.0-gke.3503000"}, False),
        ({"initialNodeCount": 2}, True),
        ({"location": "us-east1"}, True),
        ({"nodeConfig": {**pool({})["nodeConfig"], "machineType": "e2-standard-4"}}, False),
        ({"nodeConfig": {**pool({})["nodeConfig"], "serviceAccount": "other"}}, True),
    ],
    ids=["count", "version", "initial count", "location", "size", "account"],
)
def test_what_the_provider_replaces_is_replaced(gke: KubernetesEngine, change: dict[str, Any], replaces: bool) -> None:
    before = Values(pool({"id": "c"}))
    diff = gke.kinds["NodePool"].diff(gke.call("NodePool", "w"), "id", before, before, Values({**before, **change}))
    assert diff.any
    assert bool(diff.replaces) == replaces


def test_in_a_channel_nodes_are_upgraded_by_google(gke: KubernetesEngine, cluster: dict[str, Any]) -> None:
    with pytest.raises(PluginError, match="Auto_upgrade must be true when release_channel RAPID is set"):
        gke.pool(cluster, management={"autoUpgrade": False})


def test_a_pool_needs_its_cluster(gke: KubernetesEngine) -> None:
    with pytest.raises(PluginError, match=r"The Cluster resource '.*' was not found"):
        gke.pool({"id": "projects/p/locations/us-central1/clusters/no"})


def test_no_capacity_names_the_zone_and_leaves_nothing(
    gke: KubernetesEngine, cluster: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_FAULT", f"no-capacity={B}")
    with pytest.raises(PluginError, match=f"e2-standard-2.*{B}"):
        gke.pool(cluster, nodeLocations=[A, B])
    assert not [*gke.cloud.records("NodePool"), *gke.cloud.records("ManagedInstance")]


def test_nodes_reach_each_other_and_the_control_plane_and_get_out_by_nat_alone(
    gke: KubernetesEngine, cluster: dict[str, Any]
) -> None:
    gke.pool(cluster, nodeCount=2)
    one, other = (each.inputs["address"] for each in gke.fabric("Machine") if each.id != cluster["id"])
    (plane,) = (each.inputs["address"] for each in gke.fabric("Machine") if each.id == cluster["id"])
    (network,) = gke.fabric("Network")
    assert [one, other, "any", None] in network.outputs["allows"]
    assert [one, plane, "tcp", [6443, 6443]] in network.outputs["allows"]
    assert [plane, one, "tcp", [10250, 10250]] in network.outputs["allows"]
    assert network.outputs["internet"] == [plane]
    subnetwork = gke.cloud.records("Subnetwork")[0].id
    router = gke.make("Router", "r", network=gke.cloud.records("Network")[0].id, region=REGION)
    gke.make(
        "RouterNat", "nat", router=router["name"], region=REGION, natIpAllocateOption="AUTO_ONLY",
        sourceSubnetworkIpRangesToNat="LIST_OF_SUBNETWORKS",
        subnetworks=[{"name": subnetwork, "sourceIpRangesToNats": ["PRIMARY_IP_RANGE"]}],
    )  # fmt: skip
    (network,) = gke.fabric("Network")
    assert network.outputs["internet"] == sorted([plane, one, other])
