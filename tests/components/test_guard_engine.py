"""The genuine engine refuses what would destroy a live cluster before it changes anything."""

import re

import pytest

from tests.components.toy.project import Project

pytestmark = pytest.mark.engine

#: There is no cluster that would answer; everything before that is made.
WITHOUT_ACCESS = ("--exclude", "urn:pulumi:dev::trial::**ClusterAccess::demo", "--exclude-dependents")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project whose cluster is there, as far as the state knows."""
    project = Project(tmp_path_factory.mktemp("toy"))
    project.up(*WITHOUT_ACCESS)
    assert any("toy:index:Machine::demo-control-plane-0" in urn for urn in project.machines())
    return project


def test_the_state_holds_no_secret_that_could_be_read(live: Project) -> None:
    exported = live.pulumi("stack", "export")
    shown = live.pulumi("stack", "export", "--show-secrets")
    for secret in (r"BEGIN (EC )?PRIVATE KEY", r"#cloud-config", r"\b[a-z0-9]{6}\.[a-z0-9]{16}\b"):
        assert re.search(secret, shown), f"{secret} would be noticed"
        assert not re.search(secret, exported), secret


def test_a_preview_refuses_everything_dangerous_in_one_go(live: Project) -> None:
    live.want(podCidr="10.200.0.0/16", controlPlanes={"count": 1, "size": "huge"})
    said = live.pulumi("preview", succeeds=False)
    assert "crosscloud:podCidr was 10.244.0.0/16 and would be 10.200.0.0/16" in said
    assert "crosscloud:controlPlanes.size was small and would be huge" in said
    assert "crosscloud:allowClusterReplacement true` insists" in said


def test_an_up_without_a_preview_changes_nothing_either(live: Project) -> None:
    before = live.machines()
    live.want(toy={"networkCidr": "10.5.0.0/16"}, controlPlanes={"count": 1, "size": "huge"})
    said = live.up(*WITHOUT_ACCESS, succeeds=False)
    assert "crosscloud:toy.networkCidr was 10.0.0.0/16" in said
    assert live.machines() == before


def test_what_is_no_danger_passes(live: Project) -> None:
    live.want(workers={"count": 3, "size": "huge"})
    said = live.pulumi("preview", "--diff")
    assert "Group" in said


def test_a_program_that_refuses_by_itself_ends_with_its_words(live: Project) -> None:
    live.want(toy={"region": "sun", "zones": ["sun-a"]})
    said = live.pulumi("preview", succeeds=False)
    assert "nothing lives on the sun; moon" in said
    assert "Traceback" not in said


def test_who_insists_gets_the_replacement_and_is_asked_again_the_next_time(live: Project) -> None:
    before = live.machines()
    live.want(controlPlanes={"count": 1, "size": "huge"}, allowClusterReplacement=True)
    assert "replace" in live.pulumi("preview", "--diff")
    live.up(*WITHOUT_ACCESS)
    after = live.machines()
    machine = next(urn for urn in before if "toy:index:Machine" in urn)
    group = next(urn for urn in before if "toy:index:Group" in urn)
    assert after[machine] != before[machine]
    assert after[group] != before[group], "workers of another cluster are of no use"
    live.want(controlPlanes={"count": 1, "size": "huge"})
    live.up(*WITHOUT_ACCESS)
    assert live.machines() == after
    live.want()
    assert "crosscloud:controlPlanes.size was huge and would be small" in live.pulumi("preview", succeeds=False)
