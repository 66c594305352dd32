"""What is handed to nft, haproxy, systemd-nspawn and the machine itself."""

import json
import subprocess
from pathlib import Path

import pytest

from crosscloud.machines import commands, haproxy, image, nft, nspawn, seed
from crosscloud.machines.errors import MachineError
from crosscloud.machines.guard import OPERATOR, Guard, Rule
from crosscloud.machines.guard import render as render_bridge
from crosscloud.machines.store import Machine, Network


def network(*, outbound: bool) -> Network:
    inputs: dict[str, object] = {"name": "n", "cidr": None, "outbound": outbound, "hostPorts": {}}
    return Network(id="abcdef012345", urn="", inputs=inputs, cidr="10.66.3.0/24", gateway="10.66.3.1")


def test_names_fit_what_the_kernel_allows() -> None:
    assert len(network(outbound=True).bridge) <= 15


def test_a_network_without_outbound_has_no_way_out() -> None:
    script = nft.render(network(outbound=False), outbound=False, host_ports={})
    assert 'iifname "cc-abcdef012345" oifname != "cc-abcdef012345" drop' in script
    assert "masquerade" not in script


def test_a_network_with_outbound_still_reaches_no_other_network() -> None:
    script = nft.render(network(outbound=True), outbound=True, host_ports={})
    assert 'ip saddr 10.66.3.0/24 oifname != "cc-abcdef012345" masquerade' in script
    assert 'oifname != "cc-abcdef012345" oifname "cc-*" drop' in script


def test_only_the_asked_ports_of_the_gateway_lead_to_the_host() -> None:
    script = nft.render(network(outbound=True), outbound=True, host_ports={"5000": 5001, "80": 8080})
    forwards = [line.strip() for line in script.splitlines() if "dnat to" in line]
    assert forwards == [
        'iifname "cc-abcdef012345" ip daddr 10.66.3.1 tcp dport 80 dnat to 127.0.0.1:8080',
        'iifname "cc-abcdef012345" ip daddr 10.66.3.1 tcp dport 5000 dnat to 127.0.0.1:5001',
    ]


def test_what_claims_to_go_to_the_hosts_loopback_is_dropped_before_the_forwards() -> None:
    script = nft.render(network(outbound=True), outbound=True, host_ports={"5000": 5001})
    assert script.index("ip daddr 127.0.0.0/8 drop") < script.index("dnat to")
    assert "hook prerouting priority raw" in script[: script.index("ip daddr 127.0.0.0/8 drop")]


GUARD = Guard(
    [
        Rule("10.66.3.0/24", "10.66.3.192", "tcp", (6443, 6443)),
        Rule("10.66.3.10", "0.0.0.0/0", "udp", (53, 53)),
        Rule("10.66.3.10", "10.66.3.11", "icmp"),
        Rule("10.66.3.10", "10.66.3.11", "any"),
        Rule(OPERATOR, "10.66.3.192", "tcp", (6443, 6443)),
    ],
    ["10.66.3.10"],
)


def chain(script: str, name: str) -> list[str]:
    lines = [line.strip() for line in script.splitlines()]
    start = lines.index(f"chain {name} {{") + 1
    return lines[start : lines.index("}", start)]


def test_a_guard_decides_what_meets_this_host() -> None:
    bridge = '"cc-abcdef012345"'
    script = nft.render(network(outbound=False), outbound=False, host_ports={"5000": 5001}, guard=GUARD)
    assert chain(script, "forwards")[1:] == [
        f"iifname {bridge} ip saddr @internet ip daddr 10.66.3.1 tcp dport 5000 dnat to 127.0.0.1:5001"
    ]
    assert "set internet { type ipv4_addr; elements = { 10.66.3.10 }; }" in script
    assert chain(script, "host")[1] == f"iifname != {bridge} ip daddr @balancers jump operator", "before any accept"
    assert "ip daddr . tcp dport @listeners jump admitted" in chain(script, "host")
    assert chain(script, "admitted") == [
        "ip saddr 10.66.3.0/24 ip daddr 10.66.3.192/32 tcp dport 6443-6443 accept",
        "ip saddr 10.66.3.10/32 udp dport 53-53 accept",
        "ip saddr 10.66.3.10/32 ip daddr 10.66.3.11/32 ip protocol icmp accept",
        "ip saddr 10.66.3.10/32 ip daddr 10.66.3.11/32 accept",
        "counter drop",
    ]
    assert chain(script, "operator") == [
        "ct state established,related accept",
        "ip daddr 10.66.3.192/32 tcp dport 6443-6443 accept",
        "counter drop",
    ]
    assert chain(script, "sent")[-1] == "jump operator", "what this host sends under its own address"


