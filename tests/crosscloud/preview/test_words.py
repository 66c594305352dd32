"""What is said of changes, on every cloud in the same words."""

import pytest

from crosscloud.preview.data import words
from crosscloud.preview.model import Change, Difference, Op
from crosscloud.preview.words import say

from . import recorded
from .recorded import said

ALL = ("aws", "azure", "gce", "gke", "packet")
SELF_MANAGED = ("aws", "azure", "gce", "packet")


@pytest.mark.parametrize("cloud", ALL)
def test_more_workers(cloud: str) -> None:
    assert said(f"{cloud}-workers-up")[0] == "workers 2 → 5"


@pytest.mark.parametrize("cloud", [*ALL, "local"])
def test_fewer_workers(cloud: str) -> None:
    assert said(f"{cloud}-workers-down")[0] == "workers 2 → 1: 1 removed"


@pytest.mark.parametrize(
    ("cloud", "words"),
    [
        ("aws", "t3.large → m7i.large: 2 machines are replaced one after the other"),
        ("azure", "Standard_B2s_v2 → Standard_D2s_v5: 2 machines are replaced one after the other"),
        ("gce", "e2-standard-2 → n2-standard-2: 2 machines are replaced one after the other"),
        ("gke", "e2-standard-2 → n2-standard-2: 2 machines are replaced one after the other"),
        ("packet", "m3.small.x86 → m3.large.x86: 2 machines are replaced"),
    ],
)
def test_larger_workers_and_what_comes_of_it(cloud: str, words: str) -> None:
    assert said(f"{cloud}-workers-larger") == (f"machine size of the workers {words}",)


@pytest.mark.parametrize("cloud", SELF_MANAGED[1:])
def test_a_larger_single_control_plane_is_another_cluster(cloud: str) -> None:
    sentence = said(f"{cloud}-control-plane-larger")[0]
    assert sentence.startswith("machine size of the control planes ")
    assert sentence.endswith(
        "the only control plane and 2 workers are replaced: it is another cluster, and what is in this one is lost"
    )


@pytest.mark.parametrize("cloud", ALL)
def test_another_network_that_may_reach_the_api(cloud: str) -> None:
    assert said(f"{cloud}-open") == ("API opened to 198.51.100.0/24",)


def test_a_network_that_may_not_any_more() -> None:
    old, new = recorded.preview("aws-open").config
    preview = recorded.with_changes("aws-open", config=(new, old))
    assert say(preview).sentences == ("API closed to 198.51.100.0/24",)


def configured(changes: dict[str, object], name: str = "aws-unchanged") -> tuple[str, ...]:
    """Return what is said of a change of the stack's file of AWS, where the engine tells what a record has."""
    old, _ = recorded.preview("aws-workers-up").config
    return say(recorded.with_changes(name, config=(old, {**old, **changes}))).sentences


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        ({"apiAccessCidrs": ["198.51.100.0/24"]}, ("API opened to 198.51.100.0/24", "API closed to 203.0.113.7/32")),
        (
            {"apiAccessCidrs": ["203.0.113.7/32", "0.0.0.0/0"], "apiAccessFromAnywhere": True},
            ("API opened to 0.0.0.0/0 (the whole Internet)", "the API may be opened to the whole Internet: yes"),
        ),
        ({"workers": {"count": 2, "min": 1, "max": 5}}, ("minimum of workers none → 1", "maximum of workers none → 5")),
        ({"owner": "web", "expiry": "2027-01-01"}, ("owner unassigned → web", "expiry none → 2027-01-01")),
        ({"controlPlanes": {"count": 3}}, ("control planes 1 → 3",)),
        ({"tags": {"team": "web"}}, ("crosscloud:tags.team none → web",)),
        ({"aws": {"zones": ["us-east-1a"]}}, ("crosscloud:aws.zones none → us-east-1a",)),
        (
            {"chartSource": {"kind": "path", "path": "charts"}},
            ("charts bundled → path", "folder of the charts none → charts"),
        ),
    ],
)
def test_each_key_of_the_file_is_said_as_it_is_meant(changes: dict[str, object], sentences: tuple[str, ...]) -> None:
    assert configured(changes) == sentences


def test_a_file_that_is_refused_by_now_is_compared_as_it_is_written() -> None:
    """A key that was renamed since: without its defaults the configuration before is not another one in every key."""
    old, _ = recorded.preview("aws-workers-up").config
    preview = recorded.with_changes("aws-unchanged", config=({**old, "nodes": 3}, {**old, "workers": {"count": 3}}))
    assert say(preview).sentences == ("workers 2 → 3", "crosscloud:nodes 3 → none")


@pytest.mark.parametrize(("count", "renewed"), [(5, "2 machines are"), (1, "1 machine is")])
def test_workers_that_come_and_go_at_once_are_not_counted_as_replaced(count: int, renewed: str) -> None:
    first, second = configured({"workers": {"count": count, "size": "m7i.large"}}, "aws-workers-larger")
    assert first.startswith(f"machine size of the workers t3.large → m7i.large: {renewed} replaced")
    assert second.startswith(f"workers 2 → {count}")


