"""What the cluster on Google Kubernetes Engine asks the engine for, seen by the engine's own test double."""

import pytest
import yaml
from pulumi.runtime import rpc

from crosscloud.errors import CrosscloudError
from tests.components.double import USERS, same_as_golden, seen
from tests.components.gke_engine import TOKEN, ZONES, Engine, make, release, start


@pytest.fixture
def engine() -> Engine:
    return start()


def test_the_default_stack_is_what_the_golden_file_says(engine: Engine) -> None:
    make()
    same_as_golden(seen(engine), "gke.json")


def test_every_choice_together_is_what_the_golden_file_says(engine: Engine) -> None:
    make(
        arch="arm64",
        workers={"count": 3, "min": 2, "max": 6, "diskGb": 60},
        podCidr="10.64.0.0/14",
        owner="platform",
        expiry="2026-12-31",
        tags={"cost": "ci"},
        gke={
            "project": "our-project",
            "zones": ["us-central1-b", "us-central1-c"],
            "controlPlaneCidr": "172.20.5.0/28",
            "releaseChannel": "stable",
            "deletionProtection": True,
        },
    )
    same_as_golden(seen(engine), "gke-every-choice.json")


def test_nodes_have_no_public_address_and_the_api_is_for_the_configured_networks_alone(engine: Engine) -> None:
    make(apiAccessCidrs=[USERS, "198.51.100.0/24"])
    cluster, pool = engine.one("Cluster"), engine.one("NodePool")
    assert cluster["privateClusterConfig"]["enablePrivateNodes"] is True
    assert pool["networkConfig"]["enablePrivateNodes"] is True
    allowed = cluster["masterAuthorizedNetworksConfig"]
    assert [each["cidrBlock"] for each in allowed["cidrBlocks"]] == [USERS, "198.51.100.0/24"]
    assert allowed["gcpPublicCidrsAccessEnabled"] is False
    assert cluster["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]["allowExternalTraffic"] is False


def test_nobody_comes_in_by_certificate_password_abac_or_anonymously(engine: Engine) -> None:
    make()
    cluster = engine.one("Cluster")
    assert cluster["masterAuth"] == {"clientCertificateConfig": {"issueClientCertificate": False}}
    assert cluster["enableLegacyAbac"] is False
    assert cluster["anonymousAuthenticationConfig"] == {"mode": "LIMITED"}


def test_pods_get_their_own_identity_and_nodes_have_no_more_than_they_need(engine: Engine) -> None:
    make()
    cluster, node = engine.one("Cluster"), engine.one("NodePool")["nodeConfig"]
    assert cluster["workloadIdentityConfig"] == {"workloadPool": "demo-project.svc.id.goog"}
    for each in (node, cluster["nodeConfig"]):  # the second one is of the first minutes alone
        assert each["workloadMetadataConfig"] == {"mode": "GKE_METADATA"}
        assert each["serviceAccount"] == "demo-nodes@demo-project.iam.gserviceaccount.com"
        assert each["shieldedInstanceConfig"] == {"enableSecureBoot": True, "enableIntegrityMonitoring": True}
    assert engine.one("IAMMember")["role"] == "roles/container.defaultNodeServiceAccount"
    assert node["kubeletConfig"] == {"insecureKubeletReadonlyPortEnabled": "FALSE"}


@pytest.mark.parametrize(
    ("channel", "tag", "taken"),
    [
        pytest.param("rapid", "ci-v1.37.1.03654312.1", "1.37.1-gke.1552000", id="offered"),
        pytest.param("rapid", "ci-v1.37.2.03654312.1", "1.37.1-gke.1552000", id="the patch before"),
        pytest.param("stable", "ci-v1.37.2.03654312.1", "1.35.6-gke.1250000", id="an older channel"),
        pytest.param("rapid", "nightly-a1b2c3", "1.36.4-gke.2046002", id="no version at all: the channel's default"),
    ],
)
def test_outputs_say_what_was_asked_for_and_what_runs(engine: Engine, channel: str, tag: str, taken: str) -> None:
    outputs = make(release(tag), gke={"releaseChannel": channel})
    assert engine.one("Cluster")["minMasterVersion"] == taken
    assert outputs["kubernetes_version"] == taken
    asked = tag if tag.startswith("nightly") else f"v{tag[4:10]}"
    assert outputs["kubernetes_asked"] == asked


def test_a_channel_with_nothing_near_is_refused_by_its_key(engine: Engine) -> None:
    with pytest.raises(CrosscloudError, match=r"crosscloud:gke.releaseChannel: in us-central1 the channel rapid"):
        make(release("ci-v1.12.0.03654312.1"))
    assert not [one for one in engine.made if one.typ == "gcp:container/cluster:Cluster"]


def test_without_any_project_nothing_is_made(engine: Engine) -> None:
    engine.project = ""
    with pytest.raises(CrosscloudError, match=r"crosscloud:gke.project: .* gcp:project"):
        make()
    assert not [one for one in engine.made if one.typ.startswith("gcp:")]


def test_users_come_by_googles_plugin_and_the_program_by_a_token_and_both_are_secret(engine: Engine) -> None:
    outputs = make()
    users, program = (yaml.safe_load(outputs[name]) for name in ("kubeconfig", "program_kubeconfig"))
    assert users["users"][0]["user"]["exec"]["command"] == "gke-gcloud-auth-plugin"
    assert TOKEN not in outputs["kubeconfig"]
    assert program["users"][0]["user"] == {"token": TOKEN}
    for each in (users, program):
        assert each["clusters"][0]["cluster"]["server"] == outputs["endpoint"] == "https://198.51.100.7"
    assert outputs["secret"] == {"kubeconfig": True, "program_kubeconfig": True}
    assert rpc.is_rpc_secret(engine.one("NodeGroup")["kubeconfig"])


@pytest.mark.parametrize(
    ("workers", "zones", "per_zone"),
    [
        pytest.param({"count": 1}, 1, 1, id="one node is in one zone"),
        pytest.param({"count": 2}, 2, 1, id="two are in two"),
        pytest.param({"count": 6}, 3, 2, id="six are two in each of three"),
        pytest.param({"count": 4}, 2, 2, id="four can't be spread over three evenly: two in each of two"),
        pytest.param({"count": 1, "max": 6}, 1, 1, id="one that may grow begins where it is"),
        pytest.param({"count": 5, "max": 6}, 3, 2, id="five that may be six are two in each of three"),
    ],
)
def test_there_are_as_many_nodes_as_asked_for_spread_over_zones(
    engine: Engine, workers: dict[str, int], zones: int, per_zone: int
) -> None:
    make(workers=workers)
    pool = engine.one("NodePool")
    assert pool["nodeLocations"] == engine.one("Cluster")["nodeLocations"] == ZONES[:zones]
    assert pool.get("nodeCount", pool.get("initialNodeCount")) == per_zone
    assert ("autoscaling" in pool) == ("max" in workers)


def test_a_pool_that_scales_counts_its_limits_over_all_zones_and_may_float_between_them(engine: Engine) -> None:
    make(workers={"count": 3, "min": 2, "max": 6})
    pool = engine.one("NodePool")
    assert pool["autoscaling"] == {"totalMinNodeCount": 2, "totalMaxNodeCount": 6, "locationPolicy": "BALANCED"}
    assert "nodeCount" not in pool
    group = engine.one("NodeGroup")
    assert (group["least"], group["count"], group["most"]) == (2, 3, 6)


def test_nodes_run_what_the_control_plane_runs_and_carry_another_generation_after_a_change(engine: Engine) -> None:
    make()
    make(workers={"size": "e2-standard-4"}, gke={"zones": ["us-central1-a"]})
    pools = [one.inputs for one in engine.made if one.typ.endswith(":NodePool")]
    groups = [one.inputs for one in engine.made if one.typ.endswith(":NodeGroup")]
    assert [pool["version"] for pool in pools] == ["1.37.1-gke.1552000"] * 2
    labels = [pool["nodeConfig"]["labels"]["crosscloud/generation"] for pool in pools]
    assert labels == [group["generation"] for group in groups]
    assert labels[0] != labels[1]


def test_everything_that_takes_labels_has_the_stacks(engine: Engine) -> None:
    make(owner="platform", tags={"cost": "ci"})
    wanted = {"cluster": "demo", "owner": "platform", "expiry": "none", "managed-by": "crosscloud", "cost": "ci"}
    for labels in (engine.one("Cluster")["resourceLabels"], engine.one("NodePool")["nodeConfig"]["resourceLabels"]):
        assert wanted.items() <= labels.items()


def test_another_network_region_or_project_is_left_to_the_guard(engine: Engine) -> None:
    make(gke={"project": "our-project"})
    guard = engine.one("ClusterGuard")
    assert guard["cidrs"] == {"pod": "10.244.0.0/16", "service": "10.96.0.0/16", "network": "10.0.0.0/16"}
    assert guard["place"] == {"region": "us-central1", "controlPlaneCidr": "172.16.0.0/28", "project": "our-project"}


def test_a_cluster_can_be_destroyed_unless_it_is_protected(engine: Engine) -> None:
    make()
    assert engine.one("Cluster")["deletionProtection"] is False
