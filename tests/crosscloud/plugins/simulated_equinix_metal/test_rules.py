"""The rules of Equinix Metal that the simulation keeps."""

from typing import Any

import pytest

from crosscloud.plugins.base import Call, PluginError, Values
from crosscloud.plugins.simulated import declared
from crosscloud.plugins.simulated_equinix_metal.__main__ import RESOURCES
from crosscloud.plugins.simulated_equinix_metal.account import get_project
from crosscloud.plugins.simulated_equinix_metal.device import USER_DATA_LIMIT

from .conftest import PROJECT, Metal, device_inputs


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_class_declares_only_what_the_sdk_knows(resource: Any) -> None:
    assert not list(declared(resource()))


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"plan": "m9.huge"}, "plan: 422 m9.huge is not a valid plan; there are"),
        ({"operatingSystem": "debian_3"}, "operatingSystem: 422 debian_3 is not a valid operating_system; there are"),
        ({"metro": "zz"}, "metro: 422 zz is not a valid metro; there are"),
        ({"metro": None}, "metro: one of facilities and metro must be configured"),
        ({"hostname": "under_score"}, "hostname: 422 Hostname must be a valid hostname"),
        ({"hostname": "-x"}, "hostname: 422 Hostname must be a valid hostname"),
        ({"billingCycle": "daily"}, "billingCycle: 'daily' is neither hourly nor monthly"),
        ({"userData": "echo hello"}, "userData: 422 Userdata unrecognized userdata format"),
        ({"userData": "#!" + "x" * USER_DATA_LIMIT}, f"userData: has {USER_DATA_LIMIT + 2} bytes"),
        ({"ipAddresses": [{"type": "public_ipv4"}]}, "ipAddresses: 422 a private_ipv4 address is required"),
        ({"projectId": "mine"}, "projectId: 'mine' is no project's id"),
        ({"plan": 3}, "is the number 3; it has to be a text"),
        ({"metros": "da"}, "metros: is not known; did you mean metro?"),
        ({"plan": None}, "plan: is missing: it is required"),
    ],
)
def test_what_no_device_can_be_is_refused(inputs: dict[str, Any], expected: str, metal: Metal) -> None:
    assert expected in metal.refused("Device", **device_inputs(**inputs))


def test_a_device_of_either_architecture_is_taken(metal: Metal) -> None:
    for plan in ("m3.small.x86", "c3.large.arm64"):
        assert not metal.refused("Device", **device_inputs(plan=plan))


@pytest.mark.parametrize("key", ["projectId", "plan", "operatingSystem", "metro", "userData", "projectSshKeyIds"])
def test_a_device_is_replaced_when_what_it_is_made_of_changes(key: str, metal: Metal) -> None:
    old = device_inputs(projectSshKeyIds=["a"])
    new = {**old, key: ["b"] if key == "projectSshKeyIds" else f"{old[key]}x"}
    assert metal.replaced_by("Device", old, new)


@pytest.mark.parametrize("key", ["hostname", "tags", "description"])
def test_a_device_stays_when_what_it_is_called_changes(key: str, metal: Metal) -> None:
    old = device_inputs(tags=["a=b"], description="one")
    new = {**old, key: ["c=d"] if key == "tags" else "two"}
    assert not metal.replaced_by("Device", old, new)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"quantity": 3}, "quantity: 3 is not a power of 2"),
        ({"quantity": 512}, "quantity: 512 is not a power of 2 up to 256"),
        ({"metro": None}, "metro: You should set either metro or facility"),
        ({"facility": "da11"}, "conflicts with facility"),
        ({"type": "private_ipv4"}, 'type: expected type to be one of ["public_ipv4" "global_ipv4"], got private_ipv4'),
        ({"metro": "zz"}, "metro: 422 zz is not a valid metro"),
    ],
)
def test_what_no_block_can_be_is_refused(inputs: dict[str, Any], expected: str, metal: Metal) -> None:
    given = {"projectId": PROJECT, "metro": "da", "quantity": 1, **inputs}
    assert expected in metal.refused("ReservedIpBlock", **{k: v for k, v in given.items() if v is not None})


def test_another_tag_makes_it_another_block(metal: Metal) -> None:
    old = {"projectId": PROJECT, "metro": "da", "quantity": 1, "tags": ["a=b"]}
    assert metal.replaced_by("ReservedIpBlock", old, {**old, "tags": ["a=c"]})


def test_addresses_are_nobodys_on_the_internet_and_no_two_blocks_share_one(metal: Metal) -> None:
    found = [metal.make("ReservedIpBlock", str(n), projectId=PROJECT, metro="da", quantity=1)[1] for n in range(4)]
    addresses = [one["address"] for one in found]
    assert len({*addresses}) == 4
    assert all(address.startswith("198.19.") for address in addresses)
    assert found[0]["cidrNotation"] == f"{addresses[0]}/32"


def test_a_session_is_of_a_device_that_is_there_and_has_one_a_family(metal: Metal) -> None:
    assert "expected address_family" in metal.refused("BgpSession", deviceId="x", addressFamily="ipx")
    with pytest.raises(PluginError, match="Device 'lost' was not found: deviceId of BgpSession"):
        metal.make("BgpSession", deviceId="lost", addressFamily="ipv4")
    device, _ = metal.device()
    metal.make("BgpSession", deviceId=device, addressFamily="ipv4")
    with pytest.raises(PluginError, match="already exists"):
        metal.make("BgpSession", "another", deviceId=device, addressFamily="ipv4")


def test_a_key_in_use_by_a_device_stays(metal: Metal) -> None:
    assert "not a valid SSH public key" in metal.refused("ProjectSshKey", projectId=PROJECT, publicKey="secret")
    key, _ = metal.make("ProjectSshKey", name="me", projectId=PROJECT, publicKey="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5")
    with pytest.raises(PluginError, match="ProjectSshKey 'lost' was not found"):
        metal.device("two", projectSshKeyIds=["lost"])
    metal.device(projectSshKeyIds=[key])
    with pytest.raises(PluginError, match="in use by Device"):
        metal.delete("ProjectSshKey", key)


def test_no_capacity_is_told_in_the_words_of_equinix(metal: Metal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_FAULT", "no-capacity=da")
    with pytest.raises(
        PluginError, match=r"metro da has no provisionable m3\.small\.x86 servers matching your criteria"
    ):
        metal.device()
    assert not metal.cloud.records("Device")
    metal.device("elsewhere", metro="sv")


def test_the_project_that_a_stack_names_has_bgp() -> None:
    answer = get_project(Call("u"), Values({"projectId": PROJECT}))
    assert answer["bgpConfigs"][0]["asn"] == 65000
    with pytest.raises(PluginError, match="a project's id is a UUID"):
        get_project(Call("u"), Values({"projectId": "mine"}))
