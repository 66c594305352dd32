"""A simulated cloud through the genuine engine: what it refuses, what it keeps, and how its faults end."""

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Rehearsal

pytestmark = pytest.mark.engine

NETWORK = ("Network", {"cidrBlock": "10.0.0.0/16", "name": "net"})


def machine(**inputs: Any) -> tuple[str, dict[str, Any]]:
    return "Machine", {"networkId": "network", "size": "small", "userData": "#cloud-config\n# a-secret\n", **inputs}


def records(toy: Rehearsal, kind: str) -> list[dict[str, Any]]:
    return [json.loads(file.read_text()) for file in Path(toy.folder).glob(f"rehearsals/toy/cloud/{kind}/*.json")]


def test_a_preview_refuses_what_the_sdk_does_not_know_and_types_that_are_not_modelled(toy: Rehearsal) -> None:
    toy.want(network=NETWORK, machine=machine(size=4, metadataOptions={"httpTokns": "required", "hopLimit": "one"}))
    said = toy.pulumi("preview", fails=True)
    assert "metadataOptions.httpTokns" in said
    assert "is not known; did you mean httpTokens?" in said
    assert "metadataOptions.hopLimit" in said
    assert "is the number 4; it has to be a text" in said
    assert "a-secret" not in said
    toy.want(volume=("Volume", {"size": 1}))
    said = toy.pulumi("preview", fails=True)
    assert "the rehearsal does not model toycloud:index/volume:Volume" in said
    assert "It has Machine, Network" in said


def test_resources_live_and_die_with_the_rules_of_a_cloud(toy: Rehearsal) -> None:
    toy.want(network=NETWORK, machine=machine())
    toy.up()
    (kept,) = records(toy, "Machine")
    assert kept["refers"] == ["networks/net"]
    exported = toy.pulumi("stack", "export")
    assert "a-secret" not in exported
    assert "arn:networks/net" in exported
    toy.pulumi("preview", "--expect-no-changes", "--refresh")

    # A second preview with changes: one in place, one that replaces.
    toy.want(network=NETWORK, machine=machine(tags={"owner": "me"}))
    assert "1 to update" in toy.pulumi("preview")
    toy.want(network=NETWORK, machine=machine(size="large"))
    assert "1 to replace" in toy.pulumi("preview")

    # What is in use stays, and what is not there can't be referred to.
    toy.want(machine=machine(networkId="networks/net"))
    assert "networks/net can't be deleted: it is in use by Machine" in toy.up(fails=True)
    toy.want(network=NETWORK, machine=machine(), other=machine(networkId="networks/lost"))
    said = toy.up(fails=True)
    assert "Network 'networks/lost' was not found: networkId of Machine 'other' refers to it" in said

    # A replacement that the command line asks for is a new one, though the old one's inputs are the same.
    toy.want(network=NETWORK, machine=machine())
    toy.up()
    urn = "urn:pulumi:dev::trial::toycloud:index/machine:Machine::machine"
    toy.pulumi("up", "--yes", "--skip-preview", "--replace", urn)
    (new,) = records(toy, "Machine")
    assert new["id"] != kept["id"]

    # What is gone is seen by a refresh, and put back.
    for file in Path(toy.folder).glob("rehearsals/toy/cloud/Machine/*.json"):
        file.unlink()
    toy.want(network=NETWORK, machine=machine())
    assert "1 created" in toy.pulumi("up", "--yes", "--skip-preview", "--refresh")
    toy.pulumi("destroy", "--yes", "--skip-preview")
    assert records(toy, "Network") == records(toy, "Machine") == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("no-capacity=zone-a", "NoCapacity: there are no machines of that size in zone-a"),
        ("api-error=2", "InternalError"),
        ("engine-crash=2", "the engine is killed now"),
    ],
)
def test_after_a_fault_the_same_command_completes(toy: Rehearsal, fault: str, words: str) -> None:
    toy.want(network=NETWORK, machine=machine())
    said = toy.up(fails=True, fault=fault)
    assert words in said
    assert "Run the same command again" in said
    if fault.startswith("engine-crash"):
        toy.pulumi("cancel", "--yes")  # a killed engine leaves its lock
    assert [one["id"] for one in records(toy, "Network")] == ["networks/net"]
    assert records(toy, "Machine") == []
    assert "1 created" in toy.up()
    toy.pulumi("preview", "--expect-no-changes")


def test_it_starts_in_rehearsals_only(toy: Rehearsal) -> None:
    toy.want(network=NETWORK)
    said = toy.pulumi("preview", fails=True, CROSSCLOUD_REHEARSAL="")
    assert "it works only within `crosscloud rehearse`" in said
