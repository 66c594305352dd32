"""A rehearsal runs the user's own stack file, adapted to one host, in a project of its own."""

from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from crosscloud import paths
from crosscloud.config import ConfigErrors
from crosscloud.rehearsal.networks import free
from crosscloud.rehearsal.place import place_of
from crosscloud.rehearsal.project import Sizes, prepare
from crosscloud.rehearsal.simulations import SIMULATIONS, NoRehearsalError, simulation_of
from crosscloud.stacks.pulumi import Stack
from crosscloud.stacks.up import stack_values


def program() -> Any:
    return YAML(typ="safe").load(place_of("aws").project / "Pulumi.yaml")


def test_it_is_the_checkouts_program_under_a_name_of_its_own(own: Stack) -> None:
    prepare(own, Sizes())
    assert program()["name"] == "crosscloud-rehearsal"
    assert program()["main"] == str(paths.ROOT)


def test_it_names_its_own_clouds_simulated_plugin_and_no_other(own: Stack) -> None:
    prepare(own, Sizes())
    named = [provider["name"] for provider in program()["plugins"]["providers"]]
    assert named == ["crosscloud", "aws"]


def test_it_is_one_machine_of_each_kind_unless_asked_otherwise(own: Stack) -> None:
    config = prepare(own, Sizes()).config
    assert (config.control_planes.count, config.workers.count) == (1, 1)  # type: ignore[union-attr]
    config = prepare(own, Sizes(3, 2)).config
    assert (config.control_planes.count, config.workers.count) == (3, 2)  # type: ignore[union-attr]


def test_the_files_own_counts_are_taken_on_request(own: Stack) -> None:
    config = prepare(own, Sizes(None, None)).config
    assert (config.control_planes.count, config.workers.count) == (3, 4)  # type: ignore[union-attr]
    assert (config.workers.min, config.workers.max) == (2, 9)  # type: ignore[union-attr]


def test_everything_else_of_the_cluster_is_as_the_user_wrote_it(own: Stack) -> None:
    values = stack_values(prepare(own, Sizes()).stack)
    assert values["crosscloud:workers"] == {"count": 1, "size": "m7i.large"}
    assert values["crosscloud:aws"] == {"region": "eu-central-1", "networkCidr": "10.7.0.0/16"}
    assert values["crosscloud:apiAccessCidrs"] == ["203.0.113.7/32"]
    assert values["crosscloud:chartSource"] == {"kind": "bundled"}


def test_what_tells_who_the_user_is_in_the_cloud_is_left_out_and_named(own: Stack) -> None:
    prepared = prepare(own, Sizes())
    values = stack_values(prepared.stack)
    assert [key for key in values if key.startswith("aws:")] == ["aws:region"]
    assert prepared.adapted == ["not taken from your stack's file: aws:profile, aws:secretKey"]


def test_the_users_file_is_not_touched(own: Stack) -> None:
    before = own.file.read_text()
    prepare(own, Sizes())
    assert own.file.read_text() == before


def test_the_built_release_is_taken_where_there_is_one(own: Stack) -> None:
    assert prepare(own, Sizes()).config.release_file == own.file.parent / "release.env"
    (paths.home() / "release.env").write_text("")
    assert prepare(own, Sizes()).config.release_file == paths.home() / "release.env"


def test_a_network_that_the_host_uses_is_replaced_by_a_free_one_which_stays(
    own: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = [IPv4Network("10.7.4.0/24"), IPv4Network("10.0.0.0/16")]
    monkeypatch.setattr("crosscloud.machines.addresses.occupied", lambda: used)
    prepared = prepare(own, Sizes())
    assert stack_values(prepared.stack)["crosscloud:aws"]["networkCidr"] == "10.1.0.0/16"  # type: ignore[index]
    assert "the machines' network is 10.1.0.0/16, since this host uses addresses of 10.7.0.0/16" in prepared.adapted[-1]
    used.append(IPv4Network("10.1.0.0/16"))  # as soon as it is up
    assert stack_values(prepare(own, Sizes()).stack)["crosscloud:aws"]["networkCidr"] == "10.1.0.0/16"  # type: ignore[index]


def test_its_own_network_is_not_taken_for_another_s(own: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[IPv4Network] = []
    monkeypatch.setattr("crosscloud.machines.addresses.occupied", lambda: used)
    prepare(own, Sizes())
    used += [IPv4Network("10.7.0.0/16"), IPv4Network("10.7.3.4/32")]  # as soon as it is up
    assert stack_values(prepare(own, Sizes()).stack)["crosscloud:aws"]["networkCidr"] == "10.7.0.0/16"  # type: ignore[index]


def test_another_network_in_the_file_is_another_one_here(own: Stack) -> None:
    prepare(own, Sizes())
    own.file.write_text(own.file.read_text().replace("10.7.0.0/16", "10.8.0.0/16"))
    assert stack_values(prepare(own, Sizes()).stack)["crosscloud:aws"]["networkCidr"] == "10.8.0.0/16"  # type: ignore[index]


def test_a_free_network_keeps_away_from_all_that_is_taken() -> None:
    assert str(free(16, [IPv4Network("10.0.0.0/15")])) == "10.2.0.0/16"


def test_the_salt_of_its_state_stays_when_it_is_prepared_again(own: Stack) -> None:
    stack = prepare(own, Sizes()).stack
    stack.file.write_text("encryptionsalt: v1:abc\n" + stack.file.read_text())
    prepare(own, Sizes())
    assert stack.file.read_text().count("encryptionsalt: v1:abc\n") == 1


def test_a_wrong_stack_file_is_refused_as_up_would(own: Stack) -> None:
    own.file.write_text("config:\n  crosscloud:cloud: aws\n")
    with pytest.raises(ConfigErrors, match="apiAccessCidrs: is missing"):
        prepare(own, Sizes())


@pytest.mark.parametrize("cloud", ["local", "existing"])
def test_what_is_no_cloud_is_not_rehearsed(cloud: str) -> None:
    with pytest.raises(NoRehearsalError, match=f"nothing to rehearse for {cloud}.*Rehearsed are aws, azure, gce, gke"):
        simulation_of(cloud)


@pytest.mark.parametrize("cloud", SIMULATIONS)
def test_every_cloud_has_the_executable_that_the_engine_looks_for(cloud: str) -> None:
    simulation = SIMULATIONS[cloud]
    executable = Path(simulation.folder) / f"pulumi-resource-{simulation.provider}"
    assert executable.stat().st_mode & 0o111


def test_rehearsals_that_begin_at_once_take_different_networks(own: Stack) -> None:
    other = Stack("aws-head")
    other.file.write_text(own.file.read_text())
    first, second = (prepare(stack, Sizes()).config.aws.network_cidr for stack in (own, other))  # type: ignore[union-attr]
    assert first != second
    assert prepare(other, Sizes()).config.aws.network_cidr == second  # type: ignore[union-attr]