def test_another_name_is_another_cluster() -> None:
    old, _ = recorded.preview("aws-workers-up").config
    gone = Change(Op.DELETE, "crosscloud:cluster:Aws", "note-aws", "u1")
    made = Change(Op.CREATE, "crosscloud:cluster:Aws", "blue", "u2")
    new = {**old, "clusterName": "blue", "workers": {"count": 3}}
    renamed = recorded.with_changes("aws-unchanged", changes=(made, gone), config=(old, new))
    assert say(renamed).lost == ("note-aws",)
    assert say(renamed).sentences == (
        "the cluster note-aws is deleted, with all that is in it: 1 control plane (t3.medium), 2 workers (t3.large)",
        "the cluster blue is made: 1 control plane (t3.medium), 3 workers (t3.large), Kubernetes v1.37.2",
    )


@pytest.mark.parametrize(
    ("op", "sentence"),
    [
        (Op.CREATE, "the projects are deployed into the cluster lab, which is there already"),
        (Op.DELETE, "the projects are removed from the cluster lab, which stays"),
    ],
)
def test_a_cluster_that_others_made_is_neither_made_nor_deleted(op: Op, sentence: str) -> None:
    config = {"cloud": "existing", "clusterName": "lab"}
    change = Change(op, "crosscloud:cluster:Existing", "lab", "u")
    said = say(recorded.with_changes("aws-unchanged", changes=(change,), config=(config, config)))
    assert (said.sentences, said.lost) == ((sentence,), ())


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "aws-created",
            "the cluster note-aws is made: 1 control plane (t3.medium), 2 workers (t3.large), Kubernetes v1.37.2",
        ),
        ("gke-created", "the cluster note-gke is made: 2 workers (e2-standard-2), Kubernetes v1.37.2"),
        ("local-created", "the cluster note-local is made: 3 control planes, 2 workers, Kubernetes v1.37.2"),
        (
            "packet-deleted",
            "the cluster note-packet is deleted, with all that is in it: 1 control plane (m3.small.x86), "
            "2 workers (m3.small.x86)",
        ),
    ],
)
def test_whole_clusters(name: str, sentence: str) -> None:
    assert said(name) == (sentence,)


def test_another_kubernetes_replaces_several_control_planes_in_turn() -> None:
    assert said("local-kubernetes") == (
        "Kubernetes v1.37.2 → v1.37.3: 5 machines are replaced one after the other (the workers beside the control "
        "planes)",
    )


def test_machines_that_are_replaced_without_a_word_of_the_configuration_for_it_are_told_with_the_property() -> None:
    assert said("aws-owner") == (
        "2 machines are replaced one after the other, because of launchTemplate of Group note-aws-worker",
        "owner unassigned → someone-else",
    )


def test_a_machine_that_was_gone_is_made_anew_and_its_node_with_it() -> None:
    machine = Change(Op.CREATE, "aws:ec2/instance:Instance", "note-aws-control-plane-1", "u1")
    node = Change(Op.REPLACE, "crosscloud:index:Node", "note-aws-control-plane-1", "u2")
    other = Change(Op.REPLACE, "crosscloud:index:Node", "note-aws-control-plane-2", "u3")
    assert say(recorded.with_changes("aws-unchanged", changes=(machine, node, other))).sentences == (
        "machine note-aws-control-plane-1 is made anew",
        "node note-aws-control-plane-2 is replaced",
    )


def test_an_endpoint_that_changes() -> None:
    old, new = recorded.preview("aws-workers-up").outputs
    changed = recorded.with_changes("aws-workers-up", outputs=(old, {**new, "endpoint": "https://api.example:6443"}))
    assert any(
        one.startswith("the API's endpoint ") and "→ https://api.example:6443: kubeconfigs" in one
        for one in say(changed).sentences
    )


def test_a_key_without_words_of_its_own_is_named() -> None:
    old, _ = recorded.preview("aws-workers-up").config
    changed = recorded.with_changes("aws-workers-up", config=(old, {**old, "bootTimeoutMinutes": 9}))
    assert say(changed).sentences == ("crosscloud:bootTimeoutMinutes 5 → 9",)


def test_what_has_no_words_is_named_as_the_resource_that_it_is() -> None:
    update = Change(Op.UPDATE, "aws:kms/key:Key", "audit", "u", differences=(Difference("policy", "a", "b"),))
    assert say(recorded.with_changes("aws-unchanged", changes=(update,))).resources == ("update Key audit: policy",)


def test_alike_changes_of_many_resources_are_one_line() -> None:
    assert say(recorded.preview("azure-owner")).resources == ("update 13 resources: tags.owner",)


@pytest.mark.parametrize("cloud", [*ALL, "local"])
def test_nothing_is_said_where_nothing_changes(cloud: str) -> None:
    nothing = say(recorded.preview(f"{cloud}-unchanged"))
    assert (nothing.sentences, nothing.releases, nothing.resources) == ((), (), ())


def test_every_machine_of_every_cloud_is_known_by_its_type() -> None:
    """A cloud whose machines are not in words.yaml would have them replaced without a word."""
    known = words()
    for cloud in (*SELF_MANAGED, "local"):
        made = {change.type for change in recorded.preview(f"{cloud}-created").changes}
        assert made & set(known.machines), cloud
    for cloud in ("aws", "azure", "gce", "gke"):
        made = {change.type for change in recorded.preview(f"{cloud}-created").changes}
        assert made & set(known.groups) - {"crosscloud:index:NodeGroup"}, cloud
