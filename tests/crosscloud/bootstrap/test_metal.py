"""What must hold of machines on bare metal: how they read their metadata, and what they make of it."""

import importlib.util
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from crosscloud.bootstrap import USER_DATA_LIMIT, control_plane_user_data, worker_user_data

from .test_render import CLUSTER, SECRETS, scripts, variables

TEMPLATES = Path(__file__).parents[3] / "crosscloud/bootstrap/templates"
METAL = replace(CLUSTER, elastic_ip="198.51.100.7", endpoint="198.51.100.7:6443", node_network="10.0.0.0/8")
#: As Equinix's guide to BIRD shows it; the addresses are those of the guide's own example.
METADATA: dict[str, Any] = {
    "id": "d4b783e9-89f3-4d35-bdcd-ff6753b11911",
    "tags": ["cluster=demo", "api-access=203.0.113.0/24", "api-access=192.0.2.1/32", "ssh-access=192.0.2.0/24"],
    "network": {
        "addresses": [
            {"address_family": 4, "public": True, "address": "147.75.104.33", "gateway": "147.75.104.32"},
            {"address_family": 6, "public": True, "address": "2604:1380::1", "gateway": "2604:1380::"},
            {"address_family": 4, "public": False, "address": "10.99.182.129", "gateway": "10.99.182.128"},
        ]
    },
    "bgp_neighbors": [
        {
            "address_family": 4,
            "customer_as": 65000,
            "customer_ip": "10.99.182.129",
            "md5_enabled": False,
            "md5_password": None,
            "multihop": True,
            "peer_as": 65530,
            "peer_ips": ["169.254.255.1", "169.254.255.2"],
        }
    ],
}


@pytest.fixture(scope="module")
def metadata() -> ModuleType:
    """Return the script that machines run, as a module."""
    found = importlib.util.spec_from_file_location("metadata", TEMPLATES / "metadata.py")
    assert found
    assert found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_private_network_has_a_router_of_its_own(metadata: ModuleType) -> None:
    assert metadata.gateway(METADATA) == "10.99.182.128"


def test_tags_name_the_networks_that_are_let_in(metadata: ModuleType) -> None:
    assert metadata.networks(METADATA, "api-access") == "203.0.113.0/24, 192.0.2.1/32"
    assert metadata.networks(METADATA, "ssh-access") == "192.0.2.0/24"
    assert metadata.networks({**METADATA, "tags": []}, "ssh-access") == ""


def test_a_tag_that_is_no_network_gets_into_no_packet_filter(metadata: ModuleType) -> None:
    with pytest.raises(ValueError, match="accept"):
        metadata.networks({"tags": ["api-access=0.0.0.0/0 } accept"]}, "api-access")