def test_without_a_guard_machines_reach_balancers_and_this_host_reaches_machines() -> None:
    script = nft.render(network(outbound=False), outbound=False, host_ports={})
    assert "ip daddr . tcp dport @listeners accept" in chain(script, "host")
    assert "hook output" not in script


@pytest.mark.machines
@pytest.mark.parametrize("outbound", [True, False])
@pytest.mark.parametrize("guard", [None, Guard(), GUARD])
def test_nft_accepts_the_script(outbound: bool, guard: Guard | None) -> None:
    one = network(outbound=outbound)
    one.led = {"198.19.3.7": {"via": "10.66.3.2", "source": "203.0.113.7"}, "169.254.255.1": {}}
    script = nft.render(one, outbound=outbound, host_ports={"5000": 5001}, guard=guard)
    script += "".join(f"add {element}\n" for element in nft.listener(one, "10.66.3.192", 6443))
    if guard is not None:
        script += render_bridge(one.table, one.cidr, ["vb-a", "vb-b"], guard)
    commands.run(["nft", "--check", "-f", "-"], purpose="check the script", text=script)


def test_an_address_that_leads_into_a_network_is_no_spoofed_one_and_is_asked_as_the_operator() -> None:
    one = network(outbound=False)
    one.led = {"198.19.3.7": {"via": "10.66.3.2", "source": "203.0.113.7"}, "169.254.255.1": {}}
    script = nft.render(one, outbound=False, host_ports={})
    spoofed = chain(script, "spoofed")
    drop = next(rule for rule in spoofed if "ip saddr !=" in rule)
    assert all(address in drop for address in ("10.66.3.0/24", "198.19.3.7", "169.254.255.1"))
    # What this host sent, and comes back between two links of the bridge, counts as no other connection.
    assert f'iifname "{one.bridge}" ip saddr 203.0.113.7 notrack' in spoofed
    assert chain(script, "leaving")[1:] == [
        f'ip saddr 10.66.3.1 ip daddr 198.19.3.7 oifname "{one.bridge}" snat to 203.0.113.7'
    ]


def test_the_load_balancer_leads_to_the_ready_targets_of_its_port() -> None:
    text = haproxy.render("10.66.3.192", 6443, ["10.66.3.10", "10.66.3.11"])
    assert "bind 10.66.3.192:6443" in text
    assert "server 10.66.3.10 10.66.3.10:6443" in text
    assert "server 10.66.3.11 10.66.3.11:6443" in text
    assert "option httpchk GET /readyz" in text
    assert "user root" not in text


def test_a_load_balancer_may_have_other_ports_inside_and_an_address_of_its_own() -> None:
    text = haproxy.render("10.66.3.192", 443, ["10.66.3.10"], target_port=6443, own_source=True)
    assert "bind 10.66.3.192:443" in text
    assert "server 10.66.3.10 10.66.3.10:6443" in text
    backend = text[text.index("backend control-planes") :]
    assert "source 10.66.3.192\n" in backend


@pytest.mark.machines
def test_haproxy_accepts_the_configuration(home: Path) -> None:
    haproxy.write(home, haproxy.render("127.0.0.1", 443, ["10.66.3.10"], target_port=6443, own_source=True))
    haproxy.write(home, haproxy.render("127.0.0.1", 6443, ["10.66.3.10"]))
    assert [file.name for file in home.iterdir()] == ["haproxy.cfg"]
    assert (home / "haproxy.cfg").stat().st_mode & 0o777 == 0o600


@pytest.mark.machines
def test_a_configuration_that_haproxy_refuses_leaves_the_old_one(home: Path) -> None:
    haproxy.write(home, haproxy.render("127.0.0.1", 6443, ["10.66.3.10"]))
    before = (home / "haproxy.cfg").read_text()
    with pytest.raises(MachineError, match="configure the load balancer"):
        haproxy.write(home, haproxy.render("127.0.0.1", 6443, ["not an address"]))
    assert (home / "haproxy.cfg").read_text() == before


