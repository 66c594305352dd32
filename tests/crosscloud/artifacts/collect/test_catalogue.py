"""Channels name branches, variables override them, and what is nearly a variable is pointed out."""

import pytest
from pydantic import ValidationError

from crosscloud.artifacts.collect import catalogue
from crosscloud.artifacts.collect.catalogue import Catalogue, misspelt, wanted
from crosscloud.artifacts.collect.channels import Channel
from crosscloud.problems import ProblemsError

SEED = ("K8S_BRANCH", "COREDNS_BRANCH", "PROMETHEUS_BRANCH", "NODE_EXPORTER_BRANCH", "ALERT_MANAGER_BRANCH")


@pytest.mark.parametrize(("channel", "branch"), [("stable", "stable"), ("head", "master"), ("alpha", "alpha")])
def test_a_channel_is_a_branch_of_every_project(channel: Channel, branch: str) -> None:
    assert [str(one) for one in wanted(channel, {})] == [
        f"prometheus/alertmanager@{branch}",
        f"coredns/coredns@{branch}",
        f"kubernetes/kubernetes@{branch}",
        f"prometheus/node_exporter@{branch}",
        f"prometheus/prometheus@{branch}",
    ]


def test_the_variables_of_the_original_override_the_channel() -> None:
    assert {one.branch for one in wanted("stable", dict.fromkeys(SEED, "ci-master"))} == {"ci-master"}


def test_another_project_may_be_named_such_as_a_fork() -> None:
    found = wanted("head", {"K8S_PROJECT": "me/forks/kubernetes"})
    assert [one.project for one in found if one.prefix == "KUBERNETES"] == ["me/forks/kubernetes"]


def test_one_pipeline_may_be_asked_for() -> None:
    found = wanted("head", {"COREDNS_PIPELINE": "5713", "K8S_PIPELINE": ""})
    assert [(one.prefix, one.pipeline) for one in found if one.pipeline] == [("COREDNS", 5713)]


def test_an_empty_variable_says_nothing() -> None:
    assert wanted("head", {"K8S_BRANCH": "", "COREDNS_PROJECT": ""}) == wanted("head", {})


def test_values_that_are_no_branch_or_project_are_refused_together() -> None:
    with pytest.raises(ProblemsError) as caught:
        wanted("head", {"K8S_BRANCH": "refs/heads/x", "COREDNS_PROJECT": "https://x/y", "PROMETHEUS_PIPELINE": "last"})
    assert [problem.key for problem in caught.value.problems] == [
        "COREDNS_PROJECT",
        "K8S_BRANCH",
        "PROMETHEUS_PIPELINE",
    ]


@pytest.mark.parametrize("name", ["master", "ci-v1.6", "feature/x", "release-1.37", "user@home"])
def test_what_git_takes_for_a_branch_is_one(name: str) -> None:
    wanted("head", {"K8S_BRANCH": name})


@pytest.mark.parametrize("name", ["-x", "a..b", "a:b", "a//b", "x/", "x.lock", "a\nb", "@{u}", "/x"])
def test_what_git_refuses_is_none(name: str) -> None:
    with pytest.raises(ProblemsError):
        wanted("head", {"K8S_BRANCH": name})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("KUBERNETES_BRANCH", "K8S_BRANCH"),
        ("ALERTMANAGER_BRANCH", "ALERT_MANAGER_BRANCH"),
        ("NODEEXPORTER_BRANCH", "NODE_EXPORTER_BRANCH"),
        ("PROMETEUS_BRANCH", "PROMETHEUS_BRANCH"),
        ("COREDNS_BRANCHE", "COREDNS_BRANCH"),
        ("coredns_branch", "COREDNS_BRANCH"),
        ("COREDNS_PROJCT", "COREDNS_PROJECT"),
        ("KUBERNETES_PIPELINE", "K8S_PIPELINE"),
    ],
)
def test_what_is_nearly_a_variable_is_pointed_out(name: str, meant: str) -> None:
    (line,) = misspelt({name: "ci-master"})
    assert line == f"{name} is not a variable of crosscloud, and ignored; did you mean {meant}?"


@pytest.mark.parametrize(
    "name",
    [
        *SEED,
        "COREDNS_PIPELINE",
        "CI_COMMIT_BRANCH",
        "CI_DEFAULT_BRANCH",
        "GIT_BRANCH",
        "GOOGLE_PROJECT",
        "CLOUDSDK_CORE_PROJECT",
    ],
)
def test_variables_of_others_are_left_alone(name: str) -> None:
    assert misspelt({name: "x"}) == []


def test_a_catalogue_without_one_of_the_projects_or_channels_is_none() -> None:
    whole = catalogue.catalogue().model_dump()
    Catalogue.model_validate(whole)
    for part in ("channels", "projects"):
        one, *_ = whole[part]
        without = {name: value for name, value in whole[part].items() if name != one}
        with pytest.raises(ValidationError, match="it needs the channels"):
            Catalogue.model_validate(whole | {part: without})
