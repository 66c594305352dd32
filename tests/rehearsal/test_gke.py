"""The GKE stack through the genuine engine, without machines: what is made, what is kept, what is replaced."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from crosscloud.rehearsal.place import place_of

from .harness import Rehearsal, rehearsal

pytestmark = pytest.mark.engine

CLUSTER, POOL = "gcp:container/cluster:Cluster", "gcp:container/nodePool:NodePool"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """One stack for all tests: what they change is only looked at, never done, but for those that say so."""
    with rehearsal("gke", tmp_path_factory.mktemp("gke")) as made:
        made.up()
        yield made


def changed(stack: Rehearsal) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return what a preview changes of Google's: type → what is done, and why."""
    return {step.type: (step.op, step.reasons) for step in stack.changes() if step.type.startswith("gcp:")}


def set_key(stack: Rehearsal, key: str, value: object) -> None:
    """Set a key of GKE's block in the rehearsal's own stack file: a rehearsal keeps its networks otherwise."""
    file = place_of(stack.name).project / f"Pulumi.{stack.name}.yaml"
    document = yaml.safe_load(file.read_text())
    document["config"].setdefault("crosscloud:gke", {})[key] = value
    file.write_text(yaml.safe_dump(document))


def test_a_second_up_changes_nothing_after_a_refresh_either(stack: Rehearsal) -> None:
    stack.configure()
    assert stack.changes() == []
    stack.pulumi("refresh", "--yes", "--skip-preview", "--exclude=**NodeGroup::**")
    assert stack.changes() == []


def test_asked_and_running_versions_are_outputs(stack: Rehearsal) -> None:
    outputs = stack.outputs()
    assert re.fullmatch(r"v\d+\.\d+\.\d+", outputs["kubernetesAsked"])
    assert re.fullmatch(r"\d+\.\d+\.\d+-gke\.\d+", outputs["kubernetesVersion"])


def test_no_token_and_no_kubeconfig_is_in_the_clear(stack: Rehearsal) -> None:
    exported = stack.pulumi("stack", "export")
    token = json.loads((place_of(stack.name).folder / "access-token.json").read_text())["value"]
    assert token not in exported
    assert "gke-gcloud-auth-plugin" not in exported  # a word of the users' kubeconfig
    outputs = stack.outputs()
    assert yaml.safe_load(outputs["kubeconfig"])["users"][0]["user"]["exec"]["command"] == "gke-gcloud-auth-plugin"


def test_more_nodes_and_larger_ones_change_the_pool_in_place(stack: Rehearsal) -> None:
    stack.configure(workers={"count": 2})
    steps = changed(stack)
    assert steps[POOL][0] == "update"
    # Two nodes are in two zones: the cluster is told of the second one.
    assert set(steps) == {CLUSTER, POOL}
    assert steps[CLUSTER][0] == "update"
    stack.configure(workers={"count": 1, "size": "e2-standard-4"})
    assert changed(stack)[POOL][0] == "update"
    stack.configure()


def test_other_users_of_the_api_are_let_in_in_place(stack: Rehearsal) -> None:
    stack.configure(apiAccessCidrs=["203.0.113.7/32", "198.51.100.0/24"])
    ((kind, (what, why)),) = changed(stack).items()
    assert (kind, what) == (CLUSTER, "update")
    assert all("masterAuthorizedNetworksConfig" in each for each in why)
    stack.configure()


def test_what_would_make_another_cluster_is_refused_unless_insisted_on(stack: Rehearsal) -> None:
    key, value = "controlPlaneCidr", "172.16.9.0/28"
    stack.configure()
    set_key(stack, key, value)
    said = stack.pulumi("preview", *stack.leaving_out, check=False)
    assert f"crosscloud:gke.{key} was" in said
    assert "make another stack" in said
    stack.configure(allowClusterReplacement=True)
    set_key(stack, key, value)
    assert "replace" in {what for what, _ in changed(stack).values()}
    stack.configure()


def test_a_version_that_the_channel_lacks_comes_from_the_nearest_below(stack: Rehearsal) -> None:
    stack.configure(gke={"releaseChannel": "stable"})
    what, why = changed(stack)[CLUSTER]
    assert what == "update"
    assert "minMasterVersion" in why
    stack.configure()


def test_a_protected_cluster_stays_until_protection_is_taken_away(stack: Rehearsal) -> None:
    stack.configure(gke={"deletionProtection": True})
    stack.up()
    said = stack.pulumi("destroy", "--yes", "--skip-preview", check=False)
    assert "deletion_protection is set to true" in said
    assert CLUSTER in {each["type"] for each in stack.state()}
    stack.configure()
    stack.up()
    assert stack.changes() == []


def test_capacity_that_is_missing_is_told_with_size_and_zone_and_the_same_again_completes(tmp_path: Path) -> None:
    with rehearsal("gke", tmp_path, name="test-gke-fault") as stack:
        said = stack.up(check=False, variables={"CROSSCLOUD_REHEARSAL_FAULT": "no-capacity=us-central1-a"})
        assert re.search("e2-standard-2.*us-central1-a", said)
        stack.up()
        assert stack.changes() == []