def test_a_path_with_colons_is_escaped_where_nspawn_splits_at_them() -> None:
    made_of = image.Image(base=Path("/h/images/base/root"), layer=Path("/h/images/layer/root"))
    folder = Path("/h/a: b/machines/m-1")
    command = nspawn.command(name="m-1", machine_id="0" * 32, bridge="cc-1", folder=folder, image=made_of, kmsg=False)
    assert "--bind=/h/a\\: b/machines/m-1/etcd:/var/lib/etcd" in command
    assert "--directory=/h/a: b/machines/m-1/root" in command
    assert "../../../images/base/root" in command
    assert not any("kmsg" in part for part in command)


def test_the_machines_disk_gets_its_name_address_and_seed(tmp_path: Path) -> None:
    machine = Machine(id="m-x1y2z", urn="", inputs={}, address="10.66.3.32", machine_id="a" * 32)
    seed.write(tmp_path, machine, network(outbound=False), "#cloud-config\n")
    assert (tmp_path / "etc/hostname").read_text() == "m-x1y2z\n"
    assert "10.66.3.32 m-x1y2z" in (tmp_path / "etc/hosts").read_text()
    assert "ADDRESS=10.66.3.32/24\nGATEWAY=10.66.3.1\n" in (tmp_path / "etc/crosscloud-machine/network").read_text()
    assert (tmp_path / "etc/resolv.conf").read_text() == "", "no outbound, no name server"


def test_a_machine_may_be_given_a_name_and_files(tmp_path: Path) -> None:
    machine = Machine(id="m-x1y2z", urn="", inputs={}, address="10.66.3.32", machine_id="a" * 32, hostname="m.internal")
    files = {"etc/containerd/certs.d/_default/hosts.toml": "server"}
    seed.write(tmp_path, machine, network(outbound=False), b"\x1f\x8b packed", files)
    assert (tmp_path / "etc/hostname").read_text() == "m.internal\n"
    assert "10.66.3.32 m.internal m\n" in (tmp_path / "etc/hosts").read_text()
    assert json.loads((tmp_path / "var/lib/cloud/seed/nocloud/meta-data").read_text())["local-hostname"] == "m.internal"
    assert (tmp_path / "var/lib/cloud/seed/nocloud/user-data").read_bytes() == b"\x1f\x8b packed"
    assert (tmp_path / "etc/containerd/certs.d/_default/hosts.toml").read_text() == "server"
    made_of = image.Image(base=Path("/h/base/root"), layer=Path("/h/layer/root"))
    command = nspawn.command(
        name="m-x1y2z",
        hostname="m.internal",
        machine_id="0" * 32,
        bridge="b",
        folder=tmp_path,
        image=made_of,
        kmsg=False,
    )
    assert "--machine=m-x1y2z" in command
    assert "--hostname=m.internal" in command


def test_user_data_is_readable_by_root_alone(tmp_path: Path) -> None:
    machine = Machine(id="m-x1y2z", urn="", inputs={}, address="10.66.3.32", machine_id="a" * 32)
    seed.write(tmp_path, machine, network(outbound=False), "secret")
    file = tmp_path / "var/lib/cloud/seed/nocloud/user-data"
    assert file.read_text() == "secret"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_name_servers_on_the_hosts_loopback_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stub, real = tmp_path / "stub", tmp_path / "real"
    stub.write_text("nameserver 127.0.0.53\noptions edns0\n")
    real.write_text("# comment\nnameserver 192.0.2.53\nnameserver 127.0.0.1\nsearch example.org\n")
    monkeypatch.setattr(seed, "_RESOLVERS", (tmp_path / "missing", stub, real))
    assert seed.resolver() == "nameserver 192.0.2.53\nsearch example.org\n"


def test_the_set_up_of_a_machine_is_a_valid_script() -> None:
    script = image.ROOTFS / "usr/lib/crosscloud-machine/setup"
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0


def test_the_image_is_known_by_what_it_is_made_of(monkeypatch: pytest.MonkeyPatch) -> None:
    packages, layer = image.packages_key(), image.layer_key()
    monkeypatch.setattr(image, "PACKAGES", (*image.PACKAGES, "tree"))
    assert image.packages_key() != packages
    assert image.layer_key() == layer
    monkeypatch.setattr(image, "MASKED", (*image.MASKED, "cron.service"))
    assert image.layer_key() != layer
