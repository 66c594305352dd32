"""What the routers of a metro are told: who may announce what, and what devices learn of it."""

import json
import shutil
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from crosscloud.plugins.simulated import fabric
from crosscloud.plugins.simulated_equinix_metal import bird, certificates
from crosscloud.plugins.simulated_equinix_metal.account import PEERS

from .conftest import OPERATOR, Metal, device_inputs


def told(metal: Metal, name: str) -> Any:
    (file,) = metal.folder.glob(f"routers/*/{name}")
    return json.loads(file.read_text()) if name.endswith(".json") else file.read_text()


def notes(metal: Metal, kind: str) -> list[dict[str, Any]]:
    return [json.loads(file.read_text()) for file in metal.folder.glob(f"fabric/{kind}/*.json")]


def test_devices_of_a_project_share_a_private_network_whose_second_address_is_the_routers(metal: Metal) -> None:
    addresses = [metal.device(name)[1]["accessPrivateIpv4"] for name in ("one", "two", "three")]
    assert [address.rpartition(".")[2] for address in addresses] == ["3", "4", "5"]
    (network,) = notes(metal, "Network")
    assert {one["inputs"]["network"] for one in notes(metal, "Machine")} == {network["id"]}
    known = told(metal, "metadata.json")[addresses[0]]
    private = next(one for one in known["network"]["addresses"] if not one["public"])
    assert private["gateway"] == addresses[0].rpartition(".")[0] + ".2"


def test_an_address_that_was_given_back_is_the_last_to_be_given_again(metal: Metal) -> None:
    first, _ = metal.device("one")
    metal.device("two")
    metal.delete("Device", first)
    assert metal.device("three")[1]["accessPrivateIpv4"].endswith(".5")


def test_only_a_device_with_a_session_may_announce_and_only_the_projects_blocks(metal: Metal) -> None:
    address = metal.block()["address"]
    device, outputs = metal.device("one")
    _, other = metal.device("two")
    assert "neighbor" not in told(metal, bird.file(1))
    assert told(metal, "metadata.json")[outputs["accessPrivateIpv4"]]["bgp_neighbors"] == []
    session, _ = metal.make("BgpSession", deviceId=device, addressFamily="ipv4")
    text = told(metal, bird.file(1))
    assert f"neighbor {outputs['accessPrivateIpv4']} as 65000" in text
    assert [one for one in PEERS if f"local {one} as 65530" in told(metal, bird.file(0)) + text] == [*PEERS]
    assert other["accessPrivateIpv4"] not in text
    assert f"if net ~ [ {address}/32+ ] then accept; reject;" in text
    (neighbour,) = told(metal, "metadata.json")[outputs["accessPrivateIpv4"]]["bgp_neighbors"]
    assert neighbour["peer_ips"] == ["169.254.255.1", "169.254.255.2"]
    assert (neighbour["customer_as"], neighbour["peer_as"]) == (65000, 65530)
    assert neighbour["routes_in"] == [{"route": f"{address}/32", "exact": False}]
    metal.delete("BgpSession", session)
    assert "neighbor" not in told(metal, bird.file(1))


def test_the_routers_daemon_takes_its_configuration(tmp_path: Path) -> None:
    program = shutil.which("bird", path="/usr/sbin:/sbin:/usr/bin")
    if program is None:
        pytest.skip("no bird here")
    for neighbours, blocks in (([], []), (["10.66.0.3", "10.66.0.4"], ["198.19.3.7/32", "198.19.4.0/30"])):
        for router in range(len(PEERS)):
            file = tmp_path / "bird.conf"
            file.write_text(bird.render(router, neighbours, blocks))
            done = subprocess.run([program, "-p", "-c", str(file)], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr


def test_other_tags_reach_a_device_by_its_metadata(metal: Metal) -> None:
    old = device_inputs(tags=["api-access=203.0.113.0/24"])
    device, outputs = metal.make("Device", "one", **old)
    metal.update("Device", device, old, {**old, "tags": ["api-access=192.0.2.0/24"]})
    assert told(metal, "metadata.json")[outputs["accessPrivateIpv4"]]["tags"] == ["api-access=192.0.2.0/24"]


def test_nothing_is_filtered_between_devices_and_the_operator_reaches_reserved_addresses_alone(metal: Metal) -> None:
    address = metal.block()["address"]
    _, outputs = metal.device()
    (network,) = notes(metal, "Network")
    assert ["0.0.0.0/0", "0.0.0.0/0", "any", None] in network["outputs"]["allows"]
    assert [rule for rule in network["outputs"]["allows"] if rule[0] == fabric.OPERATOR] == [
        ["operator", f"{address}/32", "any", None]
    ]
    assert network["outputs"]["internet"] == [outputs["accessPrivateIpv4"]]
    (ways,) = notes(metal, "Ways")
    router = outputs["accessPrivateIpv4"].rpartition(".")[0] + ".2"
    assert ways["outputs"]["ways"][address] == {"via": router, "source": OPERATOR}


def test_the_network_goes_with_its_last_device_and_a_session_with_its_device(metal: Metal) -> None:
    first, second = metal.device("one")[0], metal.device("two")[0]
    metal.make("BgpSession", deviceId=first, addressFamily="ipv4")
    metal.delete("Device", first)
    assert not metal.cloud.records("BgpSession")
    assert notes(metal, "Network")
    metal.delete("Device", second)
    assert not metal.cloud.records()
    assert not fabric.leftovers()


def test_a_machine_that_was_killed_is_a_device_that_is_gone(metal: Metal) -> None:
    device, _ = metal.device()
    record = metal.cloud.get("Device", device)
    assert record
    assert metal.read("Device", record)
    fabric.halt(device)
    assert metal.read("Device", record) is None
    assert not metal.cloud.records()


def test_machines_trust_the_metadata_service_by_its_name(tmp_path: Path) -> None:
    import ssl

    authority = certificates.ensure(tmp_path)
    assert certificates.ensure(tmp_path) == authority
    assert {file.stat().st_mode & 0o077 for file in tmp_path.iterdir()} == {0}
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cadata=authority)
    server.load_cert_chain(tmp_path / certificates.CERTIFICATE, tmp_path / certificates.KEY)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=certificates.NAME)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    _shake_hands(ours, theirs)
    assert ours.getpeercert()
    assert urllib.request.Request(f"https://{certificates.NAME}/metadata").host == certificates.NAME


def _shake_hands(ours: Any, theirs: Any) -> None:
    import ssl

    for _ in range(4):
        for side in (ours, theirs):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
