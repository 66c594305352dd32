"""What is said of another release, and of what helm deploys."""

from crosscloud.preview.model import Change, Op
from crosscloud.preview.words import say

from . import recorded
from .recorded import said


def test_another_project_is_rolled_out_by_helm() -> None:
    assert said("aws-coredns") == ("CoreDNS v1.15.0 → v1.15.1, rolled out by helm",)
    assert said("local-release")[1] == "Prometheus v3.15.0: another image under the same tag, rolled out by helm"


def test_another_build_of_the_same_version_is_told() -> None:
    old, new = recorded.preview("aws-unchanged").outputs
    release = {**new["release"], "prometheus": f"registry.cncf.ci/prometheus/prometheus@sha256:{'5eed' * 16}"}
    tags = {**new["releaseTags"], "prometheus": "ci-v3.15.0.0a1b2c3d.8"}
    outputs = (old, {**new, "release": release, "releaseTags": tags})
    assert say(recorded.with_changes("aws-unchanged", outputs=outputs)).sentences == (
        "Prometheus v3.15.0: another build of it, rolled out by helm",
    )


def test_another_tag_of_the_same_image_is_told_from_another_image() -> None:
    old, new = recorded.preview("aws-unchanged").outputs
    tags = {**new["releaseTags"], "prometheus": "ci-v3.15.0.9a6c58d5.8"}
    preview = recorded.with_changes("aws-unchanged", outputs=(old, {**new, "releaseTags": tags}))
    assert say(preview).sentences == ("Prometheus v3.15.0: another tag of the same image, rolled out by helm",)


def test_the_release_before_and_after_shows_the_digest_only_if_nothing_else_moves() -> None:
    (coredns,) = say(recorded.preview("aws-coredns")).releases
    assert (coredns.shown(coredns.old), coredns.shown(coredns.new)) == (
        "ci-v1.15.0.8bc59426.0",
        "ci-v1.15.1.0a1b2c3d.7",
    )
    (prometheus,) = say(recorded.preview("aws-digest")).releases
    assert prometheus.shown(prometheus.new) == "ci-v3.15.0.9a6c58d5.0 (5eed5eed5eed)"


def test_values_of_charts() -> None:
    assert said("local-workers-down")[1] == "CoreDNS chart values: replicaCount 2 → 1"


def test_a_helm_release_that_is_replaced_is_down_meanwhile() -> None:
    release = "kubernetes:helm.sh/v3:Release"
    change = Change(Op.REPLACE, release, "aws-prometheus", "u", causes=("namespace",))
    assert say(recorded.with_changes("aws-unchanged", changes=(change,))).sentences == (
        "Prometheus is removed and deployed anew, because of namespace",
    )


def test_another_domain_replaces_machines_and_changes_what_coredns_answers() -> None:
    first, second = said("local-domain")
    assert first.startswith("the cluster's domain cluster.local → cluster.example: 5 machines are replaced")
    assert second.startswith("CoreDNS chart values: servers[0].plugins[3].parameters cluster.local")