def test_the_bgp_daemon_takes_the_configuration(metadata: ModuleType, tmp_path: Path) -> None:
    password = [{**METADATA["bgp_neighbors"][0], "md5_enabled": True, "md5_password": "955dB0b81Ef"}]
    for number, known in enumerate((METADATA, {**METADATA, "bgp_neighbors": password})):
        text = metadata.bird(known, "198.51.100.7")
        assert ('password "955dB0b81Ef";' in text) == bool(number)
        file = tmp_path / f"{number}.conf"
        file.write_text(text)
        done = subprocess.run([_bird(), "-p", "-c", str(file)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_both_routers_are_told_of_the_address_and_of_nothing_else(metadata: ModuleType) -> None:
    text = metadata.bird(METADATA, "198.51.100.7")
    assert "neighbor 169.254.255.1 as 65530" in text
    assert "neighbor 169.254.255.2 as 65530" in text
    assert "export where net = 198.51.100.7/32" in text
    assert "disabled yes" in text  # until the API server is ready


def test_a_session_that_is_not_there_yet_is_waited_for(metadata: ModuleType) -> None:
    nothing: tuple[Any, ...] = ([], None)
    for none in nothing:
        with pytest.raises(StopIteration):
            metadata.bird({**METADATA, "bgp_neighbors": none}, "198.51.100.7")


@pytest.mark.parametrize(
    ("api", "ssh"), [("", ""), ("203.0.113.0/24, 192.0.2.1/32", ""), ("10.1.2.3/32", "10.1.2.3/32")]
)
def test_the_kernel_takes_the_packet_filter(api: str, ssh: str) -> None:
    rules = _filter(api, ssh)
    nft = shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin")
    if nft is None:
        pytest.skip("no nft here")
    done = subprocess.run([nft, "--check", "-f", "-"], input=rules, capture_output=True, text=True, check=False)
    if "Operation not permitted" in done.stderr:
        pytest.skip("nft is for root alone here")
    assert done.returncode == 0, f"{rules}\n{done.stderr}"


def test_port_22_is_closed_and_the_api_open_to_those_alone_who_are_named() -> None:
    lines = [line.strip() for line in _filter("203.0.113.0/24", "").splitlines()]
    assert "ip saddr { 203.0.113.0/24 } tcp dport 6443 accept" in lines
    assert not [line for line in lines if "dport 22" in line]
    last_rule = [line for line in lines if line not in ("", "}")][-1]
    assert last_rule == "drop"


def test_services_are_filtered_before_their_addresses_are_translated() -> None:
    assert "type filter hook prerouting priority mangle;" in _filter("", "")


def test_machines_of_other_clouds_get_none_of_it() -> None:
    metal = {"elastic-ip.sh", "host-firewall.sh", "metadata.py", "elastic-ip-keeper.sh"}
    assert not metal & {
        *scripts(worker_user_data(CLUSTER)),
        *scripts(control_plane_user_data(CLUSTER, SECRETS, first=True)),
    }
    assert metal <= {*scripts(control_plane_user_data(METAL, SECRETS, first=False))}
    assert metal - {*scripts(worker_user_data(METAL))} == {"elastic-ip-keeper.sh"}
    assert variables(worker_user_data(METAL))["ELASTIC_IP"] == "198.51.100.7"


def test_the_scripts_are_valid_shell_and_fit_with_all_the_rest(tmp_path: Path) -> None:
    for first in (True, False):
        user_data = control_plane_user_data(METAL, SECRETS, first=first)
        assert len(user_data.encode()) < USER_DATA_LIMIT
        for name, text in scripts(user_data).items():
            if name.endswith(".sh"):
                (tmp_path / name).write_text(text)
                subprocess.run([shutil.which("bash") or "bash", "-n", str(tmp_path / name)], check=True)


def test_a_first_control_plane_looks_for_the_others_for_a_while_though_nobody_answers() -> None:
    """An address that nobody announces is refused at once, which elsewhere means that no other control plane lives."""
    asked = _lives("PATIENCE=2", answers="return 7")
    assert 2 <= len(asked) <= 12
    assert len(_lives("PATIENCE=", answers="return 7")) == 1


def test_a_first_control_plane_joins_the_others_as_soon_as_they_answer() -> None:
    assert _lives("PATIENCE=20", answers="return 0") == ["asked", "lives"]


def _lives(patience: str, *, answers: str) -> list[str]:
    """Run the question whether the cluster lives, with a curl that answers so."""
    text = (TEMPLATES / "control-plane.sh").read_text()
    function = text[text.index("cluster_lives()") :].partition("\n}\n")[0]
    script = f"""
{patience}
ENDPOINT=198.51.100.7:6443
curl() {{ echo asked; {answers}; }}
retry() {{ return 0; }}
{function}
}}
SECONDS=0
cluster_lives && echo lives
exit 0
"""
    bash = shutil.which("bash") or "bash"
    script = script.replace("SECONDS + 5", "SECONDS + 1")
    return subprocess.run([bash, "-c", script], capture_output=True, text=True, check=True).stdout.split()


def _filter(api: str, ssh: str) -> str:
    """Return what the script would load."""
    text = (TEMPLATES / "host-firewall.sh").read_text()
    functions = text[text.index("admit()") : text.index("loaded()")]
    script = f'NODE_NETWORK=10.0.0.0/8\n{functions}\nfilter "$1" "$2"'
    bash = shutil.which("bash") or "bash"
    return subprocess.run([bash, "-c", script, "sh", api, ssh], capture_output=True, text=True, check=True).stdout


def _bird() -> str:
    found = shutil.which("bird", path="/usr/sbin:/sbin:/usr/bin")
    if found is None:
        pytest.skip("no bird here")
    return found
